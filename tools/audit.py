"""An audit of README's first screen: its numbers, computed again from the raw records.

`python -m tools.audit [README]` prints each number beside README's, and exits 1 if they differ. It reads the JSON files
of results/evidence, the printed numbers in claims.toml, and the sentences between README's marks; nothing of `harness`
is imported. Every number of these sentences has to be accounted for, in its order, and so has the side
("above", "below") of every difference.

Recomputed: budgets, counts of seeds and of signs, means, differences, which of them are shown, and all intervals, by
the formulas of docs/verdicts.md. Not recomputed: verdicts, and so the words of the answer and of the tally (of which
only the number of statements and the sum are checked); which other reading is the nearest; the names of codes.
"""

import base64
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

ROOT = Path(__file__).parents[1]
EVIDENCE, CLAIMS = ROOT / "results/evidence", ROOT / "harness/papers/dct_snn/claims.toml"
# A number, unless it is part of a name (VGG9, CIFAR-10, §6), or the side of a difference.
TOKEN = re.compile(r"(?<![\w§.-])[+−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w-])|\babove\b|\bbelow\b")
PRINTED_EPOCHS = {"ann": (300,), "snn": (20, 30)}  # of the paper
NAMES = ("experiment", "profile", "arm", "seed")
# §6's orderings by the id of their claim, with the folder of either arm. All 16 frequencies are one computation.
CYCLIC = "ablation-interleaved/short/cyclic-16x3"
FIRST_8, INTERMITTENT = "ablation-intermittent/short/truncated-8x6", "ablation-intermittent/short/intermittent-8x6"
ORDERINGS = {
    "interleaved-cyclic-wins-16": (CYCLIC, "ablation-interleaved/short/interleaved-16x3"),
    "interleaved-cyclic-wins-8": (
        "ablation-interleaved/short/cyclic-8x3",
        "ablation-interleaved/short/interleaved-8x3",
    ),
    "intermittent-all-16-beats-first-8": (CYCLIC, FIRST_8),
    "intermittent-first-8-beats-intermittent": (FIRST_8, INTERMITTENT),
    "intermittent-all-16-beats-intermittent": (CYCLIC, INTERMITTENT),
}
BETTER = ("16x3", "8x3")  # of the schedules that were trained with a better ANN, the frequencies and cycles
TABLE_1 = {"mnist-t16": 16, "mnist-t5": 5, "mnist-t2": 2}
# The reading nearest to each, among those that the budget does not rule out: arm, and the numbers of its name.
READINGS = {
    16: ("mnist-as-printed/paper/cyclic-16-as-printed-b16-ann160", {"batch": 16, "epochs of the ANN": 160}),
    5: ("mnist-784-100-10/paper/cyclic-16-as-printed-b16", {"batch": 16, "read early from": 16}),
    2: ("mnist-784-100-10/paper/cyclic-5", {"read early from": 5}),
}
CODES_OF_P, TRAINED_AT = ("poisson", "phase", "burst", "ttfs", "latency"), (2, 4, 5, 8, 16)
DOUBTFUL = 0.01  # an adjusted p above it stands in the sentence
Record = Mapping[str, Any]
Arm = Mapping[int, Record]
"""The records of one arm by seed."""
Named = tuple[str, str]
"""The name of a number, and the number as README should print it."""
Values = npt.NDArray[np.float64]


class Evidence:
    """All finished records. One computation has one record, which may be in another experiment's folder."""

    def __init__(self, folder: Path) -> None:
        files = sorted(path for path in folder.glob("*/*/*/seed-*.json") if "." not in path.stem)  # no verifications
        self.records: list[Record] = [json.loads(path.read_bytes()) for path in files]
        self.places = [path.parent.relative_to(folder).as_posix() for path in files]

    def arm(self, place: str) -> Arm:
        """The records of the arm whose folder is `place`."""
        at_place = [record for record, of in zip(self.records, self.places, strict=True) if of == place]
        identity = _identity(at_place[0])
        alike = [record for record in self.records if record["status"] == "done" and _identity(record) == identity]
        # Of two equal computations the one in the arm's folder counts, so it comes last.
        return {record["config"]["seed"]: record for record in (*alike, *at_place)}


def _identity(record: Record) -> str:
    """The recipe without names and seed, and the device, which decides rounding."""
    recipe = {name: value for name, value in record["config"].items() if name not in NAMES}
    return json.dumps([recipe, record["environment"]["device"]], sort_keys=True)


# --- Figures of records


def accuracy(record: Record, after: int = 0) -> float:
    """Accuracy after a timestep, by default the last, in percent."""
    return float(100 * record["curve"]["correct"][after - 1] / record["curve"]["total"])


