"""What is kept, and for how long: the database as a thief would find it."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.group import NOON
from tests.support.postgres import Postgres

from ascona import assets
from ascona.app import fresh_token
from ascona.core.events import Admitted, Knocked, Named, PhaseStarted, Recorded, SessionEnded
from ascona.core.people import Role
from ascona.settings import Settings
from ascona.storage.backup import NoBackup, backup, restore
from ascona.storage.database import Database
from ascona.storage.invitations import Invitations
from ascona.storage.journal import Journal
from ascona.storage.retention import FORGOTTEN_AFTER, METADATA_LASTS, Retention
from ascona.storage.tables import EventRow, LoginRow, PersonRow, SessionRow

CANARIES = ("Canary Leader", "Canary Member", "Canary Renamed", "Canary title", "canary-programme")
PEOPLE = [("Canary Leader", Role.LEADER), ("Canary Member", Role.MEMBER)]
PROGRAMME = assets.preset("classic-60").replace('name = "classic-60"', 'name = "canary-programme"')


async def held(database: Database, *, ends: bool) -> str:
    """A session that was held at noon."""
    invitations = Invitations(database, fresh_token)
    id, [ada, pia] = await invitations.plan(PEOPLE, PROGRAMME, NOON, "Canary title")
    await invitations.sign_in(ada.secret, NOON)
    events = [Admitted(ada.person), Knocked(pia.person), Named(pia.person, "Canary Renamed"), Admitted(pia.person)]
    events += [PhaseStarted(0, NOON, None), *([SessionEnded()] if ends else [])]
    for version, event in enumerate(events, start=1):
        await Journal(database).append(id, [Recorded(version, NOON, ada.person, f"key-{version}", event)])
    return id


async def rows(database: Database) -> dict[str, int]:
    return await database.transaction(
        lambda transaction: {
            table.__tablename__: transaction.scalar(select(func.count()).select_from(table)) or 0
            for table in (SessionRow, PersonRow, EventRow, LoginRow)
        }
    )


def found_in(*files: Path) -> set[str]:
    """Canaries anywhere in these files' bytes."""
    content = b"".join(file.read_bytes() for file in files if file.exists())
    return {canary for canary in CANARIES if canary.encode() in content}


def files_of(folder: Path) -> list[Path]:
    return [folder / f"ascona.db{suffix}" for suffix in ("", "-wal", "-shm")]


async def test_nothing_that_was_said_of_an_ended_session_is_left_in_any_byte(tmp_path):
    database = await Database.opened(Settings(data=tmp_path).database_url)
    await held(database, ends=True)

    await Retention(database).sweep(NOON)

    assert found_in(*files_of(tmp_path)) == set()
    assert (await rows(database))["events"] == 1
    await database.close()


async def test_of_a_session_that_goes_on_everything_is_there(tmp_path):
    database = await Database.opened(Settings(data=tmp_path).database_url)
    await held(database, ends=False)

    await Retention(database).sweep(NOON)

    assert found_in(*files_of(tmp_path)) == set(CANARIES)
    await database.close()


async def test_that_there_was_a_session_is_known_for_thirty_days(database):
    id = await held(database, ends=True)
    retention = Retention(database)

    await retention.sweep(NOON + METADATA_LASTS - timedelta(hours=1))
    assert await Journal(database).rebuilt(id) is not None
    await retention.sweep(NOON + timedelta(days=31))

    assert set((await rows(database)).values()) == {0}


async def test_a_session_that_nobody_came_to_goes_with_its_last_link(database):
    invitations = Invitations(database, fresh_token)
    await invitations.plan(PEOPLE, PROGRAMME, NOON, "Canary title")
    retention = Retention(database)

    await retention.sweep(NOON + timedelta(days=29))
    kept = await rows(database)
    await retention.sweep(NOON + timedelta(days=31))

    assert kept["people"] == 2
    assert set((await rows(database)).values()) == {0}


async def test_a_session_that_nobody_ended_is_forgotten_a_day_after_it_fell_silent(database):
    id = await held(database, ends=False)
    await Invitations(database, fresh_token).plan(PEOPLE, PROGRAMME, NOON)
    retention = Retention(database)

    assert await retention.forgotten(NOON + FORGOTTEN_AFTER - timedelta(minutes=1)) == []
    assert await retention.forgotten(NOON + FORGOTTEN_AFTER) == [id]


async def test_a_backup_taken_while_the_server_runs_holds_the_running_session_and_nothing_of_the_ended(tmp_path):
    database = await Database.opened(Settings(data=tmp_path).database_url)
    await held(database, ends=True)
    running, _ = await Invitations(database, fresh_token).plan(
        [("Ada", Role.LEADER)], assets.preset("classic-60"), NOON
    )
    await Journal(database).append(running, [Recorded(1, NOON, None, "one", PhaseStarted(0, NOON, None))])

    backup(tmp_path / "ascona.db", tmp_path / "copy.db")
    await database.close()

    assert found_in(tmp_path / "copy.db") == set()
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0
    restore(tmp_path / "copy.db", tmp_path / "new" / "ascona.db")
    restored = await Database.opened(Settings(data=tmp_path / "new").database_url)
    journal = Journal(restored)
    assert await journal.running() == [running]
    session, _ = await journal.rebuilt(running)
    assert (session.phase_id, session.version) == ("arrive", 1)
    await journal.append(running, [Recorded(2, NOON, None, "two", SessionEnded())])
    await restored.close()


def test_only_a_whole_copy_is_restored_and_nothing_is_overwritten(tmp_path):
    letter, other, there = tmp_path / "letter", tmp_path / "other.db", tmp_path / "data" / "ascona.db"
    letter.write_bytes(b"somebody's letter" * 100)
    with contextlib.closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE sessions (id)")

    for copy in (letter, other, tmp_path / "nowhere"):
        with pytest.raises(NoBackup):
            restore(copy, there)
        assert not there.exists()
    with pytest.raises(NoBackup, match="already"):
        restore(other, letter)
    with pytest.raises(NoBackup, match="already"):
        backup(other, letter)
    with pytest.raises(NoBackup, match="no database"):
        backup(tmp_path / "nowhere", tmp_path / "copy")
    assert not list(tmp_path.glob(".*.part"))


async def test_a_dump_of_postgresql_brings_back_what_runs_and_nothing_of_what_ended(postgresql: Postgres, tmp_path):
    with postgresql.database() as url, postgresql.database() as other:
        database = await Database.opened(Settings(database=url).database_url)
        await held(database, ends=True)
        running, _ = await Invitations(database, fresh_token).plan([("Ada", Role.LEADER)], PROGRAMME, NOON, "Tuesday")
        dump = tmp_path / "copy.dump"
        for program, *words in (
            ("pg_dump", "--format=custom", "--compress=0", f"--file={dump}", url),
            ("pg_restore", "--clean", "--if-exists", f"--dbname={other}", str(dump)),
        ):
            process = await asyncio.create_subprocess_exec(str(postgresql.programs / program), *words)
            assert await process.wait() == 0
        await database.close()

        restored = await Database.opened(Settings(database=other).database_url)
        assert await Journal(restored).running() == [running]
        assert await Journal(restored).title(running) == "Tuesday"
        await restored.close()
    assert found_in(dump) == {"canary-programme"}  # the running session's
