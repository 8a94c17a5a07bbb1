"""A room: shut, recorded, opened, shown, in this order, and nothing twice."""

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.support.group import NOON, evening, invited

from ascona.core import commands as c
from ascona.core.events import Event, Recorded
from ascona.core.media_plan import MediaPlan
from ascona.core.programme import AtEnd, Phase, Programme
from ascona.core.rights import Refused
from ascona.core.sound_line import sound_line, whose
from ascona.live.room import Room


class Rig:
    """A journal, a switchboard and an audience that write down what they were asked, in one order."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.records: list[Recorded] = []
        self.plans: list[MediaPlan] = []
        self.left: list[str] = []
        self.said: list[str] = []
        self.away = False
        self.broken = False
        self.blind = False
        self.called_off = False
        self.silent = False
        self.shown = asyncio.Event()
        self.reached = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.obeys = asyncio.Event()
        self.obeys.set()

    async def append(self, _session: str, records: Sequence[Recorded]) -> None:
        if self.away:
            raise OSError
        if self.called_off:
            raise asyncio.CancelledError
        self.story.append("record")
        self.records += records
        self.reached.set()
        await self.may_go_on.wait()
        if self.silent:
            raise TimeoutError

    async def since(self, _session: str, version: int) -> list[Recorded]:
        if self.away:
            raise OSError
        return [record for record in self.records if record.version > version]

    async def follow(self, _room: str, plan: MediaPlan) -> None:
        self.story.append("follow")
        await self.obeys.wait()
        if self.broken:
            raise OSError
        self.plans.append(plan)

    async def leave(self, _room: str, person: str) -> None:
        self.left.append(person)

    async def show(self, _room: Room, events: Sequence[Event] = (), by: str | None = None) -> None:
        self.story.append("show")
        self.shown.set()
        if self.blind:
            raise RuntimeError

    async def tell(self, _room: Room, key: str) -> None:
        self.said.append(key)


def room_with(rig: Rig, session=None, clock=lambda: NOON, history: Sequence[Recorded] = ()) -> Room:
    return Room(session or evening().session, "", rig, rig, rig, clock, history)


async def test_a_command_is_recorded_then_obeyed_then_shown():
    rig = Rig()
    room = room_with(rig)

    await room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1")

    assert rig.story == ["record", "follow", "show"]
    assert [record.version for record in rig.records] == [room.session.version]
    assert rig.plans[-1].version == room.session.version
    await room.close()


async def test_whoever_looks_in_sees_what_sound_and_picture_have_followed_already():
    rig = Rig()
    room = room_with(rig)
    rig.may_go_on.clear()
    ending = asyncio.create_task(room.obey(c.EndSession(), "ada", room.session.version, "key-one-1"))
    await rig.reached.wait()

    looking = asyncio.create_task(room.show())
    rig.may_go_on.set()
    await asyncio.gather(ending, looking)

    assert rig.story == ["follow", "record", "follow", "show", "show"]
    await room.close()


async def test_the_same_key_is_carried_out_once_also_after_a_restart():
    rig = Rig()
    room = room_with(rig)
    await room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1")
    await room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1")
    again = room_with(rig, room.session, history=rig.records)
    await again.obey(c.NextPhase(), "ada", again.session.version, "key-one-1")

    assert again.session.phase_id == "choose"
    await room.close()
    await again.close()


async def test_without_its_journal_a_room_changes_nothing_and_says_so():
    rig = Rig()
    room = room_with(rig)
    before = room.session
    rig.away = True

    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.NextPhase(), "ada", before.version, "key-one-1")

    assert room.session == before
    assert rig.story == []
    rig.away = False
    await room.settled()
    await room.obey(c.NextPhase(), "ada", before.version, "key-one-1")
    assert room.session.phase_id == "choose"
    await room.close()


async def test_a_switchboard_that_fails_stops_no_session():
    rig = Rig()
    room = room_with(rig)
    rig.broken = True

    await room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1")

    assert room.session.phase_id == "choose"
    assert rig.story == ["record", "follow", "show"]
    await room.close()


async def test_a_refused_command_touches_nothing():
    rig = Rig()
    room = room_with(rig)

    with pytest.raises(Refused):
        await room.obey(c.NextPhase(), "max", room.session.version, "key-one-1")

    assert rig.story == []


async def test_whoever_is_removed_loses_their_line():
    rig = Rig()
    room = room_with(rig)

    await room.obey(c.Remove("max"), "ada", room.session.version, "key-one-1")

    assert rig.left == ["max", sound_line("max")]
    assert all("max" not in (route.sender, route.receiver) for route in rig.plans[-1].routes)
    await room.close()


async def test_whoever_is_removed_loses_their_line_even_if_the_forwarding_fails():
    rig = Rig()
    room = room_with(rig)
    rig.broken = True

    await room.obey(c.Remove("max"), "ada", room.session.version, "key-one-1")

    assert rig.left == ["max", sound_line("max")]
    await room.close()


async def test_at_the_end_everyone_loses_their_line():
    rig = Rig()
    room = room_with(rig)

    await room.obey(c.EndSession(), "ada", room.session.version, "key-one-1")

    assert {whose(line) for line in rig.left} == {person.id for person in room.session.people}
    assert rig.plans[-1].routes == frozenset()


async def test_a_lost_line_is_out_of_the_plan_and_back_with_the_line():
    rig = Rig()
    room = room_with(rig)
    await room.line_lost("max")
    assert all("max" not in (route.sender, route.receiver) for route in rig.plans[-1].routes)

    await room.come("max", c.Knock("Max"), (True, True), "key-one-1")

    assert any(route.receiver == "max" for route in rig.plans[-1].routes)
    assert rig.records == []
    await room.close()


async def test_a_phase_whose_time_has_passed_while_the_server_was_away_goes_on_at_once():
    rig = Rig()
    phases = tuple(Phase(id, 1, at_end=AtEnd.ADVANCE) for id in ("arrive", "questions"))
    start = replace(invited(), programme=Programme("short", phases), present=frozenset({"ada"}))
    later = [NOON]

    def clock() -> datetime:
        return later[0]

    room = room_with(rig, start, clock)
    await room.obey(c.Knock("Ada", agreed=True), "ada", 0, "key-one-1")
    await room.obey(c.OpenSession(), "ada", room.session.version, "key-two-2")
    await room.close()
    later[0] += timedelta(minutes=3)
    again = room_with(rig, room.session, clock, rig.records)
    rig.shown.clear()

    await again.open()
    async with asyncio.timeout(20):
        while again.session.phase_id != "questions":
            rig.shown.clear()
            await rig.shown.wait()

    assert again.session.ends_at == later[0] + timedelta(minutes=1)
    assert rig.records[-1].by is None
    await again.close()


async def test_whoever_goes_while_their_command_is_recorded_leaves_a_room_that_has_obeyed():
    rig = Rig()
    room = room_with(rig)
    rig.may_go_on.clear()
    asking = asyncio.create_task(room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1"))
    await rig.reached.wait()

    asking.cancel()
    await asyncio.wait([asking])
    rig.may_go_on.set()
    await room.obey(c.Hold(), "ben", rig.records[-1].version, "key-two-2")

    assert [record.version for record in rig.records] == [room.session.version - 1, room.session.version]
    await room.close()


async def test_what_was_written_though_the_journal_did_not_say_so_has_happened():
    rig = Rig()
    room = room_with(rig)
    before = room.session
    rig.silent = True
    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.NextPhase(), "ada", before.version, "key-one-1")
    rig.silent = False
    await room.settled()

    await room.obey(c.NextPhase(), "ada", before.version, "key-one-1")

    assert room.session.phase_id == "choose"
    assert len(rig.records) == 1
    assert rig.story == ["record", "follow", "show"]
    await room.obey(c.Hold(), "ada", room.session.version, "key-two-2")
    assert len({record.version for record in rig.records}) == 2
    await room.close()


async def test_one_persons_key_is_nobody_elses():
    rig = Rig()
    room = room_with(rig)
    await room.obey(c.Lock(), "ada", room.session.version, "key-one-1")

    await room.obey(c.NextPhase(), "ben", room.session.version, "key-one-1")

    assert room.session.phase_id == "choose"
    await room.close()


async def test_a_title_is_forgotten_with_the_end_of_its_session():
    rig = Rig()
    room = Room(evening().session, "Tuesday", rig, rig, rig, lambda: NOON)

    await room.obey(c.EndSession(), "ada", room.session.version, "key-one-1")

    assert room.title == ""


async def test_a_refusal_that_nobody_waits_for_any_more_is_nobodys_trouble():
    rig = Rig()
    room = room_with(rig)
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: troubles.append(context["message"]))
    rig.may_go_on.clear()
    first = asyncio.create_task(room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1"))
    await rig.reached.wait()
    second = asyncio.create_task(room.obey(c.NextPhase(), "max", room.session.version, "key-two-2"))
    await asyncio.sleep(0)

    second.cancel()  # the line is lost while it waits for its turn
    await asyncio.gather(second, return_exceptions=True)
    rig.may_go_on.set()
    await first
    await room.close()
    del second  # which holds on to all it waited for
    gc.collect()

    assert troubles == []


async def test_a_microphone_is_on_where_the_sound_comes_from_and_a_camera_where_the_picture_does():
    rig = Rig()
    room = room_with(rig, replace(evening().session, present=frozenset({"ada", "max"})))
    await room.turned("max", (True, True))
    await room.turned("eve", (True, True))
    assert room.turned_on == {"max": (True, True)}, "whose line is not up has turned nothing on"

    await room.carry_sound("max", False)
    assert room.turned_on["max"] == (False, True)
    await room.carry_sound("max", True)
    await room.turned("max", (False, False))
    assert room.turned_on["max"] == (True, False)

    await room.line_lost("max")
    assert room.turned_on["max"] == (True, False)
    await room.carry_sound("max", None)
    assert room.turned_on == {}
    await room.close()
