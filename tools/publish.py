"""Write what the repository keeps of the evidence: the folder `reports` and the findings in README.

python -m tools.publish            # after new records, or a change of the report
python -m tools.publish --check    # write nothing; exit code 1 if a file is not what the records give
"""

from typing import Annotated

import typer

from harness.cli.options import EVIDENCE, README, REPORTS
from harness.papers import catalogue
from harness.report import Folders, check, render


def publish(
    only_check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if out of date.")] = False,
) -> None:
    """Write reports/ and the findings in README from results/evidence."""
    folders = Folders(EVIDENCE, REPORTS, readme=README)
    if not only_check:
        render(folders, catalogue())
        print(f"wrote {REPORTS / 'index.html'}")
        return
    wrong = check(folders, catalogue())
    print("\n".join(f"{REPORTS / name} is not what the records give" for name in wrong) or "up to date")
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    typer.run(publish)
