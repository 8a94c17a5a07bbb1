"""Socket.IO as this server runs it. The library has no types: what touches its inside stays here."""

import asyncio
import logging
from typing import Any

import socketio
from aiohttp import web
from engineio.async_drivers import aiohttp as driver

from ascona.live.callers import Callers

MESSAGE_BYTES_LIMIT = 80 * 1024
"""Bytes in one message: an offer has at most 64 KiB, and JSON writes the end of each line as four characters."""

MESSAGES = ("command", "offer", "line", "devices", "shows")
"""What browsers send; all else is as if it had not been sent."""

NAMESPACE = "/"

CONNECT_SECONDS = 10.0
"""How long a socket may be open before it has said who it is, and been let in."""

PING_SECONDS = 5
PING_TIMEOUT_SECONDS = 10
"""A line that says nothing for fifteen seconds is lost; the library's own defaults make it 45."""

CUT = "ascona.cut"
"""Set on a request whose socket is to be heard no more, not even what has come already."""

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
        if CUT in self.environ["aiohttp.request"]:
            return None
        frame: str | bytes | None = await super().wait()
        return GOODBYE if isinstance(frame, str) and frame[:1] not in PACKET_TYPES else frame


class PlainServer(socketio.AsyncServer):  # type: ignore[misc]  # the library has no types
    """
    A server that lets no message pass for the library's own word that somebody has come or gone.

    Attributes:
        callers: Who has come in vain too often.
    """

    callers: Callers

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        asyncio.get_running_loop().call_later(CONNECT_SECONDS, self._expect_a_seat, eio_sid)

    def _expect_a_seat(self, eio_sid: str) -> None:
        """The library would send a goodbye and wait for an answer."""
        if eio_sid in self.environ and not self._is_in(eio_sid):
            line = self.environ[eio_sid]["aiohttp.request"].transport
            if line is not None:
                line.abort()

    def _is_in(self, eio_sid: str) -> bool:
        return self.manager.sid_from_eio_sid(eio_sid, NAMESPACE) is not None

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        request = self.environ[eio_sid]["aiohttp.request"]
        await super()._handle_connect(eio_sid, namespace, data)
        if not self._is_in(eio_sid):
            self.callers.failed(request.remote, request.headers.get("X-Forwarded-For", ""))

    async def _handle_event(self, eio_sid: str, namespace: str, id: int | None, data: list[Any]) -> None:
        if data[0] not in MESSAGES:
            raise ValueError("not a message of ours")
        await super()._handle_event(eio_sid, namespace, id, data)


def socket_server(origins: list[str], callers: Callers) -> socketio.AsyncServer:
    """
    A Socket.IO server with this server's limits: websocket only, one message of a person after another.

    Args:
        origins: The only origins whose pages may connect, e.g. `https://balint.example.org`.
        callers: Told who came in vain.
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
    server.callers = callers
    server.eio._async = {**server.eio._async, "websocket": PlainWebSocket}
    return server
