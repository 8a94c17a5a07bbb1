"""How the server is: for whoever counts, for whoever sends people here, and for whoever runs it."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import Protocol

from prometheus_client import Histogram

from ascona.core.events import Recorded
from ascona.forwarding import Forwarding
from ascona.live.namespace import RoomNamespace
from ascona.live.rooms import Rooms
from ascona.live.watch import Watch
from ascona.media.gate import Counts
from ascona.media.workers import Workers
from ascona.pages.metrics import Figures
from ascona.pages.status import Pulse
from ascona.turns import STUCK_SECONDS, Turns

DATABASE_PATIENCE_SECONDS = 1.0
"""How long the database may take to answer; a command waits for twice as long."""

ANSWER_HOLDS_SECONDS = 1.0
"""How often the parts are looked at however many ask: anybody may."""

BEAT_SECONDS = 5.0
"""Between two looks at how many packets have gone."""

BEATS = 120
"""Looks that are remembered: ten minutes of packets."""


class Journal(Protocol):
    """Where events are kept."""

    async def append(self, session: str, records: Sequence[Recorded]) -> None: ...

    async def since(self, session: str, version: int) -> list[Recorded]: ...


class Timed:
    """A journal whose writing is timed."""

    def __init__(self, journal: Journal, seconds: Histogram) -> None:
        self._journal = journal
        self._seconds = seconds

    async def append(self, session: str, records: Sequence[Recorded]) -> None:
        """As the journal's."""
        with self._seconds.time():
            await self._journal.append(session, records)

    async def since(self, session: str, version: int) -> list[Recorded]:
        """As the journal's."""
        return await self._journal.since(session, version)


class Health:
    """
    Asks every part how it is. Nothing it says is of anybody.

    Attributes:
        draining: Whether the server is about to stop.
        journal: How long writing to the journal takes.
    """

    def __init__(
        self,
        rooms: Rooms,
        media: Forwarding,
        namespace: RoomNamespace,
        watch: Watch,
        turns: Turns | None,
        journal: Histogram,
        database: Callable[[], Awaitable[object]],
    ) -> None:
        """
        Args:
            turns: Of this process's loop; None where nobody looks at them.
            database: Asks it something; fails if there is no answer.
        """
        self.draining = False
        self._rooms = rooms
        self._media = media
        self._namespace = namespace
        self._watch = watch
        self._turns = turns
        self._journal = journal
        self._database = database
        self._answered: tuple[float, dict[str, bool]] = (float("-inf"), {})
        self._asking = asyncio.Lock()
        self._beats: deque[tuple[float, Counts]] = deque(maxlen=BEATS)
        self._beating: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Count packets from now on."""
        self._beating = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Count no more."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    async def _beat(self) -> None:
        while True:
            self._beats.append((time.monotonic(), await self._media.traffic()))
            await asyncio.sleep(BEAT_SECONDS)

    async def ready(self) -> dict[str, bool]:
        """Whether people may be sent here, part by part."""
        async with self._asking:
            at, parts = self._answered
            if time.monotonic() - at > ANSWER_HOLDS_SECONDS:
                parts = {"database": await self._database_answers(), "media": self._media_is_there()}
                self._answered = time.monotonic(), parts
        return parts | {"loop": self._lag() < STUCK_SECONDS, "staying": not self.draining}

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(DATABASE_PATIENCE_SECONDS):
                await self._database()
        except Exception:  # whatever it is, nobody could be let in
            return False
        return True

    def _media_is_there(self) -> bool:
        workers = self._media.workers() if isinstance(self._media, Workers) else []
        return all(worker.up for worker in workers)

    def _lag(self) -> float:
        return self._turns.longest() if self._turns else 0.0

    async def figures(self) -> Figures:
        """Everything that is counted."""
        sessions = [room.session for room in self._rooms]
        traffic = await self._media.traffic()
        return Figures(
            phases=Counter(session.phase_id for session in sessions),
            people=sum(len(session.present) for session in sessions),
            receivers=sum(len(self._media.connected(session.id)) for session in sessions),
            forwarded=traffic.forwarded,
            dropped=traffic.dropped,
            refused=self._namespace.counts,
            commands_refused=self._namespace.refusals,
            violations=self._watch.violations,
            unwatched=self._watch.failed,
            media=self._media.totals(),
            long_turns=self._turns.long if self._turns else 0,
            stuck_turns=self._turns.stuck if self._turns else 0,
            lag=self._lag(),
            tasks=len(asyncio.all_tasks()),
            journal=self._journal,
            ready=await self.ready(),
            workers=self._media.workers() if isinstance(self._media, Workers) else [],
        )

    def pulse(self) -> list[Pulse]:
        """Packets a second over the last minutes, oldest first."""
        beats = list(self._beats)
        return [
            Pulse((now.forwarded - last.forwarded) / (at - before), (now.dropped - last.dropped) / (at - before))
            for (before, last), (at, now) in pairwise(beats)
            if at > before
        ]
