"""Shutting: what a command will shut is shut while it is being recorded, and what it will open is not yet open."""

import asyncio

import pytest
from tests.support.group import evening
from tests.unit.live.test_room import Rig, room_with

from ascona.core import commands as c
from ascona.core.rights import Refused
from ascona.live.room import Room


async def being_recorded(rig: Rig, room: Room, command: c.Command, by: str) -> asyncio.Task[None]:
    """Somebody has asked for something, and the journal has begun to write it."""
    asked = asyncio.create_task(room.obey(command, by, room.session.version, "key-one-1"))
    await rig.reached.wait()
    return asked


async def test_whoever_is_to_be_silent_is_silent_while_it_is_being_recorded():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    before, lines = room.session, room.lines
    rig.may_go_on.clear()
    going_on = await being_recorded(rig, room, c.NextPhase(), "ada")

    assert rig.story == ["follow", "record"]
    assert room.session == before
    early = rig.plans[-1]
    assert early == room.lines
    assert "pia" not in {route.sender for route in early.routes}
    rig.may_go_on.set()
    await going_on
    assert rig.story == ["follow", "record", "follow", "show"]
    assert rig.plans == [early, room.lines]
    assert early.routes == lines.routes & room.lines.routes
    assert rig.plans[-1].version == room.session.version
    await room.close()


async def test_a_plan_waits_until_the_last_one_is_carried_out():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    rig.obeys.clear()
    going_on = await being_recorded(rig, room, c.NextPhase(), "ada")
    for _ in range(10):  # as many turns as it may take to go on all the same
        await asyncio.sleep(0)

    assert rig.story == ["follow", "record"]
    rig.obeys.set()
    await going_on
    assert rig.plans[-1] == room.lines
    await room.close()


async def test_whoever_is_to_be_heard_is_heard_once_that_is_recorded():
    rig = Rig()
    room = room_with(rig, evening("fantasies").session)
    rig.may_go_on.clear()
    coming = await being_recorded(rig, room, c.ComeBack(), "pia")

    assert rig.story == ["record"]
    rig.may_go_on.set()
    await coming
    assert "pia" in {route.sender for route in rig.plans[-1].routes}
    await room.close()


async def test_a_silence_that_cannot_be_recorded_is_undone():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    lines = room.lines
    rig.away = True

    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1")

    assert rig.plans == [rig.plans[0], lines]
    assert rig.plans[0].routes < lines.routes
    with pytest.raises(Refused, match="journal_unavailable"):  # known to be away now: nothing is tried
        await room.obey(c.NextPhase(), "ada", room.session.version, "key-two-2")
    assert len(rig.plans) == 2
    rig.away = False
    await room.settled()
    await room.close()


async def test_a_recording_that_is_called_off_keeps_nothing_shut():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    lines = room.lines
    rig.called_off = True

    with pytest.raises(asyncio.CancelledError):
        await room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1")

    assert room.lines == lines
    await room.close()
