"""Data sets as the rest of the program sees them: found, verified, decoded once, and digested.

`load` gives a `DataSet`; `look` says where one was found without changing anything; `subset` draws a
stratified part that depends on the images alone, never on the order of files.
"""

from harness.data.catalog import names
from harness.data.finding import Finding, look
from harness.data.loading import load
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet

__all__ = ["DataSet", "Finding", "ImageSet", "load", "look", "names", "subset"]
