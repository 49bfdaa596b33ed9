"""Help of a command with many options: under headings, in the order in which the options stand."""

from typing import Any

from typer.core import TyperCommand


class Grouped(TyperCommand):
    """A command whose options are listed under the heading that each names as its `rich_help_panel`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write every option under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None:
                heading = getattr(parameter, "rich_help_panel", None) or "Other"
                groups.setdefault(heading, []).append(row)
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
