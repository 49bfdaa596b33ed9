"""What the paper's own network gives on CIFAR-10 with a compressed schedule, beside the published numbers."""

from collections.abc import Iterator, Sequence
from math import isfinite

from harness.analysis.curves import Cells
from harness.analysis.judges import Judgement
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments import EXPERIMENTS
from harness.papers.dct_snn.recipe import SHORT, VGG9, paper

NETWORK = SHORT.network.name.upper()
PAPER_EPOCHS = paper(VGG9).ann.epochs


def own_network(cells: Cells, judgements: Sequence[Judgement]) -> Iterator[Sentence]:
    """The accuracies at the profile `short`, after the last step; none without records."""
    rows = [j for j in judgements if j.profile == SHORT.name and j.kind == "value" and j.mean is not None]
    if rows:
        least, most = min(row.seeds_done for row in rows), max(row.seeds_done for row in rows)
        seeds = f"{least} to {most} seeds" if least < most else f"{most} seed{'' if most == 1 else 's'}"
        numbers = "; ".join(f"{_title(row)} {row.mean:.2f} ({row.published:.2f})" for row in rows)
        yield Sentence(
            f"The paper's own network ({NETWORK}, {SHORT.name} profile: {SHORT.ann.epochs} epochs of its ANN and "
            f"{SHORT.snn.images:,} images of fine-tuning) reaches on CIFAR-10",
            tuple(_in_words(cells, row) for row in rows),
            brief=(
                f"The paper's own network on CIFAR-10 ({NETWORK}, {SHORT.name} profile, {seeds}), its ANN trained for "
                f"{SHORT.ann.epochs} of {PAPER_EPOCHS} epochs, in per cent, published in brackets: {numbers}."
            ),
        )


def _in_words(cells: Cells, row: Judgement) -> str:
    before = "" if row.balanced is None else f"straight after balancing {row.balanced:.2f} %; "
    return (
        f"{_title(row)}: {row.mean:.2f} % (published {row.published:.2f} %; {_ann(cells, row)}{before}"
        f"{row.seeds_done} of {row.seeds_planned} planned seeds: {row.verdict})"
    )


def _ann(cells: Cells, row: Judgement) -> str:
    """The mean accuracy of the ANNs that the planned cells of an arm were converted from."""
    keys = [(row.experiment, SHORT.name, row.arm, seed) for seed in range(row.seeds_planned)]
    found = [accuracy for key in keys if isfinite(accuracy := cells.ann.get(key, float("nan")))]
    return f"its ANN {sum(found) / len(found):.2f} %; " if found else ""


def _title(row: Judgement) -> str:
    """The arm's title and its number of steps."""
    experiment = next(experiment for experiment in EXPERIMENTS if experiment.name == row.experiment)
    return f"{experiment.arm(row.arm).title}, {row.timestep} steps"
