"""index.html: one self-contained page; styles, script and figures are inside it, and nothing is ever fetched."""

from importlib.resources import files
from typing import Any

from harness.analysis.differences import PAIRED, TRAINING
from harness.analysis.verdicts import VERDICTS
from harness.report.costs import CAPTION
from harness.report.document import Document, anchor
from harness.report.environment import environment
from harness.report.inline import inline_svg
from harness.report.tables import letter


def page(document: Document) -> str:
    """The page as text. Everything that comes from records is escaped; only our own figures are not."""
    return environment().get_template("page.html").render(_names(document))


def _names(document: Document) -> dict[str, Any]:
    from markupsafe import Markup

    templates = files("harness.report") / "templates"
    return {
        "document": document,
        "style": Markup((templates / "style.css").read_text(encoding="utf-8")),
        "script": Markup((templates / "page.js").read_text(encoding="utf-8")),
        "svg": lambda picture: Markup(inline_svg(picture)),
        "letter": letter,
        "records_anchor": anchor,
        "known_anchors": {records.anchor for section in document.sections for records in section.records},
        "words": {word: verdict.means for word, verdict in VERDICTS.items()},
        "costs_caption": CAPTION,
        "paired_caption": PAIRED,
        "training_caption": TRAINING,
    }
