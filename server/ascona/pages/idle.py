"""Connections that ask for nothing are ended: whoever sends a header a byte at a time keeps nobody else out."""

import asyncio
from collections.abc import Callable

from aiohttp import web

IDLE_SECONDS = 15.0
"""How long a connection may be open without a whole request, before its first one or between two."""

SWEEP_SECONDS = 1.0


class IdleConnections:
    """
    Looks at all connections of a server now and then, since aiohttp waits for a request's header for ever.

    How a connection stands aiohttp tells nobody: its inside is touched here and nowhere else.
    """

    def __init__(self, runner: web.AppRunner, monotonic: Callable[[], float]) -> None:
        self._runner = runner
        self._monotonic = monotonic
        self._idle_since: dict[object, float] = {}

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()

    def sweep(self) -> None:
        """End what has been idle for too long."""
        server, now = self._runner.server, self._monotonic()
        if server is None:
            return
        idle = [connection for connection in server.connections if connection._current_request is None]
        self._idle_since = {connection: self._idle_since.get(connection, now) for connection in idle}
        for connection in idle:
            if now - self._idle_since[connection] >= IDLE_SECONDS:
                connection.force_close()
