"""Keep freed memory: training allocates the same large tensors at every step, and fresh pages cost more than work.

glibc hands blocks above 32 MiB back to the system at once, so each step would fault all its pages in again: on a
spiking VGG with batches of 32, a third of the CPU time. Elsewhere than on glibc this does nothing.
"""

import ctypes
import gc
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # names of mallopt(3)


def keep_freed_memory() -> bool:
    """Ask glibc to serve large blocks from the heap and not to give it back; whether it agreed."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(mallopt and mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, 2**31 - 1))


def return_freed_memory() -> bool:
    """Give back to the system what was freed; True where the C library can (glibc)."""
    gc.collect()
    if not sys.platform.startswith("linux"):
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return bool(trim and trim(0))
