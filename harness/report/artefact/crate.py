"""RO-Crate 1.1 (https://w3id.org/ro/crate/1.1): every file of the artefact, and one action for each record."""

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.machine.files import content_digest
from harness.report.artefact.material import Material
from harness.schema import Record

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
LICENCE = "https://spdx.org/licenses/MIT"
PROGRAM = "#dct-snn-harness"
AUTHORS = "#authors"
MEDIA = {
    ".json": "application/json", ".md": "text/markdown", ".html": "text/html", ".svg": "image/svg+xml",
    ".png": "image/png", ".csv": "text/csv", ".tex": "application/x-tex", ".yaml": "application/yaml",
    ".lock": "text/plain",
}  # fmt: skip


def crate(material: Material, day: str) -> str:
    """ro-crate-metadata.json of what lies in the folder; a failed cell is a failed action."""
    files = [path for path in sorted(material.folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    entities = [_file(path, material) for path in files if path.name != "ro-crate-metadata.json"]
    actions = [_action(name, record) for name, record in material.records.items()]
    data = sorted({record.config.dataset for record in material.records.values()})
    graph = [
        _descriptor(),
        _root(material, day, [entity["@id"] for entity in entities], [action["@id"] for action in actions]),
        *_context(),
        *(
            {"@id": f"#{name}", "@type": "Dataset", "name": name, "description": f"The data set {name}"}
            for name in data
        ),
        *entities,
        *actions,
    ]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _descriptor() -> dict[str, Any]:
    return {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }


def _root(material: Material, day: str, parts: list[str], actions: list[str]) -> dict[str, Any]:
    title = material.catalogue.papers[0].title
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Records and report on {title}",
        "description": f"Does {title} come out again? Records of every trained cell, and the report made from them.",
        "datePublished": day,
        "license": {"@id": LICENCE},
        "author": {"@id": AUTHORS},
        "publisher": {"@id": AUTHORS},
        "hasPart": [{"@id": part} for part in parts],
        "mentions": [{"@id": action} for action in actions],
    }


def _context() -> Iterator[dict[str, Any]]:
    yield {"@id": LICENCE, "@type": "CreativeWork", "name": "MIT License", "description": "Free use with attribution"}
    yield {"@id": AUTHORS, "@type": "Organization", "name": "the DCT-SNN harness authors"}
    yield {
        "@id": PROGRAM,
        "@type": "SoftwareApplication",
        "name": "DCT-SNN harness",
        "version": version("dct-snn-harness"),
        "license": {"@id": LICENCE},
    }


def _file(path: Path, material: Material) -> dict[str, Any]:
    name = path.relative_to(material.folder).as_posix()
    content = path.read_bytes()
    return {
        "@id": name,
        "@type": "File",
        "name": name,
        "encodingFormat": MEDIA.get(path.suffix, "application/octet-stream"),
        "contentSize": str(len(content)),
        "sha256": content_digest(content),
    }


def _action(name: str, record: Record) -> dict[str, Any]:
    """One cell: the program trained it on its data, with a result or an error."""
    config, done = record.config, record.status == "done"
    place = f"{config.experiment}/{config.profile}/{config.arm}/{config.seed}"
    return {
        "@id": f"#{place}",
        "@type": "CreateAction",
        "name": f"Training of {place}",
        "description": f"harness run {config.experiment} --profile {config.profile} --arm {config.arm}; "
        f"seed {config.seed}; {sum(record.timings.values()):.0f} s on {record.environment.get('device', 'unknown')}",
        "instrument": {"@id": PROGRAM},
        "agent": {"@id": AUTHORS},
        "object": {"@id": f"#{config.dataset}"},
        "result": {"@id": name},
        "actionStatus": f"http://schema.org/{'Completed' if done else 'Failed'}ActionStatus",
        **({} if record.failure is None else {"error": record.failure.reason}),
    }
