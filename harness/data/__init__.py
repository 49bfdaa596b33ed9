"""Data sets: found, verified, decoded once and kept, with a digest of what they hold.

`load` gives a `DataSet`. `look` says where a data set is, and changes nothing. `subset` draws a stratified part that
depends on the images and a seed, never on the order of files.
"""

from harness.data.sets import load, look, names
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet

__all__ = ["DataSet", "ImageSet", "load", "look", "names", "subset"]
