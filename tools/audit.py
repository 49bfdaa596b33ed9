"""An audit of README's first screen: its numbers, computed again from the raw records.

`python -m tools.audit [README]` prints each number beside README's, and exits 1 if they differ. It reads the JSON files
of results/evidence, the printed numbers in claims.toml, and the sentences between README's marks; nothing of `harness`
is imported. Every number of these sentences has to be accounted for, in its order, and so has the side
("above", "below") of every difference.

Recomputed: budgets, counts of seeds and of signs, means, shares of operations, differences, and all intervals, by the
formulas of docs/verdicts.md. Not recomputed: verdicts, and so the words of the answer and of the tally (of which only
the number of statements and the sum are checked), and what is called equivalent or not shown to differ.
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
TABLE_1 = {"mnist-t16": 16, "mnist-t5": 5, "mnist-t2": 2}
# The readings as printed, after so many epochs of the ANN: batch, and what of the printed augmentation they have.
CODES_OF_P, TRAINED_AT = ("poisson", "phase", "burst", "ttfs", "latency"), (2, 4, 5, 8, 16)
AS_PRINTED = 160, ((16, ""), (16, "-crop"), (128, "-crop-flip"))
FEW_STEPS = 4, 8, 16  # that codes are trained for on CIFAR-10
# Where Poisson is shown to differ from DCT on p, and where not; this is not tested again here.
POISSON_AT, POISSON_ELSEWHERE = (2, 5), 16
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


def operations(record: Record) -> float:
    """Operations of the SNN and its encoder for one image."""
    return float(sum(layer["accumulates"] for layer in record["layers"]) + record["encoder_operations"])


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
    mean, half = crossed(*arms[lead])
    assert abs(mean - means[lead]) < 1e-9, "which images were right adds up to how many"
    yield from size(mean, half)
    yield "published", f"{float(claims[lead]['difference']):.1f}"
    greater, less = arms[lead]
    before = [balanced_accuracy(greater[seed]) - balanced_accuracy(less[seed]) for seed in seeds[lead]]
    yield "side", side(float(np.mean(before)))
    yield from size(float(np.mean(before)), half_over_seeds(before))


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
    yield "steps of the training that is read early", "5"
    yield from _with_half("DCT at 2, read early", ours[5], after=2)


def of_printed(evidence: Evidence, _: Mapping[str, Any]) -> Iterator[Named]:
    """The printed fine-tuning on MNIST."""
    epochs, readings = AS_PRINTED
    yield "timesteps", "16"
    yield "epochs of the ANN, as printed", str(epochs)
    for batch, augmented in readings:
        arm = evidence.arm(f"mnist-as-printed/paper/cyclic-16-as-printed-b{batch}-ann{epochs}{augmented}")
        yield from _with_half(f"as printed{augmented}", arm)
        yield "batch", str(batch)
        if augmented:  # not comparable
            yield "its ANN", f"{np.mean([*map(of_ann, arm.values())]):.1f}"


def of_codes_on_mnist(evidence: Evidence, _: Mapping[str, Any]) -> Iterator[Named]:
    """Other codes of p on MNIST, with ANNs trained alike."""

    def of_p(code: str, steps: int) -> Arm:
        return evidence.arm(f"mnist-one-ann/paper/{code}-{steps}")

    ps = adjusted({(code, at): (of_p(code, at), of_p("dct-p", at)) for at in TRAINED_AT for code in CODES_OF_P})
    for steps in (*POISSON_AT, POISSON_ELSEWHERE):
        dct, poisson = of_p("dct-p", steps), of_p("poisson", steps)
        # One recipe and seed; trained on two processors where the cells were, which round differently.
        assert all(abs(of_ann(dct[seed]) - of_ann(poisson[seed])) < 0.2 for seed in dct), "their ANNs are trained alike"
        mean, half = crossed(poisson, dct)
        if steps in POISSON_AT:
            yield "side", side(mean)
            yield from size(mean, half)
        else:
            yield "level", "95"
            yield "from", f"{mean - half:+.2f}"
            yield "to", f"{mean + half:+.2f}"
        if (p := ps["poisson", steps]) > 0.01:
            yield "p, adjusted", f"{p:.{3 if 0.045 < p < 0.055 else 2}g}"
        yield "timesteps", str(steps)
        yield f"Poisson at {steps}", f"{np.mean([*map(accuracy, poisson.values())]):.2f}"
        yield f"DCT on p at {steps}", f"{np.mean([*map(accuracy, dct.values())]):.2f}"
    cost, rival = (np.mean([*map(operations, arm.values())]) for arm in (dct, poisson))
    yield "operations, % of DCT's", f"{100 * rival / cost:.0f}"
    for steps in (*POISSON_AT, POISSON_ELSEWHERE):
        yield "timesteps", str(steps)
        yield from _sides(
            of_p("dct-p", steps), {code: of_p(code, steps) for code in CODES_OF_P[1:] if ps[code, steps] < 0.05}
        )


def _sides(dct: Arm, codes: Mapping[str, Arm]) -> Iterator[Named]:
    """On which sides of DCT on p codes are, those above first."""
    sides = {side(crossed(arm, dct)[0]) for arm in codes.values()}
    yield from (("side of others", one) for one in ("above", "below") if one in sides)


def _with_half(name: str, arm: Arm, digits: int = 2, after: int = 0) -> Iterator[Named]:
    figures = [accuracy(record, after) for record in arm.values()]
    yield name, f"{np.mean(figures):.{digits}f}"
    yield f"{name}, ±", f"{half_over_seeds(figures):.{digits}f}"


def of_codes(evidence: Evidence, _: Mapping[str, Any]) -> Iterator[Named]:
    """Codes on CIFAR-10, on a small network."""
    dct, direct, burst = (evidence.arm(f"cifar10-encoders/lite/{name}") for name in ("dct", "direct", "burst"))
    of_x, signed, of_p, poisson = (
        evidence.arm(f"cifar10-one-ann/lite/{name}") for name in ("dct-x", "poisson-signed", "dct-p", "poisson")
    )
    yield from budget(dct[0])
    yield "seeds", str(len(dct))
    for code, reference in ((direct, dct), (signed, of_x), (poisson, of_p)):
        assert all(of_ann(code[seed]) == of_ann(reference[seed]) for seed in reference), "they share their ANN"
    mean, half = crossed(direct, dct)
    yield "side", side(mean)
    yield from size(mean, half)
    yield "timesteps", str(dct[0]["config"]["timesteps"])
    # One recipe and seed; the gradients of the first convolution were rounded in two ways.
    assert all(abs(of_ann(burst[seed]) - of_ann(of_p[seed])) < 1 for seed in of_p), "their ANNs are trained alike"
    for code, reference in ((signed, of_x), (poisson, of_p), (burst, of_p)):
        mean, half = crossed(code, reference)
        yield "side", side(mean)
        yield from size(mean, half)
    others = {code: evidence.arm(f"cifar10-encoders/lite/{code}") for code in ("phase", "ttfs", "latency")}
    ps = adjusted({code: (arm, of_p) for code, arm in {**others, "poisson": poisson, "burst": burst}.items()})
    yield from _sides(of_p, {code: arm for code, arm in others.items() if ps[code] < 0.05})


def of_few_steps(evidence: Evidence, _: Mapping[str, Any]) -> Iterator[Named]:
    """Codes on CIFAR-10 trained for few steps."""
    early = {
        code: {steps: evidence.arm(f"latency-cifar10/lite/{code}-{steps}") for steps in FEW_STEPS}
        for code in ("dct", "direct", "poisson")
    }
    for steps in FEW_STEPS:
        pairs = zip(early["direct"][steps].values(), early["dct"][steps].values(), strict=True)
        assert all(of_ann(rival) == of_ann(ours) for rival, ours in pairs), "they share their ANN too"
    yield "seeds", str(min(len(arm) for arms in early.values() for arm in arms.values()))
    blocks = {
        steps: arm[0]["config"]["encoder"]["parameters"].get("block_size", 4) for steps, arm in early["dct"].items()
    }
    for number in (2, 2, *(steps for steps, block in blocks.items() if block == 2)):
        yield "DCT's blocks", str(number)
    yield "loss chosen at", str(evidence.arm("cifar10-encoders/lite/dct")[0]["config"]["timesteps"])
    for name, arms in early.items():
        if name == "poisson":
            ends = [float(np.mean([*map(of_ann, early[code][4].values())])) for code in ("poisson", "dct")]
            yield "side of its ANN", side(ends[0] - ends[1])
            yield "difference of the ANNs", f"{abs(ends[0] - ends[1]):.1f}"
        for steps, arm in arms.items():
            yield from _with_half(f"{name} after {steps}", arm, 1)
            if name == "dct":
                yield "trained for", str(steps)


SENTENCES = (of_orderings, of_mnist, of_printed, of_codes_on_mnist, of_codes, of_few_steps)


def printed(readme: Path) -> tuple[list[str], list[str]]:
    """README's tally in numbers, and its numbered sentences."""
    (block,) = re.findall(r"<!-- findings -->\n(.*?)<!-- /findings -->", readme.read_text("utf-8"), re.DOTALL)
    (tally,) = re.findall(r"^Of \d+ statements, [^.]*", block, re.MULTILINE)
    whole = re.sub(r"\([^)]*\)", "", tally)  # without the parts that a bracket names
    return re.findall(r"\d+", whole), re.findall(r"^\d+\. (.*)", block, re.MULTILINE)


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
