"""Databases for tests, SQLite and one PostgreSQL server for the whole run; Hypothesis; and what was logged."""

import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from structlog.typing import EventDict

from ascona.private import OTHERS
from tests.support.postgres import BOTH, Postgres, postgres

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")  # a deadline is a timed assertion, and a busy machine no finding


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


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    """Every line that is logged from now on, as it was meant."""
    with structlog.testing.capture_logs() as lines:
        yield lines


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """A command decides where its process logs to, and who may read what it writes; tests share one."""
    hook, handlers, level = sys.excepthook, logging.root.handlers[:], logging.root.level
    umask = os.umask(OTHERS)
    os.umask(umask)
    yield
    os.umask(umask)
    sys.excepthook, logging.root.handlers[:] = hook, handlers
    logging.root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
