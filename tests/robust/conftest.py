"""The experiment and the encoders of `tiny`, made known to this process."""

from collections.abc import Iterator

import pytest

from tests.robust import tiny


@pytest.fixture
def misbehaving() -> Iterator[None]:
    tiny.install()
    yield
    tiny.uninstall()
