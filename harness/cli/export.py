"""`harness export`: kept weights in another form, for people and for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import DataDir
from harness.errors import did_you_mean

NETWORKS = ("nir", "onnx")


def export(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="A .safetensors file that harness run wrote.")],
    to: Annotated[
        str,
        typer.Option(
            help="card: a model card in Markdown; nir: the spiking network as a NIR graph; onnx: the ANN in ONNX."
        ),
    ] = "card",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write it to this file; else a card is printed, a network written here, named after its cell."
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write kept weights in another form: a model card, or a network for other programs, which is held against ours."""
    if to == "card":
        _card(weights, out)
    elif to in NETWORKS:
        from harness.runs.exports.export import export as write

        print("\n".join(write(weights, to, out, data_dir)))
    else:
        raise did_you_mean("form", to, ["card", *NETWORKS])


def _card(weights: Path, out: Path | None) -> None:
    from harness.machine.files import write_atomically
    from harness.papers import catalogue
    from harness.records.weights import require_another
    from harness.report.card import card

    require_another(out, weights)
    text = card(weights, catalogue())
    if out is None:
        print(text, end="")
    else:
        write_atomically(out, text.encode())
