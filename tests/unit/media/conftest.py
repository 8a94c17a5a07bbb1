"""The ways on which packets are sent on."""

from collections.abc import Iterator

import pytest
from tests.support import ways


@pytest.fixture
def in_c() -> Iterator[ways.C]:
    """The way through C, where it was compiled."""
    native = pytest.importorskip("ascona.media.native._port", reason="no C compiler was there")
    way = ways.C(native)
    ways.choose(way)
    yield way
    ways.choose(ways.Python())
    way.close()


@pytest.fixture(params=["the rules", "Python", "C"])
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same test on each way."""
    if request.param == "C":
        request.getfixturevalue("in_c")
    else:
        ways.choose(ways.Rules() if request.param == "the rules" else ways.Python())
    yield
    ways.choose(ways.Python())
