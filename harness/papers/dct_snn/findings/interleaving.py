"""What interleaving costs, what training does to that cost, and whether the code's reset is its reason (§6)."""

from collections.abc import Iterator, Mapping

from harness.analysis.curves import Cells, Key
from harness.analysis.differences import AlongTraining, along_training, in_points
from harness.analysis.frame import Loaded
from harness.analysis.judges import Judgement
from harness.analysis.statistics import LEAST_SEEDS
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments import ABLATION_TRAINING
from harness.papers.dct_snn.findings.side_by_side import from_ann

COSTS = {"interleaved-cyclic-wins-16": "16 frequencies", "interleaved-cyclic-wins-8": "8 frequencies"}
RESET = "interleaved-loss-is-the-reset"


def interleaving(loaded: Loaded, cells: Cells, by_id: Mapping[str, Judgement]) -> Iterator[Sentence]:
    """The sentences. `cells`: the index of `loaded`; `by_id`: the judgement of each claim."""
    yield from _cost(by_id)
    yield from _course(loaded, cells)
    yield from _reset(by_id)


def _cost(by_id: Mapping[str, Judgement]) -> Iterator[Sentence]:
    judged = [(words, found) for name, words in COSTS.items() if (found := by_id.get(name)) is not None]
    costs = [
        (words, found, found.balanced, found.mean)
        for words, found in judged
        if found.balanced is not None and found.mean is not None
    ]
    if not costs:
        return
    course = ", shrinks in training" if all(before > after for _, _, before, after in costs) else ""
    parts = tuple(
        f"{words}, {before:.2f} straight after balancing, {after:.2f} after fine-tuning, where "
        f"{found.published:g} is published ({found.verdict}, {found.profile} profile)"
        for words, found, before, after in costs
    )
    points = " and ".join(
        f"{after:.2f} points with {words} ({found.published:g} published, {found.profile} profile)"
        for words, found, _, after in costs
    )
    brief = f"Interleaving costs {points}."
    yield Sentence(f"What interleaving costs, in points{course}:", parts, brief=brief)


def _course(loaded: Loaded, cells: Cells) -> Iterator[Sentence]:
    """The same difference along a whole epoch of fine-tuning, for each T whose planned seeds are all done."""
    experiment = ABLATION_TRAINING
    for profile in experiment.profiles:
        found = along_training(loaded.readings, experiment, profile.name)
        complete = [pair for pair in found if LEAST_SEEDS <= pair.seeds == pair.planned]
        if complete:
            course = f"Along a whole epoch of fine-tuning ({experiment.name}, {profile.name} profile)"
            yield Sentence(f"{course} cyclic is above interleaved, in points:", tuple(map(_along, complete)))
        apart = [words for pair in complete if (words := _from_ann(cells, pair, profile.name))]
        if apart:
            text = "After that epoch cyclic differs from the ANN that it was converted from, over seeds alone, by"
            yield Sentence(text, tuple(apart))


def _along(pair: AlongTraining) -> str:
    start, *between, end = pair.readings
    assert end.low is not None, "LEAST_SEEDS have an interval"
    assert end.high is not None, "LEAST_SEEDS have an interval"
    course = [f"{start.mean:+.2f} straight after balancing"]
    course += [f"{reading.mean:+.2f} after {reading.fraction:g} of it" for reading in between]
    last = f"{end.mean:+.2f} (95 % over seeds alone: {end.low:+.2f} to {end.high:+.2f}) at its end"
    return f"at {pair.timesteps} steps {', '.join(course)} and {last}"


def _from_ann(cells: Cells, pair: AlongTraining, profile: str) -> str:
    """How far the first arm of the pair is above its ANN at the end; "" where a record does not tell."""
    keys: list[Key] = [(ABLATION_TRAINING.name, profile, pair.arm, seed) for seed in range(pair.planned)]
    found = from_ann(cells, keys, pair.timesteps)
    return f"{in_points(found.mean, found.low, found.high)} at {pair.timesteps} steps" if found is not None else ""


def _reset(by_id: Mapping[str, Judgement]) -> Iterator[Sentence]:
    """What interleaving costs once the code no longer resets: described, as the LIF layers keep their reset."""
    found = by_id.get(RESET)
    if found is not None and found.mean is not None and found.low is not None and found.high is not None:
        points = in_points(-found.mean, -found.high, -found.low)
        text = (
            "§6 says that interleaving costs accuracy because the membrane is reset. Without the reset in the input "
            f"code it still costs {points} {found.scope or 'on the paper’s network'}; the hidden layers kept theirs."
        )
        yield Sentence(text)
