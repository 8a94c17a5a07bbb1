"""Whose turn it is in a room: one has it after another, so that a session has one history."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any


class Turn:
    """
    Work takes its turn, and is done to its end also when whoever asked for it is gone: what is recorded is also done.

    As a context it is the turn itself, for whoever may be interrupted.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> None:
        await self._lock.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    async def give(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this when it is its turn. Raises whatever it raises."""
        task = asyncio.create_task(self._wait_and_do(work))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        await asyncio.shield(task)

    async def finished(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _wait_and_do(self, work: Coroutine[Any, Any, None]) -> None:
        async with self._lock:
            await work

    def _done(self, task: asyncio.Task[None]) -> None:
        """Whoever asked may be gone; then a refusal is nobody's, and asyncio is not to complain that nobody took it."""
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()
