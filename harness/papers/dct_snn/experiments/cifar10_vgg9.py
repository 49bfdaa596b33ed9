"""§6, Fig. 2: VGG9 on CIFAR-10, 48 steps, the paper's DCT code."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.vgg import LITE, SHORT, SMOKE, VGG9, paper
from harness.papers.dct_snn.published import vgg

EXPERIMENT = Experiment(
    name="cifar10-vgg9",
    title="VGG9 on CIFAR-10, 48 steps",
    source="§6, Fig. 2",
    dataset="cifar10",
    arms=(Arm("cyclic-48", EncoderSpec("dct", {"schedule": "cyclic"}), 48, "DCT, cyclic"),),
    profiles=(SMOKE, LITE, SHORT, paper(VGG9)),
    published=vgg("vgg9"),
)
