"""The table of differences says which arms it compares, and how each of them was read."""

from pathlib import Path

from harness.report.paired import paired_table
from harness.report.sources import read
from tests.report.campaigns import CATALOGUE, write_mnist


def test_an_arm_read_before_its_last_step_is_named_so(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (source,) = read(tmp_path, None, CATALOGUE)
    table = paired_table(CATALOGUE.experiment("mnist-784-100-10"), "paper", [source])
    assert table is not None
    assert [row.arm for row in table.rows] == [
        "cyclic-5 − cyclic-16 (read after 5 of its 16)",
        "cyclic-2 − cyclic-16 (read after 2 of its 16)",
        "poisson-16 − cyclic-16",
    ]
