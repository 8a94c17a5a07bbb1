"""A room that is watched: what is wrong is counted, shut and said; what is well is left alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.support.group import NOON, PEOPLE, evening

from ascona.core import commands as c
from ascona.core.events import Event, Locked, Recorded
from ascona.core.invariants import Seat, Wiring
from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.core.rights import Refused
from ascona.core.sound_line import sound_line
from ascona.live.room import Room
from ascona.live.watch import Watch

LEAK = (Route("pia", "max", Kind.AUDIO), 1)


class Server:
    """
    Everything around a room: it forwards what it was told, and `leaks`.

    Attributes:
        mends: What makes a leak end: `enforce`, `leave`, `seal` or nothing.
    """

    def __init__(self, mends: str = "enforce") -> None:
        self.mends = mends
        self.plan = MediaPlan()
        self.lines = set(PEOPLE)
        self.leaks: frozenset[tuple[Route, int]] = frozenset()
        self.people = [Seat(line, "") for line in PEOPLE]
        self.records: list[Recorded] = []
        self.recorded_version = 0
        self.away = False
        self.said: list[str] = []
        self.left: list[str] = []
        self.started_over = self.blind = False

    async def follow(self, _room: str, plan: MediaPlan) -> None:
        self.plan = plan

    async def enforce(self, room: str, plan: MediaPlan) -> None:
        await self.follow(room, plan)
        if self.mends == "enforce" or (self.mends == "seal" and not plan.routes):
            self.leaks = frozenset()

    async def leave(self, _room: str, person: str) -> None:
        self.left.append(person)
        self.lines.discard(person)
        if self.mends == "leave":
            self.leaks = frozenset()

    async def wiring(self, _room: str) -> Wiring:
        planned = {(route, self.plan.slots[route.sender]) for route in self.plan.routes}
        up = {way for way in planned if {way[0].sender, way[0].receiver} <= self.lines}
        return Wiring(dict.fromkeys(self.lines, 20), frozenset(up) | self.leaks)

    def sitting(self, _room: Room) -> list[Seat]:
        return self.people

    async def show(self, _room: Room, _events: Sequence[Event] = (), _by: str | None = None) -> None:
        if self.blind:
            raise RuntimeError

    async def one_place(self, _room: Room) -> None:
        self.people = [Seat(line, "") for line in PEOPLE]

    async def tell(self, _room: Room, key: str) -> None:
        self.said.append(key)

    def start_over(self, _room: Room) -> None:
        self.started_over = True

    async def append(self, _session: str, records: Sequence[Recorded]) -> None:
        self.records += records
        self.recorded_version = records[-1].version

    async def since(self, _session: str, version: int) -> list[Recorded]:
        return [record for record in self.records if record.version > version]

    async def recorded(self, _session: str) -> int:
        if self.away:
            raise OSError
        return self.recorded_version


@asynccontextmanager
async def watched(server: Server) -> AsyncIterator[tuple[Room, Watch]]:
    """A room in which Pia sits back, and whoever watches it."""
    rooms: list[Room] = []
    watch = Watch(rooms, server, server, server.recorded)
    room = Room(evening("fantasies").session, "", server, server, server, lambda: NOON, changed=watch.look)
    rooms.append(room)
    server.recorded_version = room.session.version
    await room.open()
    yield room, watch
    await watch.close()
    await room.close()


async def look(room: Room, watch: Watch) -> None:
    """Look, and wait until whatever was wrong is dealt with."""
    watch.look(room)
    while watch._looking:
        await asyncio.gather(*watch._looking.values())


async def test_a_room_that_is_well_is_left_alone():
    server = Server()
    async with watched(server) as (room, watch):
        await look(room, watch)

        assert server.plan.routes
        assert watch.violations.total() == 0
        assert server.said == server.left == []


@pytest.mark.parametrize("mends", ["enforce", "leave"])
async def test_a_presenter_who_is_forwarded_while_sitting_back_is_shut_and_counted_and_the_room_is_told(mends):
    server = Server(mends)
    async with watched(server) as (room, watch):
        server.leaks = frozenset({LEAK})

        await look(room, watch)

        assert watch.violations["forwarding"] == 1
        assert server.leaks == frozenset()
        assert server.plan.routes, "the others go on"
        assert server.left == ([] if mends == "enforce" else ["max"])
        assert server.said == ["put_right"]


async def test_what_cannot_be_shut_silences_the_room_until_a_leader_acts():
    server = Server("seal")
    async with watched(server) as (room, watch):
        server.leaks = frozenset({LEAK})
        await look(room, watch)
        assert server.said == ["gates_shut"]
        assert server.plan.routes == frozenset()

        await room.line_lost("eve")
        await room.obey(c.Knock("Ada"), "ada", room.session.version, "knocking")
        assert server.plan.routes == frozenset(), "pages knock by themselves"
        await room.obey(c.Signal(), "pia", room.session.version, "signalling")
        assert server.plan.routes == frozenset(), "only leaders open it"

        await room.obey(c.Extend(2), "ada", room.session.version, "extending")
        assert server.plan.routes


async def test_a_leak_that_nothing_ends_is_tried_again_at_every_look():
    server = Server("nothing")
    async with watched(server) as (room, watch):
        server.leaks = frozenset({LEAK})

        await look(room, watch)
        await look(room, watch)

        assert watch.violations["forwarding"] == 2
        assert server.plan.routes == frozenset()


async def test_every_event_is_looked_at():
    server = Server()
    async with watched(server) as (room, watch):
        server.leaks = frozenset({LEAK})

        await room.line_lost("eve")
        await asyncio.gather(*watch._looking.values())

        assert watch.violations["forwarding"] == 1


async def test_rooms_are_looked_at_though_nothing_happens_in_them(monkeypatch):
    monkeypatch.setattr("ascona.live.watch.LOOK_SECONDS", 0.0)
    server = Server()
    async with watched(server) as (_, watch):
        server.leaks = frozenset({LEAK})

        watch.start()
        while watch.violations["forwarding"] == 0:
            await asyncio.sleep(0)


async def test_whoever_receives_unseen_is_shown_to_all():
    server = Server()
    async with watched(server) as (room, watch):
        room.shown -= {"flo"}

        await look(room, watch)

        assert watch.violations["receivers"] == 1
        assert room.shown == room.session.present
        assert server.plan == room.lines, "and receives again"


async def test_whom_screens_could_not_show_is_shown_at_the_next_look_and_receives():
    server = Server()
    async with watched(server) as (room, watch):
        await room.line_lost("flo")
        server.blind = True
        await room.come("flo", c.Knock("Flo"), (True, True), "flo-is-back")
        assert "flo" not in {route.receiver for route in server.plan.routes}
        server.blind = False

        await look(room, watch)

        assert "flo" in {route.receiver for route in server.plan.routes}
        assert watch.violations.total() == 0


async def test_a_line_of_somebody_who_is_not_inside_is_closed():
    server = Server()
    async with watched(server) as (room, watch):
        server.lines.add("stranger")

        await look(room, watch)

        assert server.left == ["stranger"]
        assert watch.violations["receivers"] == 1


async def test_everybody_has_one_place():
    server = Server()
    async with watched(server) as (room, watch):
        server.people.append(Seat("max", ""))

        await look(room, watch)

        assert server.people.count(Seat("max", "")) == 1
        assert watch.violations["places"] == 1


async def test_a_browser_that_was_not_let_in_has_no_place():
    server = Server()
    async with watched(server) as (room, watch):
        server.people.append(Seat(sound_line("max"), "thief"))

        await look(room, watch)

        assert {seat.browser for seat in server.people} == {""}
        assert watch.violations["places"] == 1


async def test_what_is_recorded_and_not_known_is_learnt():
    server = Server()
    async with watched(server) as (room, watch):
        before = room.session.version
        await server.append("s1", [Recorded(before + 1, NOON, "ada", "elsewhere", Locked())])

        await look(room, watch)

        assert room.session.version == before + 1
        assert room.session.locked
        assert watch.violations["version"] == 1


async def test_a_room_that_knows_what_is_not_recorded_is_shut_and_starts_over():
    server = Server()
    async with watched(server) as (room, watch):
        server.recorded_version -= 1

        await look(room, watch)

        assert watch.violations["version"] == 1
        assert server.plan.routes == frozenset()
        assert server.said == ["gates_shut"]
        assert server.started_over


async def test_a_journal_that_is_away_violates_nothing():
    server = Server()
    async with watched(server) as (room, watch):
        server.away = True

        await look(room, watch)

        assert watch.violations.total() == watch.failed == 0


async def test_a_room_that_knows_of_its_journals_silence_catches_up_by_itself_and_nobody_is_alarmed(monkeypatch):
    server = Server()
    may_answer, since = asyncio.Event(), server.since

    async def written_without_a_word(session: str, records: Sequence[Recorded]) -> None:
        await Server.append(server, session, records)
        raise OSError

    async def when_it_may(session: str, version: int) -> list[Recorded]:
        await may_answer.wait()
        return await since(session, version)

    monkeypatch.setattr(server, "append", written_without_a_word)
    monkeypatch.setattr(server, "since", when_it_may)
    async with watched(server) as (room, watch):
        with pytest.raises(Refused, match="journal_unavailable"):
            await room.obey(c.Unlock(), "ada", room.session.version, "unlocks")
        await look(room, watch)
        assert room.recorded < server.recorded_version
        may_answer.set()
        await room.settled()
        await look(room, watch)

        assert room.recorded == server.recorded_version
        assert watch.violations.total() == 0
        assert "put_right" not in server.said


async def test_half_a_command_is_no_violation():
    server = Server()
    async with watched(server) as (room, watch):
        under_way = asyncio.Event()

        async def command() -> None:
            server.recorded_version += 1
            await under_way.wait()
            room.session = replace(room.session, version=server.recorded_version)

        turn = asyncio.create_task(room.in_turn(command()))
        await asyncio.sleep(0)
        watch.look(room)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way.set()
        await asyncio.gather(turn, *watch._looking.values())

        assert watch.violations.total() == 0


async def test_a_room_that_cannot_be_looked_at_is_said():
    server = Server()
    async with watched(server) as (room, watch):
        server.wiring = server.append

        await look(room, watch)

        assert watch.failed == 1
