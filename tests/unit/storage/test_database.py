"""Transactions in their threads: given up, closed upon, frozen, limited."""

import asyncio
import threading

import pytest
from sqlalchemy import event, text, update
from tests.support.group import NOON

from ascona import assets
from ascona.app import fresh_token
from ascona.core.events import Knocked, Recorded
from ascona.core.people import Role
from ascona.settings import Settings
from ascona.storage import database as database_module
from ascona.storage.database import Database, DatabaseAway, DatabaseUnusable, Transaction
from ascona.storage.invitations import Invitations
from ascona.storage.journal import Journal
from ascona.storage.postgres import CONNECT
from ascona.storage.tables import SessionRow

ENDS_SECONDS = 30.0
"""A test that waits in a thread ends by then, whatever is wrong."""


class SlowWriter:
    """Has written something, and waits with the end of its transaction until it is let go."""

    def __init__(self, database: Database) -> None:
        self._begun, self._let_go = threading.Event(), threading.Event()
        self.transaction = asyncio.ensure_future(database.transaction(self._write))

    def _write(self, transaction: Transaction) -> None:
        transaction.execute(update(SessionRow).values(last_ms=1))
        self._begun.set()
        assert self._let_go.wait(ENDS_SECONDS)

    async def begins(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, ENDS_SECONDS)

    def let_go(self) -> None:
        self._let_go.set()


async def test_what_was_given_up_while_it_waited_for_another_writer_is_never_written(database, database_url):
    id, _ = await Invitations(database, fresh_token).plan([("Ada", Role.LEADER)], assets.preset("ascona-90"), NOON)
    journal, other, asked = Journal(database), SlowWriter(database), threading.Event()
    await other.begins()
    event.listen(database._engine, "before_cursor_execute", lambda *_: asked.set())

    write = asyncio.ensure_future(journal.append(id, [Recorded(1, NOON, None, "one", Knocked("p"))]))
    assert await asyncio.to_thread(asked.wait, ENDS_SECONDS)
    write.cancel()
    await asyncio.wait([write])
    found = asyncio.ensure_future(journal.since(id, 0))
    other.let_go()
    await other.transaction

    assert await found == []
    assert write.cancelled()
    await database.close()  # whatever still waited has had its turn
    again = await Database.opened(Settings(database=database_url).database_url)
    assert await Journal(again).history(id) == []
    await again.close()


async def test_a_database_is_closed_after_what_nobody_waits_for_and_leaves_no_log_behind(tmp_path):
    database = await Database.opened(Settings(data=tmp_path).database_url)
    given_up = SlowWriter(database)
    await given_up.begins()
    given_up.transaction.cancel()

    closed = asyncio.ensure_future(database.close())
    await asyncio.wait([closed], timeout=0.2)
    assert not closed.done()
    given_up.let_go()
    await closed

    assert [file.name for file in tmp_path.iterdir()] == ["ascona.db"]
    with pytest.raises(DatabaseAway):
        await database.answers()


async def test_a_postgresql_that_is_frozen_keeps_neither_threads_nor_the_end(postgresql, postgresql_url, monkeypatch):
    monkeypatch.setattr(database_module, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(database_module, "AT_ONCE", 2)
    monkeypatch.setitem(CONNECT, "connect_timeout", 2)
    database = await Database.opened(Settings(database=postgresql_url).database_url)
    await database.answers()

    with postgresql.frozen():
        for _ in range(3):  # more than there are threads
            with pytest.raises(DatabaseAway):
                await database.answers()
        async with asyncio.timeout(ENDS_SECONDS):
            await database.close()


async def test_a_postgresql_that_was_frozen_is_used_again(postgresql, postgresql_url, monkeypatch):
    monkeypatch.setattr(database_module, "PATIENCE_SECONDS", 2.0)
    database = await Database.opened(Settings(database=postgresql_url).database_url)
    await database.answers()
    with postgresql.frozen(), pytest.raises(DatabaseAway):
        await database.answers()
    monkeypatch.undo()

    await database.answers()

    await database.close()


async def test_a_postgresql_keeps_nobody_waiting_for_a_lock_and_the_url_s_own_options_are_kept(postgresql_url):
    url = Settings(database=f"{postgresql_url}?options=-cwork_mem%3D1234kB").database_url
    database = await Database.opened(url)
    await database.transaction(lambda transaction: transaction.execute(text("SELECT 1 / 1")))

    found = [
        await database.transaction(lambda transaction, name=name: transaction.scalar(text(f"SHOW {name}")))
        for name in ("lock_timeout", "statement_timeout", "work_mem")
    ]

    assert found == ["2s", "10s", "1234kB"]
    await database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
async def test_a_database_that_is_kept_nowhere_is_refused(url):
    with pytest.raises(DatabaseUnusable, match="wants a file"):
        await Database.opened(url)


async def test_a_database_that_is_filled_has_all_its_threads_and_connections(database):
    def number() -> int:
        return sum(one.name.startswith("database") for one in threading.enumerate())

    before = number()
    await database.fill()
    filled = number()

    await asyncio.gather(*(database.answers() for _ in range(3 * database_module.AT_ONCE)))

    assert filled - before == database_module.AT_ONCE
    assert number() == filled
    assert database._engine.pool.checkedin() == database_module.AT_ONCE


async def test_a_postgresql_that_gives_too_few_connections_is_refused(postgresql, postgresql_url):
    name = postgresql_url.rpartition("/")[2]
    postgresql.run("CREATE ROLE few LOGIN CONNECTION LIMIT 2")
    postgresql.run(f"ALTER DATABASE {name} OWNER TO few")
    database = await Database.opened(Settings(database=postgresql_url.replace("ascona@", "few@")).database_url)

    with pytest.raises(DatabaseUnusable, match="connections"):
        await database.fill()

    await database.close()
    postgresql.run(f"ALTER DATABASE {name} OWNER TO ascona")
    postgresql.run("DROP OWNED BY few", name)
    postgresql.run("DROP ROLE few")
