"""The journal in memory, as the real one behaves: all of a write or nothing, each version once, JSON in between."""

import asyncio
from collections.abc import Callable, Sequence
from typing import get_args

from pydantic import TypeAdapter

from ascona.core.events import Event, Recorded, SessionEnded
from ascona.storage.database import from_ms, to_ms
from tests.simulation.weather import Weather

_KINDS: dict[str, TypeAdapter[Event]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}


class Unavailable(Exception):
    """Somebody else was faster: nothing is written."""


class Book:
    """
    One session's events. It outlives every process.

    Attributes:
        records: All that is written.
    """

    def __init__(self, weather: Weather, written: Callable[[list[Recorded]], None]) -> None:
        """
        Args:
            written: Called with each write, when it can no longer be lost.
        """
        self.records: list[Recorded] = []
        self._weather = weather
        self._written = written

    @property
    def ended(self) -> bool:
        return any(isinstance(record.event, SessionEnded) for record in self.records)

    async def append(self, _session: str, records: Sequence[Recorded]) -> None:
        """
        Write; as durable as a disk from the moment in the middle on.

        Raises:
            Unavailable: Where a version is written already.
        """
        before, after = self._weather.write()
        await asyncio.sleep(before)
        if [record.version for record in records] != list(
            range(len(self.records) + 1, len(self.records) + 1 + len(records))
        ):
            raise Unavailable
        kept = [_read_again(record) for record in records]
        self.records += kept
        self._written(kept)
        await asyncio.sleep(after)

    async def version(self, _session: str) -> int:
        await self.since("", len(self.records))
        return len(self.records)

    async def since(self, _session: str, version: int) -> list[Recorded]:
        before, after = self._weather.write()
        await asyncio.sleep(before + after)
        return self.records[version:]


def _read_again(record: Recorded) -> Recorded:
    """As it comes back from a database."""
    kind = _KINDS[type(record.event).__name__]
    event = kind.validate_json(kind.dump_json(record.event))
    return Recorded(record.version, from_ms(to_ms(record.at)), record.by, record.key, event)
