"""Encoders turn images into spike trains. `create(name, **parameters)` makes one; the rest is one file a code."""

from encoders.numba_cache import use_user_cache
from encoders.registry import create, names

__all__ = ["create", "names"]

use_user_cache()
