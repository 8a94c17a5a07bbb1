"""Looks whether a session is as it must be, at every event and every few seconds; and shuts what is not."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Protocol

import structlog

from ascona.core.invariants import Invariant, Seat, Violation, Wiring, forwarding, places, receivers, version
from ascona.core.media_plan import MediaPlan
from ascona.live.ledger import JOURNAL_PATIENCE_SECONDS
from ascona.live.room import Room

LOOK_SECONDS = 5.0
"""How often every room is looked at, whether or not anything happens there."""

log = structlog.get_logger()


class Gates(Protocol):
    """What forwards, asked what it really does."""

    async def wiring(self, room: str) -> Wiring: ...

    async def enforce(self, room: str, plan: MediaPlan) -> None:
        """Carry out a plan, and shut whatever it does not name, whoever opened it."""
        ...

    async def leave(self, room: str, person: str) -> None: ...


class Gathering(Protocol):
    """Who is connected, and who is told what is wrong."""

    def sitting(self, room: Room) -> list[Seat]:
        """The line of each connection that takes part, and the browser that it comes from."""
        ...

    async def one_place(self, room: Room) -> None:
        """Leave everybody one place."""
        ...

    async def tell(self, room: Room, key: str) -> None:
        """Say something to everybody inside: `notices.<key>` in the language files."""
        ...

    def start_over(self, room: Room) -> None:
        """Hang up on everybody and forget the room; they come back to what is recorded."""
        ...


class Watch:
    """
    Checks that hold or close, for all rooms.

    What is read while a command is under way may be half of it; so what looks wrong is read again when the room has
    its turn. Only then is it wrong, and while it is put right no command comes between.

    Attributes:
        violations: How often each invariant was found violated.
        failed: How often a room could not be looked at.
    """

    def __init__(
        self,
        rooms: Iterable[Room],
        gates: Gates,
        gathering: Gathering,
        recorded: Callable[[str], Awaitable[int]],
    ) -> None:
        """
        Args:
            recorded: The version of a session's last recorded event; it may fail while the database is away.
        """
        self.violations: Counter[str] = Counter({invariant.value: 0 for invariant in Invariant})
        self.failed = 0
        self._rooms = rooms
        self._gates = gates
        self._gathering = gathering
        self._recorded = recorded
        self._looking: dict[Room, asyncio.Task[None]] = {}
        self._again: set[Room] = set()
        self._rounds: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look at every room from now on."""
        self._rounds = asyncio.create_task(self._go_round())

    async def close(self) -> None:
        """Look no more."""
        self._again.clear()
        tasks = [*([self._rounds] if self._rounds else []), *self._looking.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def look(self, room: Room) -> None:
        """Look at a room soon; once is enough for all that happens until then."""
        if room in self._looking:
            self._again.add(room)
            return
        task = self._looking[room] = asyncio.create_task(self._look(room))
        task.add_done_callback(partial(self._looked, room))

    async def _go_round(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for room in self._rooms:
                self.look(room)

    def _looked(self, room: Room, _task: asyncio.Task[None]) -> None:
        del self._looking[room]
        if room in self._again:
            self._again.discard(room)
            self.look(room)

    async def _look(self, room: Room) -> None:
        try:
            unseen = room.unseen
            if await self._found(room):
                await room.in_turn(self._put_right(room))
            elif unseen:  # no violation: nothing is forwarded to whom screens could not show
                await room.show()
        except Exception as error:  # the session goes on; whoever runs the server must know that nobody watches it
            self.failed += 1
            log.error("room_unwatched", session=room.session.id, error=type(error).__name__)

    async def _found(self, room: Room) -> list[Violation]:
        wiring = await self._gates.wiring(room.session.id)
        found = forwarding(room.lines, wiring)
        found += receivers(room.session, room.shown, wiring)
        found += places(room.session, self._gathering.sitting(room))
        with suppress(Exception):  # a database that is away is another matter, and said elsewhere
            async with asyncio.timeout(JOURNAL_PATIENCE_SECONDS):
                recorded = await self._recorded(room.session.id)
                found += [] if room.behind else version(room.recorded, recorded)  # which then catches up by itself
        return found

    async def _put_right(self, room: Room) -> None:
        """One remedy after another, each harder than the last, until all is well. None opens what the plan does not."""
        found = await self._found(room)
        self.violations.update(one.invariant.value for one in found)
        for remedy, said in ((self._mend, "put_right"), (self._hang_up, "put_right"), (self._seal, "gates_shut")):
            if not found:
                return
            names = [one.invariant.value for one in found]
            log.error("invariant_violated", session=room.session.id, invariants=names, remedy=remedy.__name__[1:])
            await remedy(room, found)
            found = await self._found(room)
            if not found or remedy == self._seal:
                await self._gathering.tell(room, said)
        if found:
            log.critical("invariant_still_violated", session=room.session.id)
        if any(one.invariant is Invariant.VERSION for one in found):
            self._gathering.start_over(room)  # what is not recorded has not happened

    async def _mend(self, room: Room, found: list[Violation]) -> None:
        """Do once more what should have been done."""
        broken = {one.invariant for one in found}
        if Invariant.VERSION in broken:
            await room.catch_up()
        await self._gates.enforce(room.session.id, room.lines)
        if Invariant.PLACES in broken:
            await self._gathering.one_place(room)
        await room.show_now()

    async def _hang_up(self, room: Room, found: list[Violation]) -> None:
        """Close the connections concerned; their browsers come again."""
        for person in frozenset().union(*(one.people for one in found)):
            await self._gates.leave(room.session.id, person)

    async def _seal(self, room: Room, _found: list[Violation]) -> None:
        """Nobody is forwarded to anybody until a leader acts."""
        room.seal()
        await self._gates.enforce(room.session.id, room.lines)
        await room.show_now()
