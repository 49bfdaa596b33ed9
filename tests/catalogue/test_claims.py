"""A file of claims: what cannot be right is refused by name."""

from pathlib import Path

import pytest

from harness.catalogue.claims import Claim, read_claims
from harness.errors import HarnessError
from harness.papers.dct_snn.paper import PAPER


def entry(kind: str, text: str) -> dict[str, str]:
    """An entry of the file: keys with their values as TOML has them, from "key = value; key = value"."""
    return {"id": '"one"', "kind": f'"{kind}"', **dict(line.split(" = ", 1) for line in text.split("; "))}


VALUE = entry(
    "value", 'experiment = "mnist-784-100-10"; arm = "cyclic-16"; timestep = 16; value = "98.54"; source = "Table 1"'
)
ORDERING = entry(
    "ordering",
    'experiment = "ablation-interleaved"; greater = "cyclic-8x3"; less = "interleaved-8x3"; timestep = 24; '
    'source = "§6"',
)
AGAIN = '[{experiment = "ablation-training"}]'
STEPS = entry(
    "steps-to-reach",
    'experiment = "tinyimagenet-vgg13"; arm = "cyclic-125"; value = "125"; target = "52"; source = "Table 1"',
)
AGREEMENT = entry(
    "agreement",
    'experiment = "quickstart"; says = "five times as fast"; figures = ["240/48"]; low = "5"; source = "§1"',
)
CONTEXT = entry("context", 'experiment = "quickstart"; label = "another code"; value = "85"; source = "Table 1"')
FIRST_LINES = "see docs/reference/claims.md"


def _table(name: str, claim: dict[str, str]) -> str:
    return f"[[{name}]]\n" + "\n".join(f"{k} = {v}" for k, v in claim.items())


def _file(folder: Path, *claims: dict[str, str]) -> Path:
    path = folder / "claims.toml"
    context = [claim for claim in claims if claim.get("kind") == '"context"']
    tables = [_table("context", {k: v for k, v in claim.items() if k != "kind"}) for claim in context]
    tables.append("[[statement]]\nid = 's'\nsays = 'all of it'\nsource = 'everywhere'")
    tables += [_table("statement.claim", claim) for claim in claims if claim not in context]
    path.write_text("\n".join(tables if len(context) < len(claims) else tables[:-1]), encoding="utf-8")
    return path


def read(path: Path) -> tuple[Claim, ...]:
    return read_claims(path, PAPER.experiments, PAPER.test_images)


