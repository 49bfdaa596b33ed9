"""§5.2, Fig. 2: VGG11 on CIFAR-100, 48 steps, the paper's DCT code."""

from dataclasses import replace

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE, VGG11, paper
from harness.papers.dct_snn.published import vgg

EXPERIMENT = Experiment(
    name="cifar100-vgg11",
    title="VGG11 on CIFAR-100, 48 steps",
    source="§5.2, Fig. 2",
    dataset="cifar100",
    arms=(Arm("cyclic-48", EncoderSpec("dct"), 48, "DCT, cyclic"),),
    profiles=(SMOKE, replace(LITE, seeds=3), paper(VGG11)),
    published=vgg("vgg11"),
)
