"""What was found, in a few sentences whose numbers come from the records, by data set.

A sentence is left out where its records are missing.
"""

from collections.abc import Sequence
from dataclasses import replace

from harness.analysis.curves import index
from harness.analysis.frame import Loaded
from harness.analysis.judges import Judgement, one_for_each_claim
from harness.analysis.statistics import difference_margin
from harness.catalogue import Sentence, under
from harness.papers.dct_snn.experiments import (
    BEYOND_STEPS,
    CIFAR10_ENCODERS,
    DCT_BEYOND,
    DCT_BEYOND_MNIST,
    EXPERIMENTS,
    MNIST_ENCODERS,
    SENSITIVITY_READINGS_CIFAR10,
)
from harness.papers.dct_snn.findings.beyond import beats_cyclic
from harness.papers.dct_snn.findings.differing import what_differs
from harness.papers.dct_snn.findings.frequencies import first_frequencies
from harness.papers.dct_snn.findings.halves import against_halves
from harness.papers.dct_snn.findings.interleaving import interleaving
from harness.papers.dct_snn.findings.missing import (
    Missing,
    beyond_claims,
    missing,
    sizes,
    unread,
    waiting,
    waiting_beyond,
)
from harness.papers.dct_snn.findings.own_network import own_network
from harness.papers.dct_snn.findings.processors import of_two_processors
from harness.papers.dct_snn.findings.published import other_papers, published_accuracies
from harness.papers.dct_snn.findings.rivals import title
from harness.papers.dct_snn.findings.side_by_side import from_own_ann, read_on_the_way, trained_at_few_steps
from harness.papers.dct_snn.findings.verified import verified
from harness.papers.dct_snn.paper import PAPER

STEPS_ON_MNIST = (2, 4, 8, 16)
# 5 % of the error rate that is published for 16 steps.
MARGIN_ON_MNIST = difference_margin(*(claim.published for claim in PAPER.claims if claim.id == "mnist-t16"))
# A question, and what the points of its brief line are above.
CODES_ON_MNIST = "Does a code other than DCT change accuracy on MNIST at 16 steps", "the DCT code on MNIST at 16 steps"
CODES_ON_CIFAR10 = (
    "Does a code other than DCT change accuracy on CIFAR-10 at 48 steps, on one map",
    "the DCT code on CIFAR-10 at 48 steps",
)
READINGS = (
    f"Does another reading of the paper than ours ({title(SENSITIVITY_READINGS_CIFAR10.arms[0])}) change accuracy "
    "in a deep network on CIFAR-10, after 6,000 images of fine-tuning and not known to have settled",
    "our reading of the paper in a deep network on CIFAR-10",
)


def findings(loaded: Loaded, judgements: Sequence[Judgement]) -> tuple[Sentence, ...]:
    """The sentences. `judgements` are those of all claims of the paper on the same records."""
    cells = index(loaded)
    by_id = {judgement.id: judgement for judgement in one_for_each_claim(judgements)}
    waited: tuple[Missing, ...] = ()
    unclaimed: tuple[Missing, ...] = ()
    if not loaded.cells.empty:
        waited = missing(PAPER.claims, EXPERIMENTS, judgements, cells)
        unclaimed = beyond_claims(EXPERIMENTS, waited, cells)
    return (
        *under(
            "MNIST",
            trained_at_few_steps(cells),
            what_differs(cells, MNIST_ENCODERS, *CODES_ON_MNIST, margin=MARGIN_ON_MNIST),
            from_own_ann(cells, MNIST_ENCODERS, "MNIST"),
            read_on_the_way(cells, MNIST_ENCODERS, "MNIST", STEPS_ON_MNIST),
            beats_cyclic(cells, DCT_BEYOND_MNIST, "MNIST", "order, schedule or block size"),
            published_accuracies(judgements, "mnist"),
            other_papers(judgements),
        ),
        *under(
            "CIFAR-10",
            interleaving(loaded, cells, by_id),
            against_halves(cells),
            first_frequencies(cells),
            own_network(cells, judgements),
            published_accuracies(judgements, "cifar10"),
            what_differs(cells, CIFAR10_ENCODERS, *CODES_ON_CIFAR10),
            from_own_ann(cells, CIFAR10_ENCODERS, "CIFAR-10"),
            read_on_the_way(cells, CIFAR10_ENCODERS, "CIFAR-10", BEYOND_STEPS),
            beats_cyclic(cells, DCT_BEYOND, "CIFAR-10", "order, schedule, block size or colour"),
            (replace(said, brief="") for said in what_differs(cells, SENSITIVITY_READINGS_CIFAR10, *READINGS)),
        ),
        *under("CIFAR-100 and TinyImageNet", published_accuracies(judgements, "cifar100", "tinyimagenet")),
        *under("What a second computation gives", verified(loaded), of_two_processors(loaded)),
        *under(
            "What is missing",
            waiting_beyond(unclaimed),
            sizes(loaded),
            waiting(PAPER.claims, waited),
            unread(judgements),
        ),
    )
