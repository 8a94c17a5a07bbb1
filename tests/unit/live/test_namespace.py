"""Who has which place in a room, when windows come, go and take over at the same moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import socketio
from tests.support.group import NOON, evening
from tests.support.guests import guest

from ascona.core import commands as c
from ascona.core.pictures import Pictures
from ascona.live.namespace import RoomNamespace
from ascona.live.room import Room
from ascona.live.rooms import Rooms
from ascona.live.websocket import MESSAGES
from ascona.storage.invitations import Guest

LEAVE = {"do": "Leave", "version": 0, "key": "leave-now"}


class Wire:
    """Everything around a namespace: journal, switchboard, negotiator, and Socket.IO's sending half."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.left: list[str] = []
        self.pictures: list[tuple[str, dict[str, Any]]] = []
        self.heights: list[tuple[str, str, Sequence[int]]] = []
        self.leaving = asyncio.Event()
        self.may_leave = asyncio.Event()
        self.may_leave.set()
        self.answered: list[str] = []
        self.answering = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.rooms = Rooms(self._load, lambda _id: None)
        self.namespace = RoomNamespace(self.rooms, self._identify, self, lambda: 0.0)
        self.namespace._set_server(self)

    async def _load(self, _id: str) -> Room:
        session = replace(evening().session, present=frozenset({"ada"}))
        return Room(session, "", self, self, self.namespace, lambda: NOON)

    async def _identify(self, cookie: str, room: str) -> Guest:
        return guest(cookie, room)

    async def emit(self, event: str, to: str, data: Any = None, **_more: Any) -> None:
        self.sent.append((event, to))
        if event == "pictures":
            self.pictures.append((to, data))

    async def disconnect(self, *_anything: object, **_more: object) -> None: ...

    async def append(self, *_anything: object) -> None: ...

    async def since(self, *_anything: object) -> list[Any]:
        return []

    async def follow(self, *_anything: object) -> None: ...

    async def answer(self, _room: str, person: str, _offer: str) -> str:
        self.answering.set()
        await self.may_answer.wait()
        self.answered.append(person)
        return "answer"

    async def leave(self, _room: str, person: str) -> None:
        self.left.append(person)
        self.leaving.set()
        await self.may_leave.wait()

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None:
        self.heights.append((room, person, heights))

    async def connect(self, sid: str, person: str, window: str = "") -> None:
        await self.namespace.on_connect(sid, {"HTTP_COOKIE": person}, {"room": "s1", "window": window})

    async def knock(self, sid: str, name: str = "Max", key: str = "", move: bool = False) -> dict[str, str]:
        order = {"do": "Knock", "version": 0, "key": key or f"knock-of-{sid}"}
        return await self.namespace.on_command(sid, order | {"name": name, "agreed": True, "move": move})

    async def present(self) -> frozenset[str]:
        room = await self.rooms.get("s1")
        assert room
        return room.session.present


async def test_of_two_windows_taking_over_from_each_other_the_last_has_the_place():
    wire = Wire()
    await wire.connect("one", "max")
    await wire.connect("two", "max")
    assert await wire.knock("one") == {}
    wire.may_leave.clear()
    second = asyncio.create_task(wire.knock("two", move=True))
    await wire.leaving.wait()

    first = asyncio.create_task(wire.knock("one", key="knock-again", move=True))
    wire.may_leave.set()
    assert await asyncio.gather(first, second) == [{}, {}]  # one after the other

    may = [await wire.namespace.on_offer(sid, {"sdp": ""}) for sid in ("one", "two")]
    assert may == [{"sdp": "answer"}, {"refused": "not_inside"}]
    await wire.rooms.close()


async def test_a_refused_knock_takes_no_place_from_the_window_that_has_come_meanwhile():
    wire = Wire()
    await wire.connect("one", "max")
    await wire.connect("two", "max")

    refused, taken = await asyncio.gather(wire.knock("one", name=" "), wire.knock("two", move=True))

    assert (refused, taken) == ({"refused": "bad_name"}, {})
    assert "max" in await wire.present()
    await wire.rooms.close()


