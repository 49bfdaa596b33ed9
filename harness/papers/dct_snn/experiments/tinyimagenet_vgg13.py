"""abstract: VGG13 on TinyImageNet, 125 steps, the paper's DCT code."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE, VGG13, paper
from harness.papers.dct_snn.published import vgg

EXPERIMENT = Experiment(
    name="tinyimagenet-vgg13",
    title="VGG13 on TinyImageNet, 125 steps",
    source="abstract",
    dataset="tinyimagenet",
    arms=(Arm("cyclic-125", EncoderSpec("dct"), 125, "DCT, cyclic"),),
    profiles=(SMOKE, LITE, paper(VGG13, learning_rate=0.01)),
    published=vgg("vgg13", 0.01),
)
