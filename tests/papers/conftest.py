"""Records as the tests of analysis write them."""

from tests.analysis.conftest import write

__all__ = ["write"]
