"""Whoever comes is on every screen before anything reaches them, also where screens fail."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.support.group import NOON, invited
from tests.unit.live.test_room import Rig, room_with

from ascona.core import commands as c
from ascona.core.people import Place
from ascona.core.programme import AtEnd, Phase, Programme


async def test_whoever_comes_back_is_on_every_screen_before_they_receive_anything():
    rig = Rig()
    room = room_with(rig)
    await room.line_lost("max")
    rig.story.clear()
    first = len(rig.plans)

    await room.come("max", c.Knock("Max"), (True, True), "max-is-back")

    assert rig.story == ["follow", "show", "follow"]
    before, after = rig.plans[first:]
    assert {route.receiver for route in after.routes} - {route.receiver for route in before.routes} == {"max"}
    assert after == room.lines
    await room.close()


async def test_whom_screens_could_not_show_receives_nothing_until_they_do():
    rig = Rig()
    room = room_with(rig)
    await room.line_lost("max")
    rig.blind = True
    await room.come("max", c.Knock("Max"), (True, True), "max-is-back")
    assert "max" not in {route.receiver for route in rig.plans[-1].routes}

    rig.blind = False
    await room.show()

    assert "max" in {route.receiver for route in rig.plans[-1].routes}
    await room.close()


async def test_whoever_goes_while_screens_fail_is_shown_anew_before_they_receive():
    rig = Rig()
    room = room_with(rig)
    rig.blind = True
    await room.line_lost("max")
    await room.come("max", c.Knock("Max"), (True, True), "max-is-back")

    assert "max" not in {route.receiver for route in rig.plans[-1].routes}
    assert room.unseen == {"max"}
    await room.close()


async def test_a_server_that_starts_while_workers_forward_takes_nothing_from_whoever_still_receives():
    rig = Rig()
    room = room_with(rig)

    await room.open()

    assert rig.plans == [room.plan]
    await room.close()


async def test_screens_that_fail_stop_neither_session_nor_clock():
    rig = Rig()
    phases = tuple(Phase(id, 1, at_end=AtEnd.ADVANCE) for id in ("arrive", "questions"))
    ada = replace(invited(), programme=Programme("short", phases), present=frozenset({"ada"})).placed(
        "ada", Place.INSIDE
    )
    room = room_with(rig, replace(ada, step=0, ends_at=NOON - timedelta(minutes=3)))
    rig.blind = True

    await room.open()
    async with asyncio.timeout(20):
        while room.session.phase_id != "questions":
            rig.shown.clear()
            await rig.shown.wait()

    await room.close()
