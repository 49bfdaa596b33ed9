"""Encoders turn images into spike trains. `create(name, **parameters)` makes one; a file holds one code, or a few of
one kind.

Import this (or anything of `encoders`) before Numba, which reads NUMBA_CACHE_DIR only once.
"""

import os
from pathlib import Path

from platformdirs import user_cache_dir

from encoders.registry import create, names

__all__ = ["create", "names"]

APPLICATION = "dct-snn-harness"


def _use_user_cache() -> None:
    # NUMBA_CACHE_DIR becomes `numba` in HARNESS_CACHE or the user's cache folder, unless the user has set it or the
    # folder cannot be written: Numba then chooses. Its own choice lies beside the source: an installed package may be
    # read-only, and no uninstaller knows what is left there.
    if os.environ.get("NUMBA_CACHE_DIR"):
        return
    folder = Path(os.environ.get("HARNESS_CACHE") or user_cache_dir(APPLICATION)).expanduser() / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK | os.X_OK):
        os.environ["NUMBA_CACHE_DIR"] = str(folder)


_use_user_cache()  # decides no number
