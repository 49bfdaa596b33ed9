"""§6: cyclic against interleaved frequencies, with all 16 and with the first 8, three times each."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.vgg import LITE, SHORT, SMOKE, VGG9, paper
from harness.papers.dct_snn.published import vgg

EXPERIMENT = Experiment(
    name="ablation-interleaved",
    title="Cyclic against interleaved frequencies",
    source="§6, §3",
    dataset="cifar10",
    arms=(
        Arm("cyclic-16x3", EncoderSpec("dct", {"schedule": "cyclic"}), 48, "cyclic, 16 × 3"),
        Arm(
            "interleaved-16x3",
            EncoderSpec("dct", {"schedule": "interleaved"}),
            48,
            "interleaved, 16 × 3",
        ),
        Arm("cyclic-8x3", EncoderSpec("dct", {"schedule": "truncated", "frequencies": 8}), 24, "cyclic, 8 × 3"),
        Arm(
            "interleaved-8x3",
            EncoderSpec("dct", {"schedule": "interleaved", "frequencies": 8}),
            24,
            "interleaved, 8 × 3",
        ),
        # Whether the order matters through the encoder's reset (§6): the code without it, the network as ever.
        *(
            Arm(
                f"{schedule}-16x3-no-reset",
                EncoderSpec("dct", {"schedule": schedule, "reset": "none"}),
                48,
                f"{schedule}, 16 × 3, no reset in the code",
                in_paper=False,
            )
            for schedule in ("cyclic", "interleaved")
        ),
    ),
    profiles=(SMOKE, LITE, SHORT, paper(VGG9)),
    published=vgg("vgg9"),
)
