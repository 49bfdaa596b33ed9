"""What the first frequencies alone give, at equal latency and at equal cycles (§3, Fig. 1): a sentence."""

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.curves import Cells, Key, accuracy_of, percent_at
from harness.analysis.differences import in_points
from harness.analysis.statistics import estimate, outcomes_without_images
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments import ABLATION_FREQUENCIES, FREQUENCY_COUNTS
from harness.papers.dct_snn.findings.rivals import ann_in_words, anns_apart
from harness.papers.dct_snn.findings.side_by_side import complete, listed

ALL, HALF = 16, 8  # frequencies of a 4×4 block, and the other count whose accuracy the paper gives
STEPS, CYCLES = 48, 3


def first_frequencies(cells: Cells) -> Iterator[Sentence]:
    """Accuracy on CIFAR-10 after the last step, for each profile, smoke apart, that has all seeds of all arms."""
    for profile, arms in complete(cells, ABLATION_FREQUENCIES):
        keys = {arm.name: of_arm for arm, of_arm in arms}
        latency = {count: _mean(cells, keys[f"latency48-{count}"], STEPS) for count in FREQUENCY_COUNTS}
        cycles = {
            count: _mean(cells, keys[f"cycles3-{count}"], CYCLES * count) for count in FREQUENCY_COUNTS if count < ALL
        }
        yield Sentence(
            f"Trained with the first of {ALL} frequencies alone on CIFAR-10 "
            f"({ABLATION_FREQUENCIES.name}, {profile} profile)",
            (
                f"{_reach(latency)} at {STEPS} steps",
                f"{_reach(cycles)} at {CYCLES} steps for each of them",
                f"{STEPS} steps in place of {CYCLES * HALF} give {HALF} of them {_gained(cells, keys)}",
            ),
            brief=(
                f"On CIFAR-10 the first {HALF} of {ALL} frequencies alone reach {cycles[HALF]:.2f} % at "
                f"{CYCLES * HALF} steps and {latency[HALF]:.2f} % at {STEPS}; all {ALL} reach {latency[ALL]:.2f} % at "
                f"{STEPS} ({profile} profile)."
            ),
        )


def _gained(cells: Cells, keys: Mapping[str, list[Key]]) -> str:
    more, few = keys[f"latency48-{HALF}"], keys[f"cycles3-{HALF}"]
    apart = percent_at(cells, more, STEPS) - percent_at(cells, few, CYCLES * HALF)
    found = estimate(outcomes_without_images(apart, lowest=-100.0))
    own = ann_in_words(anns_apart(cells, more, few))
    return in_points(found.mean, found.low, found.high, f", over seeds alone{own}")


def _mean(cells: Cells, keys: Sequence[Key], timestep: int) -> float:
    return float(accuracy_of(cells, keys, timestep).mean)


def _reach(means: Mapping[int, float]) -> str:
    return f"{listed(map(str, means))} of them reach {listed(f'{mean:.2f}' for mean in means.values())} %"
