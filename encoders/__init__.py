"""Encoders turn images into spike trains. `create(name, **parameters)` makes one; a file holds one code, or a few of
one kind.

Import this (or anything of `encoders`) before Numba, which reads NUMBA_CACHE_DIR only once.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from platformdirs import user_cache_dir

from encoders.registry import create, names

__all__ = ["create", "names"]

APPLICATION = "dct-snn-harness"


def _use_own_cache() -> None:
    # Numba unpickles the files of its cache: whoever may write there runs code. NUMBA_CACHE_DIR becomes `numba` in the
    # user's own cache folder, never in HARNESS_CACHE, which several may share. If others can write to that folder (or
    # to the user's choice), or this user cannot, it becomes a temporary folder that is removed when the process ends.
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    try:
        folder = Path(chosen or Path(user_cache_dir(APPLICATION)) / "numba")
        folder.mkdir(parents=True, exist_ok=True)
        own = folder.is_absolute() and folder.stat().st_uid == os.geteuid()
        if own and not chosen:
            folder.chmod(0o700)
        own = own and not folder.stat().st_mode & 0o022 and os.access(folder, os.W_OK | os.X_OK)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        own = False
    if not own:
        folder = Path(tempfile.mkdtemp(prefix="numba-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


_use_own_cache()  # decides no number
