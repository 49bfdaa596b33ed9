"""The environment of a computation: versions, device, threads, precision, kernel. It names no host and no user."""

import os
import platform
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec

import torch

from harness.machine.products import bf16_in_fp32, few_channels_in_fp32
from harness.schema import Machine

# Extensions of a processor by which torch chooses how to multiply and in which order to add.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "bf16", "sve")


def environment(device: torch.device, precision: str, kernel: str) -> dict[str, str]:
    """The environment as strings; `kernel` is the neuron kernel that runs."""
    in_fp32 = "multiplied in fp32" * bf16_in_fp32() or "few channels multiplied in fp32" * few_channels_in_fp32()
    return {
        **versions(),
        **(_of_gpu() if device.type == "cuda" else {}),
        **({"bf16": in_fp32} if in_fp32 and device.type == "cpu" and precision == "bf16" else {}),
        "machine": platform.machine(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else _processor(),
        "threads": str(torch.get_num_threads()),
        "precision": precision,
        "kernel": kernel,
    }


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that compute."""
    return {"python": platform.python_version(), **{name: _version(name) for name in ("torch", "numpy", "numba")}}


def _of_gpu() -> dict[str, str]:
    """The versions of what computes on a GPU."""
    libraries = {"cuda": torch.version.cuda or torch.version.hip, "cudnn": torch.backends.cudnn.version()}
    found = {name: str(version) for name, version in libraries.items() if version}
    return found | ({"triton": import_module("triton").__version__} if find_spec("triton") else {})


# Cached: parsing the metadata of three packages takes longer than all other work for the record of an empty cell.
_version = cache(version)


def machine(device: torch.device) -> Machine:
    """The properties of this machine that can change how results are rounded."""
    flags = set(_of_processor("flags").split()) | set(_of_processor("Features").split())
    return Machine(
        processor=_processor(),
        instructions=[name for name in INSTRUCTIONS if name in flags],
        cores=os.cpu_count() or 1,
        accelerator=torch.cuda.get_device_name(device) if device.type == "cuda" else "",
    )


def visible_gpus(device: torch.device) -> list[str]:
    """What CUDA_VISIBLE_DEVICES calls each GPU that may be used; none unless `device` is one."""
    count = torch.cuda.device_count() if device.type == "cuda" else 0
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[:count]
    return named if all(named) else [str(number) for number in range(count)]


def _processor() -> str:
    return _of_processor("model name") or platform.processor() or "CPU"


@cache
def _of_processor(key: str) -> str:
    """The value of `key` for the first processor in /proc/cpuinfo; empty if there is no such file or key."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return ""
