"""Write the committed results: the folder `reports`, the findings in README, and the verdicts in the package.

python -m tools.publish            # after new records, or a change of the report; `harness report --check` compares
"""

from pathlib import Path

import typer

from harness.cli.options import EVIDENCE
from harness.machine.files import write_atomically
from harness.papers import own_catalogue
from harness.report import read
from harness.report.publish import REPORTS, kept, unexpected_files


def publish() -> None:
    """Write reports/, the findings in README and the package's verdicts from results/evidence."""
    files = kept(read(EVIDENCE, None, own_catalogue()))
    for path, content in files.items():
        write_atomically(path, content)
    for path in filter(Path.is_file, unexpected_files(files, Path())):
        path.unlink()
    print(f"wrote {REPORTS / 'index.html'}")


if __name__ == "__main__":
    typer.run(publish)
