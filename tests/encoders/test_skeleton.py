"""The packages that the program writes pass their own tests as written; tutorials install and run them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.papers.authoring import write_paper
from harness.plugins.skeleton import write_skeleton
from tests.command import harness, python


@pytest.mark.slow
@pytest.mark.parametrize(("write", "name"), [(write_skeleton, "spiral_wave"), (write_paper, "my-paper")])
def test_it_passes_its_tests(
    write: Callable[[str], list[Path]], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    package = str(tmp_path / write(name)[0].parent)
    python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", package, package)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        *((name, "cannot name an encoder") for name in ("Spiral", "class", "a-b", "../away", "")),
        ("poisson", "an encoder called 'poisson' exists already"),
        ("numpy", "installed Python module"),
    ],
)
def test_names_that_cannot_work_and_a_folder_that_exists_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HarnessError, match=message):
        write_skeleton(name)
    assert not any(tmp_path.iterdir())
    Path("spiral-wave").mkdir()
    with pytest.raises(HarnessError, match="exists already"):
        write_skeleton("spiral_wave")
    assert not any(Path("spiral-wave").iterdir())


@pytest.mark.parametrize("command", ["encoders check spiral_wave", "run quickstart --encoder spiral_wave"])
def test_new_and_what_finds_the_package_not_installed_say_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "unknown encoder" in harness(*command.split()).err
    assert harness("encoders", "new", "spiral_wave").out.splitlines()[-3:] == [
        "next: pip install -e spiral-wave",
        "then: harness encoders check spiral_wave",
        "and:  harness run quickstart --encoder spiral_wave",
    ]
    assert "pip install -e spiral-wave" in harness(*command.split()).err
    # A folder named as its module would hide it from a Python that is started here.
    assert Path(harness("encoders", "new", "ripples").out.splitlines()[0]).parent.name == "ripples-encoder"
