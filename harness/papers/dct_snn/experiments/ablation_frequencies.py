"""§3, Fig. 1: training with the first f frequencies only, at equal latency (48 steps) and at equal cycles (3)."""

from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE, VGG9, paper
from harness.papers.dct_snn.published import vgg

COUNTS = (1, 2, 4, 6, 8, 10, 12, 16)


def _arm(name: str, frequencies: int, timesteps: int) -> Arm:
    # All 16 are the cyclic schedule, and spelled like it: its records of other experiments then serve here too.
    all_of_them = frequencies == COUNTS[-1]
    encoder = EncoderSpec(
        "dct", {"schedule": "cyclic"} if all_of_them else {"schedule": "truncated", "frequencies": frequencies}
    )
    return Arm(f"{name}-{frequencies}", encoder, timesteps, f"first {frequencies}, T = {timesteps}")


EXPERIMENT = Experiment(
    name="ablation-frequencies",
    title="Training with the first frequencies only",
    source="§3, Fig. 1",
    dataset="cifar10",
    arms=(
        *(_arm("latency48", count, 48) for count in COUNTS),
        *(_arm("cycles3", count, 3 * count) for count in COUNTS if count < 16),
    ),
    profiles=(SMOKE, LITE, paper(VGG9)),
    published=vgg("vgg9"),
)
