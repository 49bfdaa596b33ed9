"""Where Numba keeps compiled kernels: in the user's cache folder, not beside the source.

Import this (or anything of `encoders`) before Numba, which reads the variable once. An installed package may be
read-only, and a cache beside the source would leave files there that no uninstaller knows.
"""

import os
from pathlib import Path

from platformdirs import user_cache_dir

APPLICATION = "dct-snn-harness"


def use_user_cache() -> None:
    """Set NUMBA_CACHE_DIR to `numba` in HARNESS_CACHE or the user's cache folder.

    Does nothing where the user has set the variable, or where the folder cannot be written: Numba then chooses.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    folder = Path(os.environ.get("HARNESS_CACHE") or user_cache_dir(APPLICATION)).expanduser() / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK | os.X_OK):
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