@pytest.mark.parametrize(
    ("base", "changes", "words"),
    [
        (VALUE, {"experiment": '"mnist-784-100-01"'}, "did you mean 'mnist-784-100-10'"),
        (VALUE, {"experiment": '"quickstart"'}, "data set 'digits' has no published test-set size"),
        (VALUE, {"arm": '"cyclic-17"'}, "unknown arm of mnist-784-100-10 'cyclic-17'"),
        (VALUE, {"timestep": "17"}, "timestep 17 is outside 1..16"),
        (VALUE, {"timestep": "0"}, "timestep 0 is outside 1..16"),
        (VALUE, {"value": "98.54"}, "Expected `str`, got `float`"),
        (VALUE, {"value": '"98,54"'}, "must be a printed number"),
        (VALUE, {"value": '"nan"'}, "must be a printed number"),
        (VALUE, {"value": '"100.5"'}, "'value' must be a printed number"),
        (VALUE, {"kind": '"number"'}, "Invalid value 'number' - at `$.kind`"),
        (VALUE, {"source": '""'}, "'source' is empty"),
        (VALUE, {"sauce": '"Table 1"'}, "unknown field `sauce`"),
        (VALUE, {"kind": '"context"'}, "missing required field `label`"),
        (CONTEXT, {"timestep": "0"}, "Expected `int` >= 1"),
        (CONTEXT, {"judged_as": '"two"'}, "unknown claim 'two'"),
        (AGREEMENT, {"figures": '["4/0"]'}, "no figure: '4/0'"),
        (AGREEMENT, {"figures": "[]"}, "'figures' is empty"),
        (STEPS, {"target": '"100.5"'}, "'target' must be a printed number"),
        (STEPS, {"value": '"126"'}, "timestep 126 is outside 1..125"),
        (STEPS, {"value": '"0"'}, "timestep 0 is outside 1..125"),
        (STEPS, {"value": '"16.5"'}, "'value' must be a printed number"),
        (ORDERING, {"rival": '"one"'}, "unknown context row 'one'"),
        (ORDERING, {"relation": '"at-least"'}, "Invalid enum value 'at-least'"),
        (ORDERING, {"less": '"cyclic-8x3"'}, "against itself"),
        (ORDERING, {"timestep": "25"}, "timestep 25 is outside 1..24"),
        (ORDERING, {"difference": '"100.5"'}, "'difference' must be a printed number"),
        (ORDERING, {"reruns": '[{experiment = "ablation-trainings"}]'}, "did you mean 'ablation-training'"),
        (ORDERING, {"reruns": '[{experiment = "mnist-encoders"}]'}, "'mnist-encoders' is on mnist, and"),
        (ORDERING, {"reruns": '[{experiment = "dct-beyond"}]'}, "unknown arm of dct-beyond 'cyclic-8x3'"),
        (ORDERING, {"reruns": '[{experiment = "ablation-interleaved"}]'}, "a rerun at its own place"),
        (ORDERING, {"images": '"training"', "reruns": AGAIN}, "'reruns' are of two arms on test images"),
        (ORDERING, {"reruns": "[{greater = 'cyclic-8x3'}]"}, "missing required field `experiment`"),
    ],
)
def test_what_cannot_be_right_is_refused(
    tmp_path: Path, base: dict[str, str], changes: dict[str, str], words: str
) -> None:
    path = _file(tmp_path, base | changes)
    with pytest.raises(HarnessError) as caught:
        read(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "claim 'one'" in str(caught.value)


@pytest.mark.parametrize(
    ("base", "changes"),
    [
        (VALUE, {"value": '"0"'}),
        (VALUE, {"value": '"100"'}),
        (VALUE, {"timestep": "1", "note": '""'}),
        (STEPS, {}),  # a number of steps may exceed 100
        (STEPS, {"value": '"1"'}),
        (CONTEXT, {"timestep": "1"}),  # nothing of ours is judged by it: its data set needs no test-set size
        (ORDERING | {"source": '"Table 1"'}, {"reruns": AGAIN}),
    ],
)
def test_what_lies_on_a_limit_is_a_claim(tmp_path: Path, base: dict[str, str], changes: dict[str, str]) -> None:
    (claim,) = read(_file(tmp_path, base | changes))
    assert claim.source == "Table 1"


def test_an_id_occurs_once_and_a_claim_without_one_is_named_by_its_number(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="claim 'one': the id occurs twice"):
        read(_file(tmp_path, VALUE, VALUE))
    with pytest.raises(HarnessError, match=f"claim {CONTEXT['id']}: the id occurs twice".replace('"', "'")):
        read(_file(tmp_path, CONTEXT, CONTEXT))
    path = _file(tmp_path, VALUE)
    path.write_text(f"{path.read_text()}\n{path.read_text().replace('one', 'two')}")
    with pytest.raises(HarnessError, match="statement 's': the id occurs twice"):
        read(path)
    with pytest.raises(HarnessError, match="claim number 2: Object missing required field `id`"):
        read(_file(tmp_path, VALUE, {k: v for k, v in VALUE.items() if k != "id"}))


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("[[claim]", "correct or restore the file"),
        ("[claim]\nid = 'one'", FIRST_LINES),
        ("claim = ['one']", FIRST_LINES),
        ("", FIRST_LINES),
        ("\ufeff\x00", "correct or restore the file"),
        ("[[statement]]\nid = 'one'", FIRST_LINES),
        ("[[context]]\nid = 'one'", "see docs/reference/claims.md"),
        (None, "correct or restore the file"),
    ],
)
def test_what_is_no_list_of_claims_is_refused_with_a_remedy(tmp_path: Path, content: str | None, hint: str) -> None:
    path = tmp_path / "claims.toml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(HarnessError, match=r"claims\.toml") as caught:
        read(path)
    assert caught.value.hint == hint