def balanced_accuracy(record: Record) -> float:
    """Accuracy after the last timestep straight after balancing, before any fine-tuning, in percent."""
    return float(100 * record["balanced"]["correct"][-1] / record["balanced"]["total"])


def of_ann(record: Record) -> float:
    """Accuracy of the ANN after its last epoch, in percent."""
    last = record["ann_epochs"][-1]
    return float(100 * last["correct"] / last["total"])


def right(record: Record) -> Values:
    """[images] 1 if the answer at the last timestep is right, else 0."""
    bits = np.frombuffer(base64.b64decode(record["right"][str(record["config"]["timesteps"])]), dtype=np.uint8)
    return np.unpackbits(bits)[: record["curve"]["total"]].astype(np.float64)


def half_over_seeds(figures: Sequence[float]) -> float:
    """Half of the 95 % interval of a mean over seeds: Student's."""
    return float(stats.t.ppf(0.975, len(figures) - 1) * stats.sem(figures))


def crossed(greater: Arm, less: Arm) -> tuple[float, float]:
    """The difference of two arms in points and half of its 95 % interval, seeds and test images both random."""
    mean, error, freedom, by_seed = spread(greater, less)
    half = stats.t.ppf(0.975, freedom) * error
    return mean, float(max(half, half_over_seeds(by_seed)) if len(by_seed) < 5 else half)


def adjusted(gaps: Mapping[Any, tuple[Arm, Arm]]) -> dict[Any, float]:
    """Two-sided p of the difference of every pair of arms, adjusted by Holm."""
    spreads = {name: spread(*pair) for name, pair in gaps.items()}
    tails = {name: 2 * float(stats.t.sf(abs(mean) / error, df)) for name, (mean, error, df, _) in spreads.items()}
    ps, largest = dict[Any, float](), 0.0
    for rank, name in enumerate(sorted(tails, key=lambda name: tails[name])):
        ps[name] = largest = max(largest, min(1.0, (len(tails) - rank) * tails[name]))
    return ps


def spread(greater: Arm, less: Arm) -> tuple[float, float, float, list[float]]:
    """The difference of two arms in points, its standard error, the degrees of freedom, and the difference by seed."""
    table = np.array([100 * (right(greater[seed]) - right(less[seed])) for seed in sorted(greater)])
    seeds, images = table.shape
    by_seed, by_image, mean = table.mean(axis=1), table.mean(axis=0), table.mean()
    of_seeds = images * by_seed.var(ddof=1)
    of_images = seeds * by_image.var(ddof=1)
    rest = table - by_seed[:, None] - by_image[None, :] + mean
    of_rest = (rest**2).sum() / ((seeds - 1) * (images - 1))
    common, least = max(of_images - of_rest, 0.0), max(of_seeds, of_rest)
    spread = least**2 / (seeds - 1)
    if common > 0:
        spread += of_images**2 / (images - 1) + of_rest**2 / ((seeds - 1) * (images - 1))
    freedom = (least + common) ** 2 / spread
    return float(mean), float(np.sqrt((of_seeds + common) / (seeds * images))), float(freedom), list(by_seed)


# --- The sentences, number by number


def budget(record: Record) -> Iterator[Named]:
    """The parts of a training that are shorter than the paper's."""
    config = record["config"]
    for stage, printed in PRINTED_EPOCHS.items():
        if (epochs := config[stage]["epochs"]) < min(printed):
            yield f"epochs of the {stage.upper()}", str(epochs)
            if (images := config[stage].get("images")) is not None:
                yield "images of fine-tuning", f"{images:,}"
            yield from ((f"epochs of the {stage.upper()}, printed", str(number)) for number in printed)


def side(difference: float) -> str:
    """The word for the sign of a difference."""
    return "above" if difference >= 0 else "below"


def size(mean: float, half: float) -> Iterator[Named]:
    """A difference with its interval."""
    yield "difference", f"{abs(mean):.1f}"
    yield "level", "95"
    yield "from", f"{abs(mean) - half:.1f}"
    yield "to", f"{abs(mean) + half:.1f}"


