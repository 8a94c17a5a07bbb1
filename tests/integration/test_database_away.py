"""The database killed, or locked by another program, under a room in session: the evening goes on."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
from tests.integration.test_evening import with_pia_presenting
from tests.support.postgres import Postgres
from tests.support.server import Visitor, started

from ascona.core.people import Role

GROUP = {"Ada": Role.LEADER, "Ben": Role.CO_LEADER, "Pia": Role.MEMBER, "Max": Role.MEMBER, "Eve": Role.RING}
AWAY = {"refused": "journal_unavailable"}
QUESTIONS, FANTASIES = 3, 4  # steps

LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA busy_timeout = 20000")
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(file: Path) -> Iterator[Callable[[], None]]:
    """Another process holds SQLite's lock until it is told to let go."""
    command = [sys.executable, "-c", LOCK, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == b"locked\n"
        yield other.stdin.close
        other.wait()


async def the_evening_goes_on(people: dict[str, Visitor]) -> None:
    """What can be done, and what cannot, while the database is away."""
    ada, pia, max_, eve = (people[name] for name in ("Ada", "Pia", "Max", "Eve"))
    before = ada.room["version"]

    assert await ada.do("NextPhase") == AWAY
    assert await people["Ben"].do("InviteToCircle", person=eve.room["me"]["person"]) == AWAY
    assert await pia.do("SitBack") == {}
    assert await ada.do("Remove", person=eve.room["me"]["person"]) == {}

    room = await max_.sees(lambda room: "Eve" not in [chair["name"] for chair in room["people"]])
    assert room["phase"] == "questions"
    assert next(chair["state"] for chair in room["people"] if chair["name"] == "Pia") == "back"
    assert room["version"] > before
    await max_.reads("journal_away")


async def comes_back(person: Visitor) -> None:
    """A line is lost and up again: seat and standing are as they were."""
    await person.hang_up()
    person.room = {}
    assert await person.come() == {}
    room = await person.sees(lambda room: bool(room["people"]))
    assert room["me"]["place"] == "inside"


async def nobody_new_is_known(origin: str, person: Visitor) -> None:
    """A link that is opened for the first time in this browser is told so."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{origin}/join", json={"secret": person.invited.secret}) as answer,
    ):
        assert (answer.status, await answer.json()) == (500, {"error": "server_error"})


async def all_is_kept(where, people: dict[str, Visitor], server) -> None:
    """The database is back: everything works, and what was done without it survives."""
    await people["Max"].reads("journal_back")
    assert await people["Ada"].do("GoToPhase", step=FANTASIES) == {}
    before = await people["Max"].sees(lambda room: room["phase"] == "fantasies")
    await server.close()

    again = await started(**where)
    known = people["Max"]
    max_ = Visitor(again.origin, known.invited, cookies=known.cookies, id=known.id)
    try:
        assert await max_.come() == {}
        after = await max_.sees(lambda room: room["phase"] == "fantasies")
        assert after["version"] == before["version"]
        assert [chair["name"] for chair in after["people"]] == ["Ada", "Pia", "Ben", "Max"]
        eve = Visitor(again.origin, people["Eve"].invited)
        assert await eve.come() == {"refused": "removed"}
        await eve.close()
    finally:
        await max_.close()
        await again.close()


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
async def test_postgresql_is_killed_under_a_room_and_started_again(where, server, gather, postgresql: Postgres):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    assert await people["Ada"].do("GoToPhase", step=QUESTIONS) == {}

    postgresql.kill()
    try:
        await the_evening_goes_on(people)
        await comes_back(people["Max"])
        await nobody_new_is_known(server.origin, people["Ben"])
    finally:
        postgresql.start()

    await all_is_kept(where, people, server)


async def test_sqlite_is_locked_by_another_process(where, server, gather, tmp_path):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    assert await people["Ada"].do("GoToPhase", step=QUESTIONS) == {}

    with locked(tmp_path / "ascona.db") as let_go:
        await the_evening_goes_on(people)
        await comes_back(people["Max"])
        let_go()

    await all_is_kept(where, people, server)
