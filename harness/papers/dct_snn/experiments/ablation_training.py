"""What training does to the ordering: cyclic against interleaved, read on the way of one epoch of fine-tuning."""

from dataclasses import replace

from harness.catalogue import NOT_IN_PAPER, Experiment
from harness.papers.dct_snn.experiments import ablation_interleaved
from harness.papers.dct_snn.experiments.vgg import LITE, SMOKE
from harness.papers.dct_snn.published import vgg

READINGS = (0.125, 0.5)  # fractions of fine-tuning; the counts after balancing and at the end are in every record
# The second of two arms with one T is compared with the first: differences are cyclic − interleaved.
ARMS = ("interleaved-16x3", "cyclic-16x3", "interleaved-8x3", "cyclic-8x3")

EXPERIMENT = Experiment(
    name="ablation-training",
    title="What training does to the ordering",
    source=NOT_IN_PAPER,
    dataset="cifar10",
    arms=tuple(ablation_interleaved.EXPERIMENT.arm(name) for name in ARMS),
    profiles=(
        # All 256 images: after a batch and after half of them, two readings of their own.
        replace(SMOKE, snn=replace(SMOKE.snn, images=None, readings=READINGS)),
        replace(
            LITE,
            snn=replace(LITE.snn, images=None, epochs=1, readings=READINGS),
            seeds=3,
            deviations=(
                *LITE.deviations,
                "fine-tuning rate and loss are those of ablation-interleaved at lite, which fine-tunes on fewer images",
            ),
        ),
    ),
    published=vgg("vgg9"),
)
