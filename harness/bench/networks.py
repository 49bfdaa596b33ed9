"""The networks that are measured, with the shape of their input maps. They belong to no paper's experiments."""

from collections.abc import Mapping

from harness.config import NetworkSpec

VGG5_LITE = NetworkSpec("vgg5-lite", (32, "A", 64, "D", 64, "A"), (512, 512))
MNIST = NetworkSpec("784-100-10", hidden=(100,))
VGG9 = NetworkSpec("vgg9", (64, "A", 128, "D", 128, "A", 256, "D", 256, "A", 512, "D", 512, "A"), (4096, 4096))

NETWORKS: Mapping[str, tuple[NetworkSpec, tuple[int, int, int]]] = {
    VGG5_LITE.name: (VGG5_LITE, (3, 32, 32)),
    MNIST.name: (MNIST, (1, 28, 28)),
    VGG9.name: (VGG9, (3, 60, 60)),
}