async def test_a_line_that_comes_back_at_once_keeps_its_sound_and_picture():
    wire = Wire()
    await wire.connect("one", "max", "her window")
    await wire.knock("one")
    await wire.namespace.on_disconnect("one")

    await wire.connect("two", "max", "her window")
    assert await wire.knock("two") == {}

    assert wire.left == []
    await wire.namespace.close()
    await wire.rooms.close()


async def test_a_page_that_comes_back_to_its_window_is_never_asked_although_its_old_line_seems_well():
    wire = Wire()
    await wire.connect("one", "max", "her window")
    await wire.knock("one")

    await wire.connect("two", "max", "her window")

    assert await wire.knock("two") == {}
    assert ("elsewhere", "one") not in wire.sent
    assert await wire.namespace.on_command("one", LEAVE) == {"refused": "not_inside"}
    await wire.rooms.close()


async def test_another_window_is_asked_and_takes_nothing_until_it_says_yes():
    wire = Wire()
    await wire.connect("one", "max", "laptop")
    await wire.connect("two", "max", "phone")
    await wire.knock("one")

    assert await wire.knock("two") == {"refused": "already_here"}

    may = [await wire.namespace.on_offer(sid, {"sdp": ""}) for sid in ("one", "two")]
    assert may == [{"sdp": "answer"}, {"refused": "not_inside"}]
    assert wire.left == []
    await wire.rooms.close()


async def test_after_the_end_nobody_is_asked_and_all_the_same_only_the_last_window_looks_on():
    wire = Wire()
    await wire.connect("one", "max")
    await wire.knock("one")
    room = await wire.rooms.get("s1")
    await room.obey(c.EndSession(), "ada", room.session.version, "the-end-1")
    await wire.connect("two", "max")

    assert await wire.knock("two") == {}

    assert ("elsewhere", "one") in wire.sent
    assert [one for what, one in wire.sent if what == "room"][-1] == "two"
    await wire.rooms.close()


async def test_the_old_window_is_silent_before_the_new_one_may_send():
    wire = Wire()
    await wire.connect("one", "max", "laptop")
    await wire.connect("two", "max", "phone")
    await wire.knock("one")
    wire.may_leave.clear()

    moving = asyncio.create_task(wire.knock("two", move=True))
    await wire.leaving.wait()
    offers = [asyncio.create_task(wire.namespace.on_offer(sid, {"sdp": ""})) for sid in ("one", "two")]
    await asyncio.sleep(0)
    assert wire.answered == []
    wire.may_leave.set()

    assert await moving == {}
    assert (await asyncio.gather(*offers))[0] == {"refused": "not_inside"}
    assert await wire.namespace.on_offer("two", {"sdp": ""}) == {"sdp": "answer"}
    assert ("elsewhere", "one") in wire.sent
    await wire.rooms.close()


async def test_an_answer_under_way_to_the_old_window_is_undone_before_the_new_one_has_the_place():
    wire = Wire()
    await wire.connect("one", "max", "laptop")
    await wire.connect("two", "max", "phone")
    await wire.knock("one")
    wire.may_answer.clear()
    answering = asyncio.create_task(wire.namespace.on_offer("one", {"sdp": ""}))
    await wire.answering.wait()

    moving = asyncio.create_task(wire.knock("two", move=True))
    await asyncio.sleep(0)
    assert wire.left == []
    wire.may_answer.set()
    await asyncio.gather(answering, moving)

    assert wire.answered == wire.left == ["max"]
    await wire.rooms.close()


async def test_sound_that_outlives_its_socket_ends_when_another_window_comes():
    wire = Wire()
    await wire.connect("one", "max", "laptop")
    await wire.knock("one")
    await wire.namespace.on_disconnect("one")

    await wire.connect("two", "max", "phone")
    assert await wire.knock("two") == {}

    assert wire.left == ["max"]
    await wire.namespace.close()
    await wire.rooms.close()


NARROW = Pictures(("l",), (2,), weak=True)
TOLD = {"layers": ("l",), "paused": (2,), "weak": True, "lean": False}


async def told(wire: Wire, times: int) -> list[tuple[str, dict[str, Any]]]:
    """What pages were told of pictures, after so many times."""
    async with asyncio.timeout(10):
        while len(wire.pictures) < times:
            await asyncio.sleep(0)
    return wire.pictures


