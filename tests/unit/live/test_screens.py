"""What goes out to everybody's pages, and to nobody who does not take part."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from tests.support.group import NOON, evening

from ascona.core import commands as c
from ascona.core.browsers import Asking, code
from ascona.core.people import UNKNOWN_BROWSER, Browser, Place
from ascona.core.pictures import Pictures
from ascona.live.attendance import Attendance
from ascona.live.connection import Connection
from ascona.live.room import Room
from ascona.live.screens import Screens


class Pages:
    """Everybody's page, and a room around which nothing can fail."""

    def __init__(self, *people: str) -> None:
        self.sent: list[tuple[str, str, Any]] = []  # to whom, what, and what it says
        self.now = 100.0
        self.begun: list[Coroutine[Any, Any, None]] = []
        self.attendance = Attendance()
        self.screens = Screens(self.attendance, self._emit, self.begun.append, lambda: self.now)
        session = replace(evening("fantasies").session, present=frozenset(people))
        self.room = Room(session, "", self, self, self, lambda: NOON)
        for person in people:
            self.comes(person)

    def comes(self, person: str, looks_on: bool = False) -> Connection:
        """Somebody's page is there; one that looks on has not taken their place."""
        connection = Connection(f"page of {person}", self.room, person, UNKNOWN_BROWSER, "window")
        self.attendance.connections[connection.sid] = connection
        if not looks_on:
            self.attendance.take(connection)
        return connection

    async def _emit(self, event: str, data: Any, to: str) -> None:
        self.sent.append((to.removeprefix("page of "), event, data))

    async def settle(self) -> None:
        """Let all that was begun beside be done."""
        while self.begun:
            await self.begun.pop(0)

    def who_got(self, event: str) -> list[str]:
        return [to for to, what, _ in self.sent if what == event]

    async def follow(self, *_anything: object) -> None: ...

    async def leave(self, *_anything: object) -> None: ...

    async def append(self, *_anything: object) -> None: ...

    async def since(self, *_anything: object) -> list[Any]:
        return []

    async def show(self, *_anything: object) -> None: ...

    async def tell(self, *_anything: object) -> None: ...


@pytest.fixture
def pages() -> Pages:
    return Pages("ada", "ben", "pia", "max", "sol")


async def test_everybody_who_takes_part_is_shown_the_room_and_nobody_who_only_looks_on(pages):
    pages.comes("eve", looks_on=True)

    assert await pages.screens.show(pages.room) == []

    assert pages.who_got("room") == ["ada", "ben", "pia", "max", "sol"]
    assert all(data["me"]["person"] == to for to, what, data in pages.sent if what == "room")


@pytest.fixture
def at_door() -> Pages:
    """Max has come, and was not let in yet."""
    pages = Pages("ada", "ben", "pia", "max", "sol")
    pages.room.session = pages.room.session.placed("max", Place.DOOR)
    return pages


async def happens(pages: Pages, command: c.Command, by: str = "ada") -> list[tuple[str, str, Any]]:
    """Something is done and shown; what went out for it."""
    pages.sent.clear()
    key = f"{command} by {by} at {pages.room.session.version}"
    await pages.room.obey(command, by, pages.room.session.version, key)
    await pages.screens.show(pages.room)
    return list(pages.sent)


async def test_from_the_door_nothing_tells_that_something_happens_inside(at_door):
    await at_door.screens.show(at_door.room)

    for command in (c.NextPhase(), c.Hold(), c.ShowClock(True)):
        assert "max" not in {to for to, _, _ in await happens(at_door, command)}
    at_door.screens.media_back("s1")
    await at_door.settle()
    assert "max" not in at_door.who_got("again")
    said = [data for to, what, data in await happens(at_door, c.Unlock()) if (to, what) == ("max", "room")]

    assert [(one["turn"], one["me"]["stance"]) for one in said] == [(2, "door")]
    assert not [to for to, what, _ in at_door.sent if (to, what) == ("max", "notice")]


async def test_at_the_end_the_door_says_that_it_is_the_end_and_not_how_much_has_happened(at_door):
    await at_door.screens.show(at_door.room)

    [said] = [data for to, _, data in await happens(at_door, c.EndSession()) if to == "max"]

    assert (said["phase"], said["me"]["stance"], said["version"], said["turn"]) == ("ended", "ended", 0, 2)


