"""What `harness doctor` prints: versions, device, data sets found and verified, and free disk space."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.machine.files import free_gib, nearest_existing

PACKAGES = ("torch", "torchvision", "numpy", "numba", "pandas")


def machine_document(data_dir: Path | None, results: Path) -> dict[str, Any]:
    """This machine as `harness doctor --json` prints it. Nothing is written or downloaded."""
    import torch

    from harness.data import cache, look, names

    places = {"results": nearest_existing(results.resolve()), "cache": cache.root()}
    found = [look(name, data_dir) for name in names()]
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None,
        "folders": {name: {"path": str(path), "free_gib": round(free_gib(path), 1)} for name, path in places.items()},
        "data": [
            {"name": f.name, "state": f.state, "where": str(f.where) if f.where else None, "detail": f.detail}
            for f in found
        ],
    }


def show_machine(console: Console, data_dir: Path | None, results: Path) -> None:
    """Print `machine_document` for people."""
    found = machine_document(data_dir, results)
    console.print(", ".join(f"{name} {number}" for name, number in found["versions"].items()))
    console.print(f"threads {found['threads']}, GPU {found['gpu'] or 'none'}")
    for name, place in found["folders"].items():
        console.print(f"{name}: {place['path']}, {place['free_gib']:.0f} GiB free")
    for data in found["data"]:
        where = f" in {data['where']}" if data["where"] else ""
        console.print(f"{data['name']}: {data['state']}{where} ({data['detail']})")
