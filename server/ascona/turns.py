"""Counts the turns of an event loop that took too long: whoever was to be forwarded meanwhile has waited."""

import asyncio
import selectors
import time
from typing import Any

LONG_TURN_SECONDS = 0.02
"""A packet of voice comes every 20 ms: a longer turn is heard by somebody."""


class Turns(selectors.DefaultSelector):
    """
    What a loop waits with. A turn lasts from the end of one waiting to the beginning of the next.

    Attributes:
        long: Turns longer than `LONG_TURN_SECONDS`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.long = 0
        self._began = time.monotonic()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        """Wait as long as the loop asks."""
        if time.monotonic() - self._began > LONG_TURN_SECONDS:
            self.long += 1
        ready = super().select(timeout)
        self._began = time.monotonic()
        return ready

    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop whose turns are counted here; to be closed by whoever runs it."""
        return asyncio.SelectorEventLoop(self)
