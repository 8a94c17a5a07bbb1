"""The journal in memory, as the real one behaves: all of a write or nothing, each version once, JSON in between."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import get_args

from pydantic import TypeAdapter

from ascona.core.events import Event, Recorded, SessionEnded
from ascona.storage.database import PATIENCE_SECONDS, from_ms, to_ms
from tests.simulation.weather import Weather

_KINDS: dict[str, TypeAdapter[Event]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}


ASKED_AGAIN_SECONDS = 0.05
"""How often somebody who waits for a journal that is away looks whether it is back."""


class Unavailable(Exception):
    """It is away, or somebody else was faster. Whether anything was written only the journal knows."""


class Book:
    """
    One session's events. It outlives every process.

    Attributes:
        records: All that is written.
        troubled_at: When somebody last asked in vain, or had to wait.
    """

    def __init__(self, weather: Weather, written: Callable[[list[Recorded]], None]) -> None:
        """
        Args:
            written: Called with each write, when it can no longer be lost.
        """
        self.records: list[Recorded] = []
        self.troubled_at = -math.inf
        self._weather = weather
        self._written = written
        self._back_at = -math.inf
        self._hangs = False

    def go_away(self, seconds: float, hangs: bool) -> None:
        """For so long it does not answer: whoever asks is told so at once or, if it hangs, nothing at all."""
        self._back_at, self._hangs = asyncio.get_running_loop().time() + seconds, hangs

    @property
    def away(self) -> bool:
        return asyncio.get_running_loop().time() < self._back_at and not self._weather.calm

    async def ended(self) -> bool:
        """
        Whether the session is over.

        Raises:
            Unavailable: If it is away.
        """
        await self._take(0.0)
        return any(isinstance(record.event, SessionEnded) for record in self.records)

    async def _take(self, seconds: float) -> None:
        """Time to answer; the real one gives up by itself."""
        await asyncio.sleep(seconds)
        gives_up_at = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while self.away:
            self.troubled_at = asyncio.get_running_loop().time()
            if not self._hangs or self.troubled_at >= gives_up_at:
                raise Unavailable
            await asyncio.sleep(ASKED_AGAIN_SECONDS)

    async def append(self, _session: str, records: Sequence[Recorded]) -> None:
        """
        Write; as durable as a disk from the moment in the middle on.

        Raises:
            Unavailable: Where a version is written already, or the journal is away: before the moment or after it.
        """
        before, after = self._weather.write()
        await self._take(before)
        if [record.version for record in records] != list(
            range(len(self.records) + 1, len(self.records) + 1 + len(records))
        ):
            raise Unavailable
        kept = [_read_again(record) for record in records]
        self.records += kept
        self._written(kept)
        await self._take(after)

    async def version(self, _session: str) -> int:
        await self.since("", len(self.records))
        return len(self.records)

    async def since(self, _session: str, version: int) -> list[Recorded]:
        before, after = self._weather.write()
        await self._take(before + after)
        return self.records[version:]


def _read_again(record: Recorded) -> Recorded:
    """As it comes back from a database."""
    kind = _KINDS[type(record.event).__name__]
    event = kind.validate_json(kind.dump_json(record.event))
    return Recorded(record.version, from_ms(to_ms(record.at)), record.by, record.key, event)
