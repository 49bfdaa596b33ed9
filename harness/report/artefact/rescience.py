"""ReScience C: metadata.yaml in the form of its template, and a LaTeX document with every table and figure."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.report.artefact.claims import ClaimCommand
from harness.report.artefact.material import Material
from harness.report.environment import escaped

AUTHORS = "the DCT-SNN harness authors"
# Signs that stand in claims and reasons and that LaTeX does not know by itself.
SIGNS = {
    "2192": r"\rightarrow", "03B4": r"\delta", "2713": r"\checkmark", "2248": r"\approx", "2264": r"\le",
    "2265": r"\ge", "00B1": r"\pm", "00D7": r"\times", "2212": "-", "00B7": r"\cdot", "03BC": r"\mu", "221A": r"\surd",
    "25B2": r"\blacktriangle", "25BC": r"\blacktriangledown", "2717": r"\times", "2260": r"\ne",
}  # fmt: skip


def metadata(material: Material, day: str) -> str:
    """metadata.yaml. What only the journal or the authors know is left empty."""
    papers = material.catalogue.papers
    title = f"[Re] {papers[0].title}"
    year, month, date = day.split("-")
    return f"""# For ReScience C: https://rescience.github.io
title: "{title}"
authors:
  - name: {AUTHORS}
    orcid:
    email:
    affiliations: 1
affiliations:
  - code: 1
    name:
    address:
keywords: spiking neural networks, reproducibility, Python, PyTorch
code:
  - url:
  - doi:
  - swh:
data:
  - url:
  - doi:
replication:
  - cite: "{papers[0].title}, {papers[0].venue}"
  - bib:
  - url:
  - doi:
contributors:
  - name:
    orcid:
    role: editor
  - name:
    orcid:
    role: reviewer
dates:
  - received: {date} {month} {year}
  - accepted:
  - published:
article:
  - number:
  - doi:
journal:
  - name: "ReScience C"
  - issn: 2430-3658
  - volume:
  - issue:
language: English
domain: Computational neuroscience
type: Replication
review:
  - url:
"""


def document(material: Material, rows: Sequence[ClaimCommand]) -> str:
    """article.tex: the claims, every table and every figure. It compiles with pdflatex in the artefact's folder."""
    return "\n".join(_lines(material, rows)) + "\n"


def _lines(material: Material, rows: Sequence[ClaimCommand]) -> Iterator[str]:
    report = material.folder / material.report
    yield r"\documentclass{article}"
    yield r"\usepackage[a3paper,landscape,margin=15mm]{geometry}"
    yield r"\usepackage{amssymb,booktabs,graphicx,longtable}"
    yield from (rf"\DeclareUnicodeCharacter{{{code}}}{{\ensuremath{{{sign}}}}}" for code, sign in SIGNS.items())
    yield r"\begin{document}"
    yield rf"\title{{{escaped(f'[Re] {material.catalogue.papers[0].title}')}}}\author{{{AUTHORS}}}\maketitle"
    yield r"\section*{Claims}"
    yield from _claims(rows)
    for path in sorted(report.glob("*.tex")):
        yield rf"\section*{{{escaped(path.stem)}}}"
        yield rf"{{\scriptsize\noindent\input{{{material.report}/{path.name}}}}}"
    yield r"\clearpage"
    yield from (_figure(material, path) for path in sorted(report.glob("*.png")))
    yield r"\end{document}"


def _claims(rows: Sequence[ClaimCommand]) -> Iterator[str]:
    yield r"{\scriptsize\begin{longtable}{p{70mm}lp{32mm}p{32mm}lp{120mm}l}\toprule"
    yield r"claim & in the paper & published & ours & verdict & command & time \\ \midrule\endhead"
    for one in rows:
        row = one.row
        cells = (row.statement, row.where, row.published, row.ours, row.words)
        command = escaped(one.command).replace("--", "-{}-")
        yield " & ".join((*map(escaped, cells), rf"\texttt{{{command}}}", escaped(one.time))) + r" \\"
    yield r"\bottomrule\end{longtable}}"


def _figure(material: Material, path: Path) -> str:
    size = r"width=\textwidth,height=0.85\textheight,keepaspectratio"
    picture = rf"\includegraphics[{size}]{{{material.report}/{path.name}}}"
    return rf"\noindent{picture}\par\noindent {escaped(path.stem)}\clearpage"
