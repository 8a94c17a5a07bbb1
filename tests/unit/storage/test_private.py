"""Whatever the umask, nobody else on the machine may read who takes part."""

import os
import stat

import pytest

from ascona import app
from ascona.private import OTHERS
from ascona.settings import Settings
from ascona.storage.backup import backup, restore
from ascona.storage.database import Database


@pytest.fixture(autouse=True)
def generous():
    before = os.umask(0)
    yield
    os.umask(before)


def readable(folder) -> list[str]:
    """What others may look into, of a folder and all that is in it."""
    return [path.name for path in [folder, *folder.rglob("*")] if stat.S_IMODE(path.stat().st_mode) & OTHERS]


async def opened_and_written(settings: Settings) -> Database:
    database = await app.open_database(settings)
    await database.fill()
    return database


async def test_what_a_server_makes_is_its_owners(tmp_path):
    settings = Settings(data=tmp_path / "new" / "data")
    database = await opened_and_written(settings)

    assert {path.name for path in settings.data.iterdir()} == {"ascona.db", "ascona.db-wal", "ascona.db-shm"}
    assert readable(settings.data) == []
    await database.close()


async def test_what_an_older_server_left_open_is_shut(tmp_path):
    settings = Settings(data=tmp_path / "data")
    first = await opened_and_written(settings)
    for path in [settings.data, *settings.data.iterdir()]:
        path.chmod(0o755)
    assert len(readable(settings.data)) == 4

    second = await opened_and_written(settings)

    assert readable(settings.data) == []
    await second.close()
    await first.close()


async def test_copies_are_their_owners(tmp_path):
    settings = Settings(data=tmp_path / "data")
    await (await opened_and_written(settings)).close()
    copy, again = tmp_path / "copy.db", tmp_path / "again" / "ascona.db"

    backup(settings.database_file, copy)
    restore(copy, again)

    assert readable(copy) == readable(again.parent) == []


async def test_a_database_named_by_its_address_is_its_owners(tmp_path):
    database = await opened_and_written(Settings(database=f"sqlite:///{tmp_path / 'ours.db'}"))

    assert [name for name in readable(tmp_path) if "ours" in name] == []
    await database.close()
