"""What time alone brings to a room: the clock's next word, and screens that change although nothing happens."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine
from datetime import datetime
from typing import Any

from ascona.core import commands as c
from ascona.core.clock import due
from ascona.core.lines import next_look
from ascona.core.rights import Refused
from ascona.core.session import Session

CLOCK_RETRY_SECONDS = 1.0
"""How long the clock waits before it speaks again when its word could not be recorded."""


class Alarms:
    """Waits for one room. The clock is one more voice: it waits, then asks like everybody else."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        say: Callable[[c.ByClock, datetime], Awaitable[None]],
        look: Callable[[], Awaitable[None]],
    ) -> None:
        """
        Args:
            say: Carries out what the clock says, and was due then. Raises Refused like any command.
            look: Shows the room once more.
        """
        self._clock = clock
        self._say = say
        self._look = look
        self._waiting: list[asyncio.Task[None]] = []

    def set(self, session: Session, words: Collection[type[c.Command]]) -> None:
        """
        Wait for what comes next in this session, and for nothing else any more.

        Args:
            words: What the clock may say now.
        """
        self.stop()
        word, look = due(session, words), next_look(session, self._clock())
        if word is not None:
            self._wait(self._wait_and_say(*word))
        if look is not None:
            self._wait(self._wait_and_look(look))

    def stop(self) -> list[asyncio.Task[None]]:
        """Stop waiting; what was asked for goes on in its turn. Returns what is ending, for whoever waits for that."""
        stopped, self._waiting = self._waiting, []
        for task in stopped:
            task.cancel()
        return stopped

    def _wait(self, work: Coroutine[Any, Any, None]) -> None:
        self._waiting.append(asyncio.create_task(work))

    async def _wait_and_look(self, at: datetime) -> None:
        """For an empty chair, or a group that may ask its deputy now."""
        await asyncio.sleep(self._until(at))
        await self._look()

    async def _wait_and_say(self, at: datetime, command: c.ByClock) -> None:
        pause = self._until(at)
        while True:
            await asyncio.sleep(max(0.0, pause))
            try:
                return await self._say(command, at)
            except Refused as refusal:
                if refusal.reason == "stale_version":
                    return None
            early = self._until(at)
            pause = early if early > 0 else CLOCK_RETRY_SECONDS

    def _until(self, at: datetime) -> float:
        return (at - self._clock()).total_seconds()
