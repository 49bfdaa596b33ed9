"""§6: all 16 frequencies, the first 8, and every other one, at 48 steps each."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.vgg import LITE, SHORT, SMOKE, VGG9, paper
from harness.papers.dct_snn.published import vgg

INTERMITTENT = (0, 2, 5, 7, 9, 10, 12, 15)

EXPERIMENT = Experiment(
    name="ablation-intermittent",
    title="All, first and intermittent frequencies at 48 steps",
    source="§6",
    dataset="cifar10",
    arms=(
        Arm("cyclic-16x3", EncoderSpec("dct", {"schedule": "cyclic"}), 48, "cyclic, 16 × 3"),
        Arm(
            "truncated-8x6",
            EncoderSpec("dct", {"schedule": "truncated", "frequencies": 8}),
            48,
            "first 8, cyclic, 8 × 6",
        ),
        Arm(
            "intermittent-8x6",
            EncoderSpec("dct", {"schedule": "intermittent", "indices": INTERMITTENT}),
            48,
            "intermittent, 8 × 6",
        ),
    ),
    profiles=(SMOKE, LITE, SHORT, paper(VGG9)),
    published=vgg("vgg9"),
)
