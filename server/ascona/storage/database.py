"""The database: opened with the settings a journal needs, brought up to date, closed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from ascona.private import keep_file, shut
from ascona.storage import postgres

SUFFIXES = ("", "-wal", "-shm")
"""Of the files that are one SQLite database."""

MIGRATIONS = Path(__file__).parent / "migrations"

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # what was acknowledged survives the plug being pulled
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    "PRAGMA busy_timeout = 2000",  # milliseconds; the command line writes beside the server
)


PATIENCE_SECONDS = 10.0
"""How long anybody waits for a transaction. Rooms wait less: see `live/ledger.py`."""

AT_ONCE = 8
"""Transactions at the same time, each in a thread and over a connection of its own. SQLite has one writer anyway."""

Transaction = Session
"""SQLAlchemy's, whose word for it is ours for an evening."""

T = TypeVar("T")


class DatabaseUnusable(Exception):
    """The database cannot be opened; the message is for whoever runs the server."""


class DatabaseAway(Exception):
    """
    Most likely nothing was written: the database is away, busy or slow, or somebody else wrote first.

    After a broken or cancelled commit only the database itself knows.
    """


class Database:
    """
    An open database. Its parts (`Journal`, `Invitations`, `Retention`) share it.

    A transaction goes to a thread once and comes back once: on a machine that is busy with a group's media, each
    change of thread is a place to wait.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connections = None if self.is_sqlite else postgres.Connections(engine)
        self._transactions = sessionmaker(engine, expire_on_commit=False)
        self._threads = ThreadPoolExecutor(AT_ONCE, "database")

    @classmethod
    async def opened(cls, url: str, version: str = "head") -> "Database":
        """
        Open the database and bring its tables up to date.

        Args:
            url: SQLAlchemy's, e.g. `sqlite:///ascona.db` or `postgresql+psycopg://ascona@db.example.org/ascona`.
            version: Of the tables, as `migrations/versions` names it.

        Raises:
            DatabaseUnusable: With a sentence saying what to look at.
        """
        try:
            engine = _engine(url)
        except ImportError as error:
            hint = " For PostgreSQL install ascona[postgres]." if url.startswith("postgresql") else ""
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}.{hint}") from error
        except SQLAlchemyError as error:
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}") from error
        try:
            await asyncio.to_thread(_keep_private, engine)
            await asyncio.to_thread(_brought_up_to_date, engine, version)
        except (SQLAlchemyError, CommandError, OSError) as error:  # CommandError: a newer Ascona has been at it
            engine.dispose()
            raise DatabaseUnusable(f"The database cannot be opened: {_reason(error)}") from error
        return cls(engine)

    @property
    def is_sqlite(self) -> bool:
        return self._engine.dialect.name == "sqlite"

    async def transaction(self, work: Callable[[Transaction], T]) -> T:
        """
        One transaction: committed at the end, rolled back when anything is raised or nobody waits any more.

        Whoever gave one up and writes something to the same rows after that comes after it: it is committed by then,
        or never.

        Args:
            work: Done in another thread, so what it touches is its own; what it returns is whole, not yet to be loaded.

        Raises:
            DatabaseAway: If it could not be carried out, or not in `PATIENCE_SECONDS`; or the database is closed.
        """
        given_up = Event()
        try:
            doing = self._threads.submit(self._carried_out, work, given_up)
        except RuntimeError as error:  # closed: there are no threads any more
            raise DatabaseAway from error
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.wrap_future(doing)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise DatabaseAway from error
        finally:
            given_up.set()
            if not doing.done():
                asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._free, doing)

    def _carried_out(self, work: Callable[[Transaction], T], given_up: Event) -> T:
        with self._transactions() as transaction:
            answer = work(transaction)
            transaction.flush()  # all of it, and its locks are held
            if given_up.is_set():
                raise TimeoutError
            transaction.commit()
            return answer

    async def fill(self) -> None:
        """
        Begin with every thread and connection there will be: what a long evening adds to them is then a leak.

        Raises:
            DatabaseUnusable: If it gives fewer.
        """
        everyone = Barrier(AT_ONCE)

        def be_there(transaction: Transaction) -> None:
            try:
                transaction.scalar(select(1))
            except SQLAlchemyError:
                everyone.abort()
                raise
            everyone.wait(PATIENCE_SECONDS)

        try:
            await asyncio.gather(*(self.transaction(be_there) for _ in range(AT_ONCE)))
        except (DatabaseAway, BrokenBarrierError) as error:
            raise DatabaseUnusable(f"The database cannot be used: it gives no {AT_ONCE} connections.") from error

    async def answers(self) -> None:
        """Ask it something; whatever goes wrong is raised."""
        await self.transaction(lambda transaction: transaction.scalar(select(1)))

    async def close(self) -> None:
        """Whatever is under way comes to its end first: with its last connection, SQLite's log is gone."""
        ended = asyncio.ensure_future(asyncio.to_thread(self._threads.shutdown))
        await asyncio.wait([ended], timeout=PATIENCE_SECONDS)
        self._free(ended)
        await ended
        await asyncio.to_thread(self._engine.dispose)

    def _free(self, waiting: "asyncio.Future[Any] | Future[Any]") -> None:
        """What has waited for so long waits for a database that will not answer; SQLite always does."""
        if self._connections and not waiting.done():
            self._connections.hang_up()


def to_ms(moment: datetime) -> int:
    """UTC milliseconds of a timezone-aware moment."""
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The timezone-aware moment of UTC milliseconds."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _engine(url: str) -> Engine:
    settings: dict[str, Any] = {"hide_parameters": True, "pool_size": AT_ONCE, "max_overflow": 0}
    if make_url(url).get_backend_name() == "sqlite":
        try:
            engine = create_engine(url, **settings)
        except TypeError as error:  # what is in memory has no such pool
            raise DatabaseUnusable(
                "The database cannot be opened: SQLite wants a file, as in sqlite:///ascona.db."
            ) from error
        event.listen(engine, "connect", _set_pragmas)
        return engine
    # A connection that was lost since it was last used is replaced before anybody notices.
    return create_engine(url, pool_pre_ping=True, connect_args=postgres.CONNECT, **settings)


def _keep_private(engine: Engine) -> None:
    """SQLite makes its file readable by all, and the two beside it as that one is."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        file = Path(engine.url.database)
        keep_file(file)
        for suffix in SUFFIXES:
            shut(file.with_name(file.name + suffix))


def _brought_up_to_date(engine: Engine, version: str) -> None:
    """Over a connection that has no limits yet, and is not used again: tables wait for as long as it takes."""
    with engine.begin() as connection:
        _migrate(connection, version)
    engine.dispose()


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