def of_orderings(evidence: Evidence, claims: Mapping[str, Any]) -> Iterator[Named]:
    """The orderings of §6, on the paper's network."""
    arms = {name: (evidence.arm(greater), evidence.arm(less)) for name, (greater, less) in ORDERINGS.items()}
    seeds = {name: sorted(greater.keys() & less.keys()) for name, (greater, less) in arms.items()}
    means = {
        name: float(np.mean([accuracy(greater[seed]) - accuracy(less[seed]) for seed in seeds[name]]))
        for name, (greater, less) in arms.items()
    }
    lead = "interleaved-cyclic-wins-16"
    yield from budget(arms[lead][0][0])
    signs = sum(means[name] * float(claims[name]["difference"]) > 0 for name in ORDERINGS)
    if signs < len(ORDERINGS):
        yield "orderings with the published sign", str(signs)
    yield "orderings", str(len(ORDERINGS))
    for count, number in sorted(Counter(map(len, seeds.values())).items(), reverse=True):
        yield "orderings with so many seeds", str(number)
        yield "seeds", str(count)
    yield "frequencies", claims[lead]["part"].split()[0]
    yield "timesteps", str(arms[lead][0][0]["config"]["timesteps"])
    yield "side", side(means[lead])
    if len(seeds[lead]) < 3:
        yield "difference", f"{abs(means[lead]):.1f}"
        yield "seeds", str(len(seeds[lead]))
    else:
        mean, half = crossed(*arms[lead])
        assert abs(mean - means[lead]) < 1e-9, "which images were right adds up to how many"
        yield from size(mean, half)
    yield "published", f"{float(claims[lead]['difference']):.1f}"
    before = [[balanced_accuracy(arm[seed]) for seed in seeds[lead]] for arm in arms[lead]]
    yield "before fine-tuning", f"{np.mean(before[0]) - np.mean(before[1]):+.1f}".replace("-", "−")
    better = [[evidence.arm(f"ablation-ann/short/{one}-{of}") for one in ("cyclic", "interleaved")] for of in BETTER]
    yield "epochs of the better ANN", str(better[0][0][0]["config"]["ann"]["epochs"])
    for name, arm in (("better ANN", better[0][0]), ("ANN", arms[lead][0])):
        yield name, f"{np.mean([of_ann(record) for record in arm.values()]):.1f}"
    yield "seeds", str(len(better[0][0]))
    for (greater, less), frequencies in zip(better, (16, 8), strict=True):
        apart = np.mean([accuracy(greater[seed]) - accuracy(less[seed]) for seed in greater])
        yield "difference", f"{apart:+.1f}".replace("-", "−")
        yield "timesteps", str(greater[0]["config"]["timesteps"])
        yield "published", f"{float(claims[f'interleaved-cyclic-wins-{frequencies}']['difference']):.1f}"


def of_mnist(evidence: Evidence, claims: Mapping[str, Any]) -> Iterator[Named]:
    """The accuracies of Table 1."""
    ours = {steps: evidence.arm(f"mnist-784-100-10/paper/cyclic-{steps}") for steps in TABLE_1.values()}
    first = ours[16]
    yield from budget(first[0])
    yield "seeds", str(len(first))
    yield "level", "95"
    for name, steps in TABLE_1.items():
        yield from _with_half(f"DCT at {steps}", ours[steps])
        yield "timesteps", str(steps)
        yield "published", claims[name]["value"]
        place, numbers = READINGS[steps]
        yield from _with_half(f"another reading at {steps}", evidence.arm(place), after=steps)
        yield from ((name, str(number)) for name, number in numbers.items())
    printed = evidence.arm("mnist-as-printed/paper/cyclic-16-as-printed-b128-ann160-crop-flip")
    yield from _with_half("as printed", printed)
    yield "timesteps", "16"
    yield "its ANN", f"{np.mean([*map(of_ann, printed.values())]):.1f}"


