"""Watches over the turns of an event loop: whoever was to be forwarded during a long one has waited."""

import asyncio
import selectors
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog

from ascona.logs import FRAMES, spot

LONG_TURN_SECONDS = 0.02
"""A packet of voice comes every 20 ms: a longer turn is heard by somebody."""

STUCK_SECONDS = 0.5
"""A turn that takes so long is looked at while it lasts; a server whose turns do is not well."""

WINDOW_SECONDS = 10.0
"""What is said of the longest turn is of so long ago at least, and of twice that at most."""

log = structlog.get_logger()


class Turns(selectors.DefaultSelector):
    """
    What a loop waits with. A turn lasts from the end of one waiting to the beginning of the next.

    Attributes:
        long: Turns longer than `LONG_TURN_SECONDS`.
        stuck: Turns longer than `STUCK_SECONDS` that a watchdog has seen.
        began: When the present turn began; None while the loop waits.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """
        Args:
            clock: Seconds that only go forward.
        """
        super().__init__()
        self._clock = clock
        self.long = self.stuck = 0
        self.began: float | None = clock()
        self._worst = self._worst_before = 0.0
        self._window_ends = self.began + WINDOW_SECONDS

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        """Wait as long as the loop asks."""
        now = self._clock()
        took = 0.0 if self.began is None else now - self.began
        if took > LONG_TURN_SECONDS:
            self.long += 1
        self._worst = max(self._worst, took)
        if now > self._window_ends:
            self._turn_window(now)
        self.began = None
        ready = super().select(timeout)
        self.began = self._clock()
        return ready

    def longest(self) -> float:
        """Seconds of the longest turn lately, the present one included."""
        now, began = self._clock(), self.began
        if now > self._window_ends:
            self._turn_window(now)
        return max(self._worst, self._worst_before, 0.0 if began is None else now - began)

    def _turn_window(self, now: float) -> None:
        long_ago = now > self._window_ends + WINDOW_SECONDS
        self._worst_before, self._worst = 0.0 if long_ago else self._worst, 0.0
        self._window_ends = now + WINDOW_SECONDS

    def loop(self) -> asyncio.AbstractEventLoop:
        """A loop whose turns are counted here; to be closed by whoever runs it."""
        return asyncio.SelectorEventLoop(self)


class Watchdog:
    """Says where in the code a turn is stuck, while it is; from a thread of its own, since the loop cannot."""

    def __init__(self, turns: Turns) -> None:
        """Watch over the loop that runs in the present thread."""
        self._turns = turns
        self._loop_thread = threading.get_ident()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Watch no more."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        told: float | None = None
        while not self._over.wait(STUCK_SECONDS / 5):
            began = self._turns.began
            if began is not None and began != told and time.monotonic() - began >= STUCK_SECONDS:
                told = began
                self._turns.stuck += 1
                frame = sys._current_frames().get(self._loop_thread)
                log.error("turn_stuck", where=_spots(frame) if frame else [])


def _spots(frame: FrameType) -> list[str]:
    return [spot(one.filename, one.lineno or 0, one.name) for one in traceback.extract_stack(frame)[-FRAMES:]]
