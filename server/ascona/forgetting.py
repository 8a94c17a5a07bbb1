"""What must not be kept goes in time: evenings that nobody ended, and traces of those that ended."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from ascona.core.events import Recorded, SessionEnded
from ascona.live.rooms import Rooms
from ascona.storage.journal import Journal
from ascona.storage.retention import SWEEP_SECONDS, Retention

log = structlog.get_logger()


class Forgetting:
    """Looks now and then for what is due."""

    def __init__(self, rooms: Rooms, journal: Journal, retention: Retention, clock: Callable[[], datetime]) -> None:
        self._rooms = rooms
        self._journal = journal
        self._retention = retention
        self._clock = clock
        self._rounds: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin at once: what was due while no server ran has waited long enough."""
        self._rounds = asyncio.create_task(self._go_round())

    async def close(self) -> None:
        if self._rounds:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)

    async def sweep(self, now: datetime) -> None:
        """
        Delete what is due.

        Raises:
            DatabaseAway: Then the next round does it.
        """
        for id in await self._retention.forgotten(now):
            await self._end(id, now)
        await self._retention.sweep(now)

    async def _end(self, id: str, now: datetime) -> None:
        """The clock ends what people forgot to end; not while somebody is there."""
        room = await self._rooms.get(id)
        if room is None or room.session.present:
            return
        end = Recorded(room.recorded + 1, now, None, "forgotten", SessionEnded())
        await self._journal.append(id, [end])  # refused if anything has happened meanwhile
        await room.in_turn(room.catch_up())
        await self._rooms.forget(id)

    async def _go_round(self) -> None:
        while True:
            try:
                await self.sweep(self._clock())
            except Exception as error:  # a database that is away now is there for the next round
                log.error("not_swept", error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)