def of_codes(evidence: Evidence, _: Mapping[str, Any]) -> Iterator[Named]:
    """Codes against DCT: the budgets on MNIST and on CIFAR-10, then the differences."""
    yield "level", "95"

    def of_mnist(code: str, steps: int) -> Arm:
        return evidence.arm(f"mnist-one-ann/paper/{code}-{steps}")

    def on_cifar10(place: str) -> Arm:
        return evidence.arm(place.replace("/", "/lite/"))

    dct, of_x, of_p = map(on_cifar10, ("cifar10-encoders/dct", "cifar10-one-ann/dct-x", "cifar10-one-ann/dct-p"))
    for arm in (of_mnist("dct-p", 2), dct):
        yield from budget(arm[0])
        yield "seeds", str(len(arm))
    pairs = {(code, at): (of_mnist(code, at), of_mnist("dct-p", at)) for at in TRAINED_AT for code in CODES_OF_P}
    # One recipe and seed; trained on two processors where the cells were, which round differently.
    alike = (abs(of_ann(code[seed]) - of_ann(dct[seed])) < 0.2 for code, dct in pairs.values() for seed in dct)
    assert all(alike), "their ANNs are trained alike"
    ps = adjusted(pairs)
    for steps in sorted(TABLE_1.values()):
        yield "timesteps", str(steps)
        yield from _differing({code: (pairs[code, steps], ps[code, steps]) for code in CODES_OF_P})
    direct, signed, poisson = map(
        on_cifar10, ("cifar10-encoders/direct", "cifar10-one-ann/poisson-signed", "cifar10-one-ann/poisson")
    )
    for code, reference in ((direct, dct), (signed, of_x), (poisson, of_p)):
        assert all(of_ann(code[seed]) == of_ann(reference[seed]) for seed in reference), "they share their ANN"
    on_x = {"direct": (direct, dct), "signed": (signed, of_x)}
    # Each is a question of its own. Direct input is tested beside others, which must not make it doubtful.
    ps_of_x = {code: adjusted({code: pair})[code] for code, pair in on_x.items()}
    assert ps_of_x["direct"] < DOUBTFUL / 10, "it differs, beside ten others too"
    yield "timesteps", str(dct[0]["config"]["timesteps"])
    yield from _differing({code: (pair, ps_of_x[code]) for code, pair in on_x.items()})
    others = {code: on_cifar10(f"cifar10-encoders/{code}") for code in ("phase", "burst", "ttfs", "latency")}
    # One recipe and seed; the gradients of the first convolution were rounded in two ways.
    alike = (abs(of_ann(arm[seed]) - of_ann(of_p[seed])) < 1 for arm in others.values() for seed in of_p)
    assert all(alike), "their ANNs are trained alike"
    against = {code: (arm, of_p) for code, arm in {**others, "poisson": poisson}.items()}
    ps_of_p = adjusted(against)
    yield "timesteps", str(of_p[0]["config"]["timesteps"])
    yield from _differing({code: (pair, ps_of_p[code]) for code, pair in against.items()})


def _differing(codes: Mapping[str, tuple[tuple[Arm, Arm], float]]) -> Iterator[Named]:
    """The differences that are shown, given with their p, from the highest to the lowest."""
    shown = {code: (*crossed(*pair), p) for code, (pair, p) in codes.items() if p < 0.05}
    for code, (mean, half, p) in sorted(shown.items(), key=lambda one: -one[1][0]):
        yield code, f"{mean:+.2f}".replace("-", "−")
        yield f"{code}, ±", f"{half:.2f}"
        if p > DOUBTFUL:
            yield f"{code}, adjusted p", f"{p:.{3 if 0.045 < p < 0.055 else 2}g}"


def _with_half(name: str, arm: Arm, after: int = 0) -> Iterator[Named]:
    figures = [accuracy(record, after) for record in arm.values()]
    yield name, f"{np.mean(figures):.2f}"
    yield f"{name}, ±", f"{half_over_seeds(figures):.2f}"


SENTENCES = (of_orderings, of_mnist, of_codes)


def printed(readme: Path) -> tuple[list[str], list[str]]:
    """README's tally in numbers, and its numbered sentences."""
    (block,) = re.findall(r"<!-- findings -->\n(.*?)<!-- /findings -->", readme.read_text("utf-8"), re.DOTALL)
    (tally,) = re.findall(r"^Of \d+ statements, [^.]*", block, re.MULTILINE)
    whole = re.sub(r"\([^)]*\)", "", tally)  # without the parts that a bracket names
    return re.findall(r"\d+", whole), re.findall(r"^\d+\. (.*(?:\n +- .*)*)", block, re.MULTILINE)


def main(arguments: Sequence[str]) -> int:
    """Print every number beside README's; 1 if one differs."""
    tally, sentences = printed(Path(arguments[0]) if arguments else ROOT / "README.md")
    statements = tomllib.loads(CLAIMS.read_text("utf-8"))["statement"]
    claims = {one["id"]: {**s.get("each", {}), **one} for s in statements for one in s.get("claim", ())}
    evidence = Evidence(EVIDENCE)
    rows = [("tally", "statements", str(len(statements)), tally[0])]
    rows.append(("tally", "sum of its parts", str(sum(map(int, tally[1:]))), tally[0]))
    for place in range(max(len(SENTENCES), len(sentences))):
        shown = TOKEN.findall(sentences[place]) if place < len(sentences) else []
        ours = list(SENTENCES[place](evidence, claims)) if place < len(SENTENCES) else []
        ours += [("nothing", "")] * (len(shown) - len(ours))
        shown += [""] * (len(ours) - len(shown))
        rows += [(f"sentence {place + 1}", *named, says) for named, says in zip(ours, shown, strict=True)]
    for sentence, label, number, says in rows:
        print(f"{sentence:<12}{label:<36}{number:>8}{says:>8}{'' if number == says else '   DIFFERS'}")
    wrong = sum(number != says for *_, number, says in rows)
    print(f"{len(rows)} numbers, {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
