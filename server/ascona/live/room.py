"""A room in session: commands take their turn, are recorded, move sound and picture, and are shown."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import structlog

from ascona.core import commands as c
from ascona.core.clock import due
from ascona.core.decide import decide
from ascona.core.events import Event, Recorded
from ascona.core.evolve import evolve
from ascona.core.media_plan import MediaPlan, media_plan
from ascona.core.rights import Refused
from ascona.core.session import Session

KEYS_LIMIT = 512
"""Commands a room remembers, so that one sent twice is carried out once."""

JOURNAL_PATIENCE_SECONDS = 2.0
"""How long a command waits for the journal before it is refused."""

CLOCK_RETRY_SECONDS = 1.0
"""How long the clock waits before it speaks again when its word could not be recorded."""

log = structlog.get_logger()


class Journal(Protocol):
    """Where events are kept. Any exception but a bug means that nothing was written."""

    async def append(self, session: str, records: Sequence[Recorded]) -> None: ...


class Switchboard(Protocol):
    """What forwards sound and picture. Closes before it opens, and closes everything when it fails."""

    async def follow(self, room: str, plan: MediaPlan) -> None: ...

    async def leave(self, room: str, person: str) -> None: ...


class Audience(Protocol):
    """Whoever is connected, each shown the room as they may see it."""

    async def show(self, room: "Room", events: Sequence[Event] = (), by: str | None = None) -> None: ...


class Room:
    """
    One session and everything that happens to it.

    Attributes:
        session: As it stands. Replaced, never changed.
        devices: (microphone, camera) as each person has turned them on; nobody's
            rights, only what their chair shows.
    """

    def __init__(
        self,
        session: Session,
        title: str,
        journal: Journal,
        switchboard: Switchboard,
        audience: Audience,
        clock: Callable[[], datetime],
        history: Iterable[Recorded] = (),
    ) -> None:
        self.session = session
        self.title = title
        self.devices: dict[str, tuple[bool, bool]] = {}
        self._journal = journal
        self._switchboard = switchboard
        self._audience = audience
        self._clock = clock
        self._turn = asyncio.Lock()
        self._carried_out: OrderedDict[str, None] = OrderedDict((record.key, None) for record in history)
        self._alarm: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start where the session stands: nothing is forwarded before this, and the clock does not run."""
        async with self._turn:
            await self._switchboard.follow(self.session.id, media_plan(self.session))
            self._set_alarm()

    async def close(self) -> None:
        """Stop the clock. The session stays as it stands."""
        alarm, self._alarm = self._alarm, None
        if alarm:
            alarm.cancel()
            with suppress(asyncio.CancelledError):
                await alarm

    def now(self) -> datetime:
        return self._clock()

    async def obey(self, command: c.Command, by: str | None, version: int, key: str) -> None:
        """
        Carry out a command: record it, then sound and picture, then screens.

        Commands wait for their turn, so a session has one history. A key that was
        carried out before is acknowledged again, and nothing happens twice.

        Raises:
            Refused: If the rules say no, or the journal cannot write; nothing has changed then.
        """
        async with self._turn:
            if key in self._carried_out:
                return
            now = self._clock()
            events = decide(self.session, command, by, now, version)
            records = [
                Recorded(self.session.version + number, now, by, key, event)
                for number, event in enumerate(events, start=1)
            ]
            if records:
                await self._record(records)
            before = self.session
            for event in events:
                self.session = evolve(self.session, event, by)
            self._remember(key)
            await self._follow(before)
            await self._audience.show(self, events, by)
            self._set_alarm()

    async def line_up(self, person: str, devices: tuple[bool, bool]) -> None:
        """Somebody's line is up."""
        async with self._turn:
            self.devices[person] = devices
            await self._present(self.session.present | {person})

    async def line_lost(self, person: str) -> None:
        """Somebody's line is lost; their seat, role and case are not."""
        async with self._turn:
            self.devices.pop(person, None)
            await self._present(self.session.present - {person})

    async def turned(self, person: str, devices: tuple[bool, bool]) -> None:
        """Somebody turned their microphone or camera on or off."""
        async with self._turn:
            if person in self.session.present and self.devices.get(person) != devices:
                self.devices[person] = devices
                await self._audience.show(self)

    async def _present(self, present: frozenset[str]) -> None:
        if present == self.session.present:
            return
        before = self.session
        self.session = replace(before, present=present)
        await self._follow(before)
        await self._audience.show(self)
        self._set_alarm()

    async def _record(self, records: list[Recorded]) -> None:
        try:
            async with asyncio.timeout(JOURNAL_PATIENCE_SECONDS):
                await self._journal.append(self.session.id, records)
        except Exception as error:
            log.error("journal_unavailable", session=self.session.id, error=type(error).__name__)
            raise Refused("journal_unavailable") from error

    async def _follow(self, before: Session) -> None:
        """
        Make the forwarding follow the session. Whoever is no longer inside loses their line as well.

        A switchboard that fails has shut every gate; the session itself goes on,
        and the next change tries again.
        """
        stays = set() if self.session.ended else {person.id for person in self.session.inside()}
        gone = [person.id for person in before.inside() if person.id not in stays]
        try:
            await self._switchboard.follow(self.session.id, media_plan(self.session))
            for person in gone:
                await self._switchboard.leave(self.session.id, person)
        except Exception as error:
            log.error("switchboard_failed", session=self.session.id, error=type(error).__name__)

    def _remember(self, key: str) -> None:
        self._carried_out[key] = None
        while len(self._carried_out) > KEYS_LIMIT:
            self._carried_out.popitem(last=False)

    def _set_alarm(self) -> None:
        next_word = due(self.session)
        if self._alarm and self._alarm is not asyncio.current_task():
            self._alarm.cancel()
        self._alarm = asyncio.create_task(self._wait_and_say(*next_word)) if next_word else None

    async def _wait_and_say(self, at: datetime, command: c.ByClock) -> None:
        """The clock is one more voice: it waits, then asks like everybody else."""
        pause = (at - self._clock()).total_seconds()
        while True:
            await asyncio.sleep(max(0.0, pause))
            key = f"clock {type(command).__name__} {at.isoformat()} {self.session.version}"
            try:
                return await self.obey(command, None, self.session.version, key)
            except Refused as refusal:
                if refusal.reason == "stale_version":
                    return None
            early = (at - self._clock()).total_seconds()
            pause = early if early > 0 else CLOCK_RETRY_SECONDS
