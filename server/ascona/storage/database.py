"""The database: opened with the settings a journal needs, brought up to date, closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

MIGRATIONS = Path(__file__).parent / "migrations"

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was acknowledged survives the plug being pulled
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    "PRAGMA busy_timeout = 2000",  # milliseconds; the command line writes beside the server
)


class DatabaseUnusable(Exception):
    """The database cannot be opened; the message is for whoever runs the server."""


class Database:
    """An open database. Its parts (`Journal`, `Invitations`, `Logins`) share it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @classmethod
    async def opened(cls, url: str) -> "Database":
        """
        Open the database and bring its tables up to date.

        Args:
            url: SQLAlchemy's, with an async driver, e.g. `sqlite+aiosqlite:///ascona.db`.

        Raises:
            DatabaseUnusable: With a sentence saying what to look at.
        """
        try:
            engine = create_async_engine(url)
        except (SQLAlchemyError, ImportError) as error:
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}") from error
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _set_pragmas)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_migrate)
        except (SQLAlchemyError, CommandError, OSError) as error:  # CommandError: a newer Ascona has been at it
            await engine.dispose()
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}") from error
        return cls(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back when anything is raised."""
        async with self._sessions.begin() as session:
            yield session

    async def close(self) -> None:
        await self._engine.dispose()


def to_ms(moment: datetime) -> int:
    """UTC milliseconds of a timezone-aware moment."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The timezone-aware moment of UTC milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause) or type(cause).__name__
