"""What one image costs as an ANN and as an SNN: the table of operations and energy, before any format."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.energy import PICO_TO_MICRO, WORD_PJ, EnergyModel, Operations
from harness.catalogue import Arm, Experiment
from harness.config import ProfileName
from harness.report.sources import Source
from harness.report.tables import Entry, Row, Table, Whose

COLUMNS = (
    "ANN MACs", "SNN accumulates", "SNN multiplies", "encoder additions", "encoder MACs",
    "spikes per neuron and step", "spikes per synapse and step",
    "ANN energy (µJ)", "SNN energy (µJ)", "ANN / SNN", "break-even rate",
    "ANN / SNN with memory", "break-even rate with memory",
)  # fmt: skip
CAPTION = "Operations and energy for one image"
NO_ENCODER = "the records do not tell the operations of the encoder"
SILENT = "the records count no spikes"
UNITS = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"))


@dataclass(frozen=True)
class ArmCost:
    """One arm as one source counted it; `planned` is the number of seeds that the profile asks for."""

    arm: Arm
    whose: Whose
    planned: int
    operations: Operations


@dataclass(frozen=True)
class Costs:
    """One experiment at one profile: `table` is what a format shows, `words` how it was reckoned."""

    arms: tuple[ArmCost, ...]
    model: EnergyModel
    table: Table

    @property
    def words(self) -> str:
        """What is counted, what it is priced at, and what is assumed."""
        add, mac, word = (f"{price:g} pJ" for price in (self.model.accumulate_pj, self.model.mac_pj, WORD_PJ))
        return (
            "Means over seeds; accumulates are measured on the test set, over all timesteps (§4, eq. 13). "
            "Where a code is graded or analog its first layer multiplies: its operations are multiply-accumulates; "
            "where its input is the same at every step (direct input), they are computed once. "
            f"Energy is derived from the counts: {add} an accumulate or an addition of the encoder, {mac} a "
            "multiply-accumulate of the ANN, of the SNN or of the encoder's transform. The leak and threshold of "
            "neurons cost nothing in either network. “With memory” adds what moves (weights, membranes, spikes; Yan "
            f"et al., arXiv 2409.08290) at {word} a 32-bit word (8 KB SRAM, Horowitz 2014): a weight for each "
            "operation; a neuron's value written and read in the ANN; its membrane read and written at every step, and "
            "each spike's address written and read, in the SNN; a word for each operation of the encoder. "
            "Break-even: below so many spikes per synapse and step, all spikes scaled alike, the SNN would need less "
            "than the ANN; 0 where it needs more even without a spike."
        )


def costs(experiment: Experiment, profile: ProfileName, sources: Sequence[Source], model: EnergyModel) -> Costs | None:
    """The costs of every arm whose records counted them; None for a smoke run, or where none did."""
    arms = tuple(_arms(experiment, profile, sources))
    if profile == "smoke" or not arms:
        return None
    table = Table(experiment.name, profile, COLUMNS, tuple(_row(cost, model) for cost in arms))
    return Costs(arms, model, table)


def _arms(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> Iterator[ArmCost]:
    for arm in experiment.arms:
        for source in sources:
            counted = source.operations.get((experiment.name, profile, arm.name))
            if counted is not None:
                _, planned = source.seeds(experiment.name, profile, arm.name)
                yield ArmCost(arm, source.name, planned, counted)


def _row(cost: ArmCost, model: EnergyModel) -> Row:
    counted, arm = cost.operations, cost.arm
    encoder, macs, memory = counted.encoder, counted.encoder_macs, model.with_memory()
    additions = None if encoder is None or macs is None else encoder - macs
    entries = (
        *(_count(value) for value in (counted.macs, counted.accumulates, counted.multiplies, additions, macs)),
        _entry(counted.rate, "#.3g", SILENT),
        _entry(counted.arrivals, "#.3g", SILENT),
        _entry(counted.ann_pj(model) * PICO_TO_MICRO, "#.3g"),
        _entry(None if (spent := counted.snn_pj(model)) is None else spent * PICO_TO_MICRO, "#.3g"),
        *(_entry(value, "#.3g") for value in (counted.ratio(model), counted.break_even(model))),
        *(_entry(value, "#.3g") for value in (counted.ratio(memory), counted.break_even(memory))),
    )
    note = "" if arm.in_paper else "control, not in the paper"
    seeds, complete = f"{counted.seeds}/{cost.planned}", counted.seeds >= cost.planned
    return Row(arm.name, arm.title, cost.whose, seeds, complete, entries, note)


def _count(value: float | None) -> Entry:
    return Entry(reason=NO_ENCODER) if value is None else Entry(short(value), _sorted_by(value))


def _entry(value: float | None, form: str, missing: str = NO_ENCODER) -> Entry:
    return Entry(reason=missing) if value is None else Entry(plain(value, form), _sorted_by(value))


def _sorted_by(value: float) -> float:
    """`value` without the last bits of a sum, which another machine may have otherwise."""
    return float(f"{value:.8g}")


def short(count: float) -> str:
    """A number of operations with three significant digits: 31.4 k, 1.25 M; below a thousand as it is."""
    for size, sign in UNITS:
        if float(f"{count:.3g}") >= size:
            return plain(count / size, "#.3g") + sign
    return plain(count, ".3g")


def plain(value: float, form: str) -> str:
    """`value` in that format, but never with an exponent where plain digits do, nor with a bare point at its end."""
    text = format(value, form)
    return (f"{value:.0f}" if "e+" in text else text).removesuffix(".")
