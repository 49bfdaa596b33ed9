"""Write the committed results: the folder `reports`, the findings in README, and the verdicts in the package.

python -m tools.publish            # after new records, or a change of the report; `harness report --check` compares
"""

import typer

from harness.cli.claims import IN_CLONE, snapshot
from harness.cli.options import EVIDENCE, README, REPORTS
from harness.machine.files import write_atomically
from harness.papers import own_catalogue
from harness.report import read, render


def publish() -> None:
    """Write reports/, the findings in README and the package's verdicts from results/evidence."""
    sources = read(EVIDENCE, None, own_catalogue())
    render(sources, REPORTS, readme=README, png=False)
    write_atomically(IN_CLONE, snapshot(sources[0]))
    print(f"wrote {REPORTS / 'index.html'}")


if __name__ == "__main__":
    typer.run(publish)
