"""Claims of DCT-SNN: what is printed is in the file."""

from typing import TypeVar

from harness.catalogue.claims import AboveAnn, AboveRow, Claim, Context, Ordering, Steps, Value, statements_of
from harness.papers.dct_snn.paper import PAPER

Kind = TypeVar("Kind", bound=Claim)


def _of(kind: type[Kind]) -> list[Kind]:
    return [claim for claim in PAPER.claims if isinstance(claim, kind)]


TABLE_1 = (16, "98.54"), (5, "97.3"), (2, "86.7")


def test_every_printed_accuracy_is_a_claim() -> None:
    """Read off the supplementary and the abstract by eye: experiment, timestep, digits as printed."""
    printed = {
        *((experiment, *row) for experiment in ("mnist-784-100-10", "mnist-as-printed") for row in TABLE_1),
        ("ablation-interleaved", 48, "89.94"),
        ("ablation-interleaved", 48, "79.7"),
        ("ablation-interleaved", 24, "69.7"),
        ("ablation-interleaved", 24, "53.73"),
        ("ablation-intermittent", 48, "87.2"),
        ("ablation-intermittent", 48, "84.4"),
        ("cifar100-vgg11", 48, "68.3"),
        ("tinyimagenet-vgg13", 125, "52.43"),
    }
    assert {(c.experiment, c.timestep, c.value) for c in _of(Value)} == printed
    steps = {(c.experiment, c.target, c.value, c.judged_timestep, c.unit) for c in _of(Steps)}
    assert steps == {("cifar10-vgg9", "89.5", "48", 48, "steps"), ("cifar100-vgg11", "68", "48", 48, "steps")}


def test_every_published_ordering_is_a_claim() -> None:
    pairs = {(c.greater, c.less) for c in _of(Ordering) if c.relation == "greater"}
    assert pairs == {
        ("default-16", "maximum-16"),
        ("cyclic-16x3", "maximum"),
        ("cyclic-16x3", "interleaved-16x3"),
        ("cyclic-8x3", "interleaved-8x3"),
        ("cyclic-16x3", "truncated-8x6"),
        ("truncated-8x6", "intermittent-8x6"),
        ("cyclic-16x3", "intermittent-8x6"),
    }
    (reset,) = [c for c in _of(Ordering) if c.greater == "interleaved-16x3-no-reset"]
    assert (reset.less, reset.relation, reset.timestep) == ("cyclic-16x3-no-reset", "not-less", 48)
    rows = {(c.experiment, c.greater, c.relation) for c in _of(AboveAnn)}
    arms = {"ablation-interleaved": "cyclic-16x3", "cifar100-vgg11": "cyclic-48", "tinyimagenet-vgg13": "cyclic-125"}
    assert rows == {(experiment, arm, "not-less") for experiment, arm in arms.items()}
    no_benefit = {c.less for c in _of(Ordering) if c.relation == "not-less" and c.greater == "latency48-16"}
    assert {c.images for c in _of(Ordering) if c.less in no_benefit} == {"training", "test"}
    assert no_benefit == {f"latency48-{count}" for count in (1, 2, 4, 6, 8, 10, 12)}


def test_a_number_is_judged_once_in_each_reading() -> None:
    """As printed, tuned and read early are readings of one part of a statement."""
    judged = [(c.part, c.reading, c.experiment, c.value) for c in _of(Value)]
    assert len(judged) == len(set(judged))
    shown = {c.judged_as for c in _of(Context) if c.judged_as}
    assert shown <= {c.id for c in _of(Value)}


def test_a_number_printed_again_is_shown_and_judged_once() -> None:
    again = {(c.experiment, c.timestep, c.value, c.judged_as) for c in _of(Context) if c.prints}
    sixteen, eight = "interleaved-cyclic-16-accuracy", "interleaved-cyclic-8-accuracy"
    assert again == {
        ("ablation-intermittent", 48, "89.9", sixteen),
        ("ablation-frequencies", 48, "89.94", sixteen),
        ("cifar10-vgg9", 48, "89.94", sixteen),
        ("ablation-frequencies", 24, "69.7", eight),
    }


def test_every_row_of_table_1_is_an_ordering() -> None:
    rivals = {c.rival: (c.greater, c.timestep) for c in _of(AboveRow) if c.reading in ("tuned", "tuned, at 5 steps")}
    rows = {c.id for c in _of(Context) if c.experiment == "mnist-784-100-10"}
    assert set(rivals) == rows
    assert rivals.pop("mnist-context-stephan") == ("cyclic-5", 5)
    assert set(rivals.values()) == {("cyclic-16", 16)}
    of_stephan = {(c.greater, c.timestep) for c in _of(AboveRow) if c.rival == "mnist-context-stephan"}
    assert of_stephan == {("cyclic-5", 5), ("cyclic-2", 2)}


def test_every_claim_is_a_part_of_a_statement() -> None:
    assert [c.id for c in PAPER.claims if c.statement is None and c.kind != "context"] == []
    assert not any(word in s.says for s in statements_of(PAPER.claims) for word in ("agrees with", "2-14X"))


def test_other_codes_are_context() -> None:
    rows = {(c.experiment, c.value, c.timestep) for c in _of(Context)}
    mnist = {("97.4", 256), ("97.9", None), ("85", 10), ("78", 100), ("87", None), ("91.6", 500)}
    assert {(v, t) for e, v, t in rows if e == "mnist-784-100-10"} == mnist
    assert {t for e, v, t in rows if e == "cifar10-encoders" and v == "90"} == {240, 300, 425, 1200}
    assert {t for e, v, t in rows if e == "cifar100-vgg11"} == {500, 1500, 2000, 3000}
