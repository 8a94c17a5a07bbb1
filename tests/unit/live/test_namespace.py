"""Who has which place in a room, when windows come, go and take over at the same moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.support.group import NOON, evening

from ascona.core.pictures import Pictures
from ascona.live.namespace import RoomNamespace
from ascona.live.room import Room
from ascona.live.rooms import Rooms
from ascona.live.websocket import MESSAGES


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
        self.rooms = Rooms(self._load, lambda _id: None)
        self.namespace = RoomNamespace(self.rooms, self._identify, self, lambda: 0.0)
        self.namespace._set_server(self)

    async def _load(self, _id: str) -> Room:
        session = replace(evening().session, present=frozenset({"ada"}))
        return Room(session, "", self, self, self.namespace, lambda: NOON)

    async def _identify(self, cookie: str, _room: str) -> str:
        return cookie

    async def emit(self, event: str, to: str, data: Any = None, **_more: Any) -> None:
        self.sent.append((event, to))
        if event == "pictures":
            self.pictures.append((to, data))

    async def disconnect(self, *_anything: object, **_more: object) -> None: ...

    async def append(self, *_anything: object) -> None: ...

    async def since(self, *_anything: object) -> list[Any]:
        return []

    async def follow(self, *_anything: object) -> None: ...

    async def answer(self, *_anything: object) -> str:
        return "answer"

    async def leave(self, _room: str, person: str) -> None:
        self.left.append(person)
        self.leaving.set()
        await self.may_leave.wait()

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None:
        self.heights.append((room, person, heights))

    async def connect(self, sid: str, person: str) -> None:
        await self.namespace.on_connect(sid, {"HTTP_COOKIE": person}, {"room": "s1"})

    async def knock(self, sid: str, name: str = "Max", key: str = "") -> dict[str, str]:
        order = {"do": "Knock", "name": name, "version": 0, "key": key or f"knock-of-{sid}"}
        return await self.namespace.on_command(sid, order)

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
    second = asyncio.create_task(wire.knock("two"))
    await wire.leaving.wait()

    first = asyncio.create_task(wire.knock("one", key="knock-again"))
    wire.may_leave.set()
    await asyncio.gather(first, second)

    may = [await wire.namespace.on_offer(sid, {"sdp": ""}) for sid in ("one", "two")]
    assert may == [{"sdp": "answer"}, {"refused": "not_inside"}]
    await wire.rooms.close()


async def test_a_refused_knock_takes_no_place_from_the_window_that_has_come_meanwhile():
    wire = Wire()
    await wire.connect("one", "max")
    await wire.connect("two", "max")

    refused, taken = await asyncio.gather(wire.knock("one", name=" "), wire.knock("two"))

    assert (refused, taken) == ({"refused": "bad_name"}, {})
    assert "max" in await wire.present()
    await wire.rooms.close()


async def test_a_line_that_comes_back_at_once_keeps_its_sound_and_picture():
    wire = Wire()
    await wire.connect("one", "max")
    await wire.knock("one")
    await wire.namespace.on_disconnect("one")

    await wire.connect("two", "max")
    assert await wire.knock("two") == {}

    assert wire.left == []
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
