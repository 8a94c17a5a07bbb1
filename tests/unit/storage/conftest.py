"""A database of its own for each of these tests, once SQLite and once PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

from ascona.settings import Settings
from ascona.storage.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.opened(Settings(database=database_url).database_url)
    yield opened
    await opened.close()