async def test_a_screen_that_did_not_go_out_to_the_door_goes_out_next_time(at_door):
    emit, at_door.screens._emit = at_door.screens._emit, broken
    with pytest.raises(ConnectionError):
        await at_door.screens.show(at_door.room)
    at_door.screens._emit = emit

    await at_door.screens.show(at_door.room)

    assert "max" in at_door.who_got("room")


async def broken(*_anything: object, **_more: object) -> None:
    raise ConnectionError


async def test_the_number_of_a_screen_counts_those_of_its_own_connection(pages):
    await pages.screens.show(pages.room)
    pages.sent.clear()
    pages.comes("eve")

    await pages.screens.show(pages.room)

    turns = {to: data["turn"] for to, what, data in pages.sent if what == "room"}
    assert turns == {"ada": 2, "ben": 2, "pia": 2, "max": 2, "sol": 2, "eve": 1}


async def test_whoever_has_been_removed_is_shown_that_and_given_back_to_be_hung_up_on(pages):
    await pages.screens.show(pages.room)
    await pages.room.obey(c.Remove("max"), "ada", pages.room.session.version, "max-is-removed")

    [removed] = await pages.screens.show(pages.room)

    assert removed.person == "max"
    shown = [data for to, what, data in pages.sent if (to, what) == ("max", "room")][-1]
    assert shown["me"]["place"] == Place.REMOVED.value
    assert shown["people"] == []


async def test_a_leaders_line_goes_to_those_who_may_read_it_alone(pages):
    ada = pages.room.session.person("ada")

    await pages.screens.pass_on(pages.room, ada, "Shall we stop?", lambda reader: reader.id in {"ada", "ben"})

    assert pages.sent == [(to, "line", {"by": "Ada", "text": "Shall we stop?"}) for to in ("ada", "ben")]


async def test_another_device_that_asks_is_the_leaders_news_and_its_owners_question(pages):
    session = pages.room.session
    pages.room.session = session.with_asking("max", Asking("max", Browser("phone"), sound=True))
    await pages.screens.show(pages.room)
    pages.sent.clear()
    pages.room.session = session.with_asking("max", Asking("max", Browser("other")))

    await pages.screens.show(pages.room)

    assert pages.who_got("notice") == ["ada", "ben"]
    shown = {to: data for to, what, data in pages.sent if what == "room"}
    asks = {"browser": "other", "code": code(Browser("other")), "sound": False, "since": 0}
    assert [shown[one]["me"]["device_asks"] for one in ("ada", "max")] == [None, asks]
    assert [(one["person"], one["browser"], one["device"]) for one in shown["ada"]["door"]] == [
        ("max", "other", asks["code"])
    ]


async def test_a_word_to_everybody_is_for_those_inside(pages):
    await pages.room.obey(c.Leave(), "max", pages.room.session.version, "max-leaves")

    await pages.screens.tell(pages.room, "journal_away")

    assert pages.who_got("notice") == ["ada", "ben", "pia", "sol"]


async def test_of_pictures_a_page_is_told_that_is_there_and_one_that_comes_later(pages):
    pages.screens.told("s1", "max", Pictures(paused=(2,), weak=True))
    pages.screens.told("s1", "eve", Pictures(lean=True))
    await pages.settle()
    assert pages.who_got("pictures") == ["max"]

    pages.screens.tell_pictures(pages.comes("eve"))
    await pages.settle()

    assert pages.who_got("pictures") == ["max", "eve"]
    assert pages.sent[-1][2]["lean"] is True


async def test_what_was_known_of_a_forgotten_room_is_told_to_nobody(pages):
    pages.screens.told("s1", "max", Pictures(weak=True))
    await pages.settle()

    pages.screens.forget("s1")
    pages.screens.tell_pictures(pages.comes("max"))
    await pages.settle()

    assert pages.who_got("pictures") == ["max"]


async def test_the_coming_stop_is_told_to_who_is_here_and_to_who_comes_with_the_time_that_is_left(pages):
    assert not pages.screens.stopping
    await pages.screens.announce_stop(30.0)
    assert pages.screens.stopping

    pages.now += 12.0
    await pages.screens.say_stop(pages.comes("eve"))

    assert pages.sent[0] == ("ada", "restart", {"in_ms": 30_000})
    assert pages.sent[-1] == ("eve", "restart", {"in_ms": 18_000})


async def test_a_page_is_told_once_more_when_the_forwarding_is_a_new_one(pages):
    pages.screens.media_back("s1")
    pages.screens.media_back("another room")
    await pages.settle()

    assert pages.who_got("again") == ["ada", "ben", "pia", "max", "sol"]
