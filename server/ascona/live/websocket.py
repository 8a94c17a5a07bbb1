"""Socket.IO as this server runs it. The library has no types: what touches its inside stays here."""

import logging
from typing import Any

import socketio
from aiohttp import web
from engineio.async_drivers import aiohttp as driver

MESSAGE_BYTES_LIMIT = 80 * 1024
"""Bytes in one message: an offer has at most 64 KiB, and JSON writes the end of each line as four characters."""

MESSAGES = ("command", "offer", "line", "devices", "shows")
"""What browsers send; all else is as if it had not been sent."""

PING_SECONDS = 5
PING_TIMEOUT_SECONDS = 10
"""A line that says nothing for fifteen seconds is lost; the library's own defaults make it 45."""


PACKET_TYPES, GOODBYE = tuple("0123456"), "1"
"""How a text frame of Engine.IO begins, and the one that closes a line (its protocol, revision 4)."""


class PlainWebSocket(driver.WebSocket):  # type: ignore[misc]  # the library has no types
    """A websocket without compression: nobody can send a small message that grows."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        self._sock = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_LIMIT, compress=False)
        await self._sock.prepare(environ["aiohttp.request"])
        self.environ = environ
        await self.handler(self)
        return self._sock

    async def wait(self) -> str | bytes | None:
        """The next frame; one that is none of Engine.IO's, which the library would fall over, counts as goodbye."""
        frame: str | bytes | None = await super().wait()
        return GOODBYE if isinstance(frame, str) and frame[:1] not in PACKET_TYPES else frame


class PlainServer(socketio.AsyncServer):  # type: ignore[misc]  # the library has no types
    """A server that lets no message pass for the library's own word that somebody has come or gone."""

    async def _handle_event(self, eio_sid: str, namespace: str, id: int | None, data: list[Any]) -> None:
        if data[0] not in MESSAGES:
            raise ValueError("not a message of ours")
        await super()._handle_event(eio_sid, namespace, id, data)


def socket_server(origins: list[str]) -> socketio.AsyncServer:
    """
    A Socket.IO server with this server's limits: websocket only, one message of a person after another.

    Args:
        origins: The only origins whose pages may connect, e.g. `https://balint.example.org`.
    """
    quiet = logging.getLogger("ascona.socket_io")
    quiet.setLevel(logging.CRITICAL + 1)  # it would print a traceback for every senseless message
    server = PlainServer(
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
        logger=quiet,
        engineio_logger=quiet,
        monitor_clients=True,
    )
    server.eio._async = {**server.eio._async, "websocket": PlainWebSocket}
    return server
