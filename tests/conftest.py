"""Databases for tests: SQLite in a folder of the test's own, and one PostgreSQL server for the whole run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import BOTH, Postgres, postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture
def postgresql_url(postgresql: Postgres) -> Iterator[str]:
    """A database nobody has used before."""
    with postgresql.database() as url:
        yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """`ASCONA_DATABASE` of a test that runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ascona.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url
