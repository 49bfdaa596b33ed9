"""What a record was computed with: versions, device, threads, precision, kernel. No names of machines or users."""

import platform
from importlib.metadata import version

import numba
import torch

from harness.snn.fire import Kernel, kernel_for


def environment(device: torch.device, precision: str, kernel: Kernel) -> dict[str, str]:
    """The environment as strings."""
    return {
        **versions(),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else _processor(),
        "threads": str(torch.get_num_threads()),
        "precision": precision,
        "kernel": kernel_for(device, kernel),
    }


def versions() -> dict[str, str]:
    """The versions of what computes."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": version("numpy"),
        "numba": numba.__version__,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "CPU"
