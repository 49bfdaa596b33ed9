"""Keep freed memory for the next step: training allocates tensors of the same large sizes at every step.

glibc returns blocks above 32 MiB to the system at once, so that each step would map all its pages again. On a spiking
VGG with batches of 32 this takes a third of the CPU time. Without glibc, these functions do nothing.
"""

import ctypes
import gc
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # names of mallopt(3)


def keep_freed_memory() -> bool:
    """Have glibc take large blocks from the heap and keep the heap. Returns whether it does so."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(mallopt and mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, 2**31 - 1))


def return_freed_memory() -> bool:
    """Return freed memory to the system. Returns whether the C library can do so (glibc)."""
    gc.collect()
    if not sys.platform.startswith("linux"):
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return bool(trim and trim(0))