async def test_a_page_is_told_of_pictures_on_change_after_each_answer_and_when_its_line_comes_back():
    wire = Wire()
    await wire.connect("one", "max")
    wire.namespace.told("s1", "max", NARROW)
    await wire.knock("one")
    assert await told(wire, 1) == [("one", TOLD)]

    await wire.namespace.on_offer("one", {"sdp": ""})
    assert await told(wire, 2) == [("one", TOLD)] * 2

    wire.namespace.told("s1", "max", Pictures())
    assert (await told(wire, 3))[-1] == ("one", {"layers": (), "paused": (), "weak": False, "lean": False})

    await wire.namespace.on_disconnect("one")
    await wire.connect("two", "max")
    await wire.knock("two")
    assert (await told(wire, 4))[-1][0] == "two"
    await wire.namespace.close()
    await wire.rooms.close()


async def test_what_a_page_shows_reaches_the_forwarding_once_it_has_the_place():
    wire = Wire()
    await wire.connect("one", "max")
    await wire.namespace.on_shows("one", {"heights": [1]})
    await wire.knock("one")

    await wire.namespace.on_shows("one", {"heights": [0, 360]})
    for unfit in (None, {}, {"heights": [-1]}, {"heights": [True]}, {"heights": [1.5]}, {"heights": [0] * 65}):
        await wire.namespace.on_shows("one", unfit)

    assert wire.heights == [("s1", "max", [0, 360])]
    assert wire.namespace.counts == {"bad_message": 6}
    await wire.rooms.close()


def test_everything_that_is_answered_is_let_through_and_nothing_else():
    comings_and_goings = {"on_connect", "on_disconnect"}
    answered = {name for name in vars(RoomNamespace) if name.startswith("on_")} - comings_and_goings

    assert {f"on_{message}" for message in MESSAGES} == answered


async def test_after_the_end_too_one_window_is_told_that_another_looks_now():
    wire = Wire()
    await wire.connect("one", "ada")
    await wire.connect("two", "ada")
    await wire.knock("one", "Ada")
    room = await wire.rooms.get("s1")
    order = {"do": "EndSession", "version": room.session.version, "key": "ends-the-evening"}
    assert await wire.namespace.on_command("one", order) == {}

    assert await wire.knock("two", "Ada") == {}

    assert ("elsewhere", "one") in wire.sent


class SignsOutMeanwhile(Wire):
    """Max's sign-in ends at one moment of his connecting: just after a look at his cookie, or while the room opens."""

    def __init__(self, moment: str, revoked: bool) -> None:
        super().__init__()
        self._moments = iter(["first look", "second look"])
        self._moment, self._revoked, self._signed_in = moment, revoked, True

    async def _identify(self, cookie: str, room: str) -> Guest | None:
        found = guest(cookie, room) if self._signed_in else None
        await self._passes(next(self._moments, "any other look"))
        return found

    async def _load(self, id: str) -> Room:
        await self._passes("room opens")
        return await super()._load(id)

    async def _passes(self, moment: str) -> None:
        if moment == self._moment:
            self._signed_in = False
            ended = self.namespace.sign_out("s1", "max") if self._revoked else self.namespace.look_again(("s1", "max"))
            await ended


@pytest.mark.parametrize("revoked", [False, True], ids=["signed out", "revoked"])
@pytest.mark.parametrize("moment", ["first look", "room opens", "second look"])
async def test_a_sign_in_that_ends_while_its_browser_connects_is_missed_at_no_moment(moment, revoked):
    wire = SignsOutMeanwhile(moment, revoked)

    with pytest.raises(socketio.exceptions.ConnectionRefusedError, match="not_signed_in"):
        await wire.connect("one", "max")

    assert await wire.knock("one") == {"refused": "not_signed_in"}
    assert await wire.present() == {"ada"}
    await wire.rooms.close()


async def test_a_sign_in_that_lasts_while_its_browser_connects_is_good():
    wire = SignsOutMeanwhile("at no moment", revoked=False)

    await wire.connect("one", "max")

    assert await wire.knock("one") == {}
    await wire.rooms.close()
