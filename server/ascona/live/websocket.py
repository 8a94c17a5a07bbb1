"""Socket.IO as this server runs it. The library has no types: what touches its inside stays here."""

from typing import Any

import socketio
from aiohttp import web
from engineio.async_drivers import aiohttp as driver

MESSAGE_BYTES_LIMIT = 80 * 1024
"""Bytes in one message: an offer has at most 64 KiB, and JSON writes the end of each line as four characters."""

PING_SECONDS = 5
PING_TIMEOUT_SECONDS = 10
"""A line that says nothing for fifteen seconds is lost; the library's own defaults make it 45."""


class PlainWebSocket(driver.WebSocket):  # type: ignore[misc]  # the library has no types
    """A websocket without compression: nobody can send a small message that grows."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        self._sock = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_LIMIT, compress=False)
        await self._sock.prepare(environ["aiohttp.request"])
        self.environ = environ
        await self.handler(self)
        return self._sock


def socket_server(origins: list[str]) -> socketio.AsyncServer:
    """
    A Socket.IO server with this server's limits: websocket only, one message of a person after another.

    Args:
        origins: The only origins whose pages may connect, e.g. `https://balint.example.org`.
    """
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        async_handlers=False,
        cors_allowed_origins=origins,
        cors_credentials=True,
        max_http_buffer_size=MESSAGE_BYTES_LIMIT,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_TIMEOUT_SECONDS,
        transports=["websocket"],
        allow_upgrades=False,
        http_compression=False,
        always_connect=False,
        cookie=None,
        logger=False,
        engineio_logger=False,
        monitor_clients=True,
    )
    server.eio._async = {**server.eio._async, "websocket": PlainWebSocket}
    return server
