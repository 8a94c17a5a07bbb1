"""The database: opened with the settings a journal needs, brought up to date, closed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, event, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

# It would write every statement with its values, names and titles among them, into a log of everything.
logging.getLogger("aiosqlite").setLevel(logging.WARNING)

MIGRATIONS = Path(__file__).parent / "migrations"

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was acknowledged survives the plug being pulled
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    "PRAGMA busy_timeout = 2000",  # milliseconds; the command line writes beside the server
)


PATIENCE_SECONDS = 10.0
"""How long a transaction may take, and a free place among the connections. Rooms wait less: see `live/ledger.py`."""

POSTGRES = {
    "connect_timeout": 5,
    "tcp_user_timeout": 5000,  # milliseconds until a machine that answers nothing any more is given up
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""libpq's settings: a server that has gone is noticed in seconds, not in the quarter of an hour TCP takes."""


class DatabaseUnusable(Exception):
    """The database cannot be opened; the message is for whoever runs the server."""


class DatabaseAway(Exception):
    """
    Most likely nothing was written: the database is away, busy or slow, or somebody else wrote first.

    After a broken or cancelled commit only the database itself knows.
    """


class Database:
    """An open database. Its parts (`Journal`, `Invitations`, `Logins`) share it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @classmethod
    async def opened(cls, url: str, version: str = "head") -> "Database":
        """
        Open the database and bring its tables up to date.

        Args:
            url: SQLAlchemy's, e.g. `sqlite+aiosqlite:///ascona.db` or `postgresql+psycopg://ascona@db.example.org/ascona`.
            version: Of the tables, as `migrations/versions` names it.

        Raises:
            DatabaseUnusable: With a sentence saying what to look at.
        """
        try:
            engine = _engine(url)
        except ImportError as error:
            raise DatabaseUnusable(
                f"The database cannot be opened: {_reason(error)}. For PostgreSQL install ascona[postgres]."
            ) from error
        except SQLAlchemyError as error:
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}") from error
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_migrate, version)
        except (SQLAlchemyError, CommandError, OSError) as error:  # CommandError: a newer Ascona has been at it
            await engine.dispose()
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}") from error
        return cls(engine)

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """
        One transaction: committed at the end, rolled back when anything is raised.

        Raises:
            DatabaseAway: If it could not be carried out, or not in `PATIENCE_SECONDS`.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._sessions.begin() as session:
                yield session
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise DatabaseAway from error

    async def answers(self) -> None:
        """Ask it something; whatever goes wrong is raised."""
        async with self.transaction() as transaction:
            await transaction.execute(select(1))

    async def close(self) -> None:
        await self._engine.dispose()


def to_ms(moment: datetime) -> int:
    """UTC milliseconds of a timezone-aware moment."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The timezone-aware moment of UTC milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _engine(url: str) -> AsyncEngine:
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _set_pragmas)
        return engine
    # A connection that was lost since it was last used is replaced before anybody notices.
    return create_async_engine(
        url, hide_parameters=True, pool_pre_ping=True, pool_timeout=PATIENCE_SECONDS, connect_args=POSTGRES
    )


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _migrate(connection: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _reason(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause) or type(cause).__name__
