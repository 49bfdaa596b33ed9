"""The outcomes of a claim's seeds, from records: which images were right where that is kept, else counts alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from harness.analysis.crossed import Outcomes, accuracy_outcomes, difference_outcomes, outcomes_without_images
from harness.analysis.planned_seeds import Cells, Key


def accuracy_of(cells: Cells, keys: Sequence[Key], timestep: int) -> Outcomes:
    """The accuracy of one arm at `timestep` (from 1), a key for each seed."""
    if (table := _answers(cells, keys, timestep)) is not None:
        return accuracy_outcomes(table)
    return outcomes_without_images(percent_at(cells, keys, timestep))


def difference_of(cells: Cells, greater: Sequence[Key], less: Sequence[Key], timestep: int) -> Outcomes:
    """The difference of two arms at `timestep`, paired by seed, and by test image where both keep them."""
    tables = [_answers(cells, keys, timestep) for keys in (greater, less)]
    if tables[0] is not None and tables[1] is not None and tables[0].shape == tables[1].shape:
        return difference_outcomes(tables[0].astype(np.int8) - tables[1].astype(np.int8))
    apart = percent_at(cells, greater, timestep) - percent_at(cells, less, timestep)
    return outcomes_without_images(apart, lowest=-100.0)


def known_difference_of(cells: Cells, greater: Sequence[Key], less: Sequence[Key], timestep: int) -> Outcomes | None:
    """As `difference_of`, on a fixed sample of training images; None where a record does not tell.

    Records tell how many of these images are right, not which.
    """
    if not all(key in cells.known for key in (*greater, *less)):
        return None
    arms = [np.array([cells.known[key][timestep - 1] for key in keys]) for keys in (greater, less)]
    return outcomes_without_images(arms[0] - arms[1], lowest=-100.0)


def above_ann(cells: Cells, keys: Sequence[Key], timestep: int) -> Outcomes | None:
    """The accuracy of one arm minus that of the ANN it was converted from, by seed; None where a record does not tell.

    Records tell how many test images the ANN has right, not which.
    """
    of_ann = np.array([cells.ann.get(key, np.nan) for key in keys])
    if np.isnan(of_ann).any():
        return None
    return outcomes_without_images(percent_at(cells, keys, timestep) - of_ann, lowest=-100.0)


def shifted(outcomes: Outcomes, by: float) -> Outcomes:
    """The outcomes with a number added to every figure, such as minus another paper's accuracy."""
    moved = outcomes.per_seed + by
    return replace(outcomes, per_seed=moved, lowest=outcomes.lowest + by, highest=outcomes.highest + by)


def percent_at(cells: Cells, keys: Sequence[Key], timestep: int) -> npt.NDArray[np.float64]:
    """[seeds], the accuracy of each in percent."""
    return np.array([cells.accuracy[key][timestep - 1] for key in keys])


def balanced_at(cells: Cells, keys: Sequence[Key], timestep: int) -> float | None:
    """The mean accuracy straight after balancing, where every seed's record has it."""
    curves = [cells.balanced.get(key) for key in keys]
    known = [float(curve[timestep - 1]) for curve in curves if curve is not None and len(curve) >= timestep]
    return sum(known) / len(known) if known and len(known) == len(keys) else None


def _answers(cells: Cells, keys: Sequence[Key], timestep: int) -> npt.NDArray[np.bool_] | None:
    """[seeds, images], or None where a seed does not keep its answers at this timestep."""
    rows = [cells.answers.get(key, {}).get(timestep) for key in keys]
    known = [row for row in rows if row is not None]
    if not known or len(known) < len(rows) or len({row.size for row in known}) > 1:
        return None
    return np.stack(known)
