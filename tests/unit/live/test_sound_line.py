"""A telephone that carries the sound of a seat: it comes, goes, and never sits in a chair of its own."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.live.test_namespace import LEAVE, Wire

from ascona.core import commands as c
from ascona.core.media_plan import Kind, MediaPlan
from ascona.core.sound_line import sound_line
from ascona.live import seats
from ascona.live.room import Room

PHONE = sound_line("max")


class Evening(Wire):
    """Notes what would be forwarded, and what everybody was shown of themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.plan = MediaPlan()
        self.shown: dict[str, dict[str, Any]] = {}

    async def follow(self, _room: str, plan: MediaPlan) -> None:
        self.plan = plan

    async def emit(self, event: str, to: str, data: Any = None, **more: Any) -> None:
        if event == "room":
            self.shown[to] = data
        await super().emit(event, to, data, **more)

    async def carry(self, sid: str, person: str = "max") -> dict[str, str]:
        """Somebody's telephone comes, and its microphone is on."""
        await self.connect(sid, person)
        return await self.say(sid, person)

    async def say(self, sid: str, person: str) -> dict[str, str]:
        order = {"do": "Knock", "name": person.title(), "version": 0, "key": f"knock-of-{sid}", "microphone": True}
        return await self.namespace.on_command(sid, order | {"sound": True})

    def lines(self, kind: Kind) -> set[str]:
        """All over which anything of this kind may come or go."""
        routes = [route for route in self.plan.routes if route.kind is kind]
        return {route.sender for route in routes} | {route.receiver for route in routes}

    async def room(self) -> Room:
        room = await self.rooms.get("s1")
        assert room
        return room


@pytest.fixture
async def wire():
    wire = Evening()
    for one in ("ada", "max"):
        await wire.connect(one, one)
        assert await wire.knock(one, one.title()) == {}
    yield wire
    await wire.namespace.close()
    await wire.rooms.close()


def chair(wire: Evening, viewer: str) -> dict[str, Any]:
    """Max's, as somebody sees it."""
    [one] = [one for one in wire.shown[viewer]["people"] if one["person"] == "max"]
    return one


async def test_a_telephone_takes_the_sound_and_the_laptop_keeps_the_picture(wire):
    assert await wire.carry("phone") == {}

    assert PHONE in wire.lines(Kind.AUDIO)
    assert "max" not in wire.lines(Kind.AUDIO)
    assert "max" in wire.lines(Kind.VIDEO)
    assert PHONE not in wire.lines(Kind.VIDEO)
    assert [wire.shown[sid]["me"]["carries"] for sid in ("ada", "max", "phone")] == ["all", "picture", "sound"]
    assert ("elsewhere", "max") not in wire.sent


async def test_the_chair_shows_the_telephones_microphone_and_the_laptops_camera(wire):
    await wire.carry("phone")
    await wire.namespace.on_devices("max", {"microphone": False, "camera": True})
    assert (chair(wire, "ada")["microphone"], chair(wire, "ada")["camera"]) == (True, True)

    await wire.namespace.on_devices("phone", {"microphone": False, "camera": True})
    await wire.namespace.on_devices("max", {"microphone": True, "camera": False})

    assert (chair(wire, "ada")["microphone"], chair(wire, "ada")["camera"]) == (False, False)


@pytest.fixture
async def telephone_lost(wire, monkeypatch):
    """The telephone's socket is, and is not waited for any more."""
    monkeypatch.setattr(seats, "LINE_PATIENCE_SECONDS", 0.0)
    room = await wire.room()
    await wire.carry("phone")
    await wire.namespace.on_disconnect("phone")
    await until(lambda: not room.by_phone)


async def test_when_the_telephone_has_gone_the_laptop_has_the_sound_again(wire, telephone_lost):
    assert "max" in wire.lines(Kind.AUDIO)
    assert PHONE not in wire.lines(Kind.AUDIO)
    assert wire.shown["max"]["me"]["carries"] == "all"


async def test_whoever_is_gone_from_the_laptop_is_not_listening_by_telephone(wire, monkeypatch):
    monkeypatch.setattr(seats, "LINE_PATIENCE_SECONDS", 0.0)
    room = await wire.room()
    await wire.carry("phone")

    await wire.namespace.on_disconnect("max")
    await until(lambda: "max" not in room.session.present)

    assert PHONE not in wire.lines(Kind.AUDIO)
    await wire.connect("max-again", "max")
    assert await wire.knock("max-again") == {}
    assert PHONE in wire.lines(Kind.AUDIO)


async def test_whoever_leaves_takes_the_telephone_along(wire):
    await wire.carry("phone")

    assert await wire.namespace.on_command("max", LEAVE) == {}

    assert PHONE in wire.left
    assert wire.shown["phone"]["me"]["place"] == "left"
    assert await wire.namespace.on_offer("phone", {"sdp": ""}) == {"refused": "not_inside"}


async def test_a_telephone_that_was_lost_before_leaves_no_line_behind_either(wire, telephone_lost):
    assert PHONE not in wire.left, "sound outlives its socket: the telephone may come back"

    assert await wire.namespace.on_command("max", LEAVE) == {}

    assert PHONE in wire.left


async def test_whoever_is_let_in_again_finds_the_telephone_as_it_was(wire):
    room = await wire.room()
    await wire.carry("phone")
    await room.obey(c.Leave(), "max", room.session.version, "max-leaves")
    await room.line_lost("max")
    assert PHONE not in wire.lines(Kind.AUDIO)

    assert await wire.knock("max", key="max-comes-again") == {}
    await room.obey(c.Admit("max"), "ada", room.session.version, "max-is-let-in")

    assert PHONE in wire.lines(Kind.AUDIO)
    assert "max" not in wire.lines(Kind.AUDIO)


async def test_a_second_telephone_takes_over_and_the_first_is_silent_before(wire):
    await wire.carry("phone")

    assert await wire.carry("other") == {}

    assert wire.left == [PHONE]
    assert ("elsewhere", "phone") in wire.sent
    assert await wire.namespace.on_offer("phone", {"sdp": ""}) == {"refused": "not_inside"}
    assert await wire.namespace.on_offer("other", {"sdp": ""}) == {"sdp": "answer"}
    assert wire.answered == [PHONE]


async def test_whoever_moves_here_has_the_sound_here_as_well(wire):
    await wire.carry("phone")

    assert await wire.knock("max", key="all-of-it", move=True) == {}

    assert "max" in wire.lines(Kind.AUDIO)
    assert PHONE not in wire.lines(Kind.AUDIO)
    assert ("elsewhere", "phone") in wire.sent
    assert PHONE in wire.left
    assert await wire.namespace.on_offer("phone", {"sdp": ""}) == {"refused": "not_inside"}


async def test_nobody_carries_the_sound_of_somebody_who_is_not_inside(wire):
    room = await wire.room()
    await room.obey(c.Remove("eve"), "ada", room.session.version, "remove-eve")

    assert await wire.carry("phone", "eve") == {"refused": "not_inside"}

    assert await wire.namespace.on_offer("phone", {"sdp": ""}) == {"refused": "not_inside"}
    assert room.by_phone == {}


async def test_the_window_that_sits_does_not_carry_its_sound_beside_itself(wire):
    assert await wire.say("max", "max") == {"refused": "already_here"}

    assert "max" in wire.lines(Kind.AUDIO)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0)
