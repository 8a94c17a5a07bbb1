"""When the port is read: as soon as something has come, or, while much comes, by the clock."""

import asyncio
from collections.abc import Callable

PACE_SECONDS = 0.001
"""How often the port is read while much comes. To be woken for every packet takes longer than to read it, and a
millisecond less than anybody hears."""

BUSY = 2_000
"""Times a second that we are woken, from which on it is much."""

QUIET = 1_000
"""Packets a second, below which it is not any more."""

_SPELL = 64  # readings after which this is decided anew


class Reading:
    """Has a socket read for as long as it is not closed."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: int,
        read: Callable[[], int],
        most: int,
        clock: Callable[[], float],
    ) -> None:
        """
        Args:
            read: Reads what has come without waiting, or a part of it; returns how many packets.
            most: How many packets it reads at a time; after so many there may be more, and it is read again at once.
            clock: Seconds of a clock that only goes forward.
        """
        self._loop = loop
        self._descriptor = descriptor
        self._read = read
        self._most = most
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._begin()
        loop.add_reader(descriptor, self._woken)

    @property
    def paced(self) -> bool:
        """Whether it is read by the clock."""
        return self._timer is not None

    def close(self) -> None:
        """Read no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._loop.remove_reader(self._descriptor)

    def _begin(self) -> None:
        self._readings = self._came = 0
        self._began = self._clock()

    def _woken(self) -> None:
        self._read()
        self._readings += 1
        if self._readings < _SPELL:
            return
        busy = self._clock() - self._began < _SPELL / BUSY
        self._begin()
        if busy:
            self._loop.remove_reader(self._descriptor)
            self._timer = self._loop.call_later(PACE_SECONDS, self._due)

    def _due(self) -> None:
        self._timer = timer = self._loop.call_later(PACE_SECONDS, self._due)  # first: whatever reading may do
        came = self._read()
        self._came += came
        self._readings += 1
        if came >= self._most and self._timer is timer:  # a flood must not fill the port while we wait
            timer.cancel()
            self._timer = timer = self._loop.call_later(0.0, self._due)
        if self._readings < _SPELL:
            return
        quiet = self._came < _SPELL * PACE_SECONDS * QUIET
        self._begin()
        if quiet and self._timer is timer:  # and it has not been closed
            timer.cancel()
            self._timer = None
            self._loop.add_reader(self._descriptor, self._woken)
