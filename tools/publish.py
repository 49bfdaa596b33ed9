"""Write the committed results: the folder `reports`, the findings in README, and the verdicts in the package.

python -m tools.publish            # after new records, or a change of the report
python -m tools.publish --check    # write nothing; exit code 1 if a file is out of date
"""

from typing import Annotated

import typer

from harness.analysis.energy import FORTY_FIVE_NM
from harness.cli.claims import IN_CLONE, snapshot
from harness.cli.options import EVIDENCE, README, REPORTS
from harness.cli.report import check_report
from harness.machine.files import write_atomically
from harness.papers import own_catalogue
from harness.report import Folders, read, render


def publish(
    only_check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if out of date.")] = False,
) -> None:
    """Write reports/, the findings in README and the package's verdicts from results/evidence."""
    papers = own_catalogue()
    if only_check:
        check_report(EVIDENCE, None, False, papers, FORTY_FIVE_NM)
    sources = read(EVIDENCE, None, papers)
    render(Folders(EVIDENCE, REPORTS, readme=README), papers, sources=sources, png=False)
    write_atomically(IN_CLONE, snapshot(sources[0]))
    print(f"wrote {REPORTS / 'index.html'}")


if __name__ == "__main__":
    typer.run(publish)
