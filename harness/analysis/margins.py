"""How far from a published accuracy still counts as equal: 5 % of the published error rate, 0.1 to 1.0 points.

A fixed margin would be a third of the error on MNIST and a sixtieth on CIFAR-100; a share of the error asks the
same of both.
"""

from harness.catalogue import Catalogue, Claim

SHARE_OF_ERROR = 0.05
LEAST, MOST = 0.1, 1.0
# For differences between arms of which no accuracy is published.
UNPUBLISHED = 0.5


def value_margin(published: float) -> float:
    """The margin δ, in percentage points, around a published accuracy in percent: 0.10 at 98.54, 1.0 at 68.3.

    Raises ValueError where `published` is no percentage.
    """
    if not 0.0 <= published <= 100.0:
        raise ValueError(f"a published accuracy lies within 0..100 %, not at {published}")
    return min(MOST, max(LEAST, SHARE_OF_ERROR * (100.0 - published)))


def difference_margin(*published: float | None) -> float:
    """The margin δ of a difference: that of the arm with the larger published accuracy; 0.5 if none is published."""
    known = [accuracy for accuracy in published if accuracy is not None]
    return value_margin(max(known)) if known else UNPUBLISHED


def rival_of(claim: Claim, catalogue: Catalogue) -> Claim:
    """The context row that an ordering names as its rival."""
    return next(other for other in catalogue.claims if other.id == claim.rival)


def margin_of(catalogue: Catalogue, claim: Claim) -> float:
    """δ of an ordering, from the published accuracies of its arms at its timestep, and of its rival.

    Where the experiment shows the paper's number of another experiment beside all its arms, that one counts too.
    """
    printed = (
        own.published
        for own in catalogue.claims_of(claim.experiment)
        if own.unit == "percent"
        and own.timestep == claim.timestep
        and (own.arm in claim.arms or (own.arm is None and own.judged_as is not None))
    )
    return difference_margin(*printed, rival_of(claim, catalogue).published if claim.rival else None)
