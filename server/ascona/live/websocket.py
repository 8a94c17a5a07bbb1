"""Socket.IO as this server runs it. The library has no types: what touches its inside stays here."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any

import socketio
from aiohttp import web
from engineio.async_drivers import aiohttp as driver

from ascona.live.callers import Caller, Callers
from ascona.live.headers import cookies_of

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

UNREAD_SECONDS = 10.0
"""How long something may wait to go to a page: a line that is well takes it at once."""

UNREAD_BYTES_LIMIT = 512 * 1024
"""What may wait to go to a page, in bytes: some hundred screens. A page that reads has none of them waiting."""

CUT = web.RequestKey("ascona.cut", bool)
"""Set on a request whose socket is to be heard no more, not even what has come already."""

PACKET_TYPES, GOODBYE = tuple("0123456"), "1"
"""How a text frame of Engine.IO begins, and the one that closes a line (its protocol, revision 4)."""


def cut(request: web.Request) -> None:
    """End a socket without a goodbye, which would have to be read first; what has come and was not read is not read."""
    request[CUT] = True
    if request.transport is not None:
        request.transport.abort()


class PlainWebSocket(driver.WebSocket):  # type: ignore[misc]  # the library has no types
    """A websocket without compression, so that no small message grows; a page that does not read is hung up on."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        self._sock = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES_LIMIT, compress=False)
        await self._sock.prepare(environ["aiohttp.request"])
        self.environ = environ
        self._all_sent_at = asyncio.get_running_loop().time()
        await self.handler(self)
        return self._sock

    async def send(self, message: str | bytes) -> None:
        """Sent, or at least taken by the kernel before long: our own ping among them, every few seconds."""
        request, now = self.environ["aiohttp.request"], asyncio.get_running_loop().time()
        if _bytes_under_way(request) == 0:
            self._all_sent_at = now
        until = self._all_sent_at + UNREAD_SECONDS
        try:
            if now > until:
                raise TimeoutError
            async with asyncio.timeout_at(until):
                await super().send(message)
        except TimeoutError:
            cut(request)
            raise

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
        callers: Told who waits to be let in, and who came in vain.
        counts: Sockets that were hung up on, by reason.
    """

    callers: Callers
    counts: Counter[str]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._waiting: dict[str, Caller] = {}

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        request = environ["aiohttp.request"]
        environ["HTTP_COOKIE"] = cookies_of(request)  # the library joins several lines by commas
        await super()._handle_eio_connect(eio_sid, environ)
        caller = self._waiting[eio_sid] = self.callers.caller(request)
        self.callers.waits(caller)
        asyncio.get_running_loop().call_later(CONNECT_SECONDS, self._expect_a_seat, eio_sid)

    def _expect_a_seat(self, eio_sid: str) -> None:
        """The library would send a goodbye and wait for an answer."""
        if eio_sid in self.environ and not self._is_in(eio_sid):
            self._waits_no_more(eio_sid, in_vain=True)
            cut(self.environ[eio_sid]["aiohttp.request"])

    def _waits_no_more(self, eio_sid: str, *, in_vain: bool) -> None:
        caller = self._waiting.pop(eio_sid, None)
        if caller is not None:
            self.callers.waits_no_more(caller)
            if in_vain:
                self.callers.failed(caller)

    def _is_in(self, eio_sid: str) -> bool:
        return self.manager.sid_from_eio_sid(eio_sid, NAMESPACE) is not None

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> None:
        if eio_sid not in self._waiting:  # was let in, or refused, and asks once more
            cut(self.environ[eio_sid]["aiohttp.request"])
            return
        await super()._handle_connect(eio_sid, namespace, data)
        self._waits_no_more(eio_sid, in_vain=not self._is_in(eio_sid))

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._waits_no_more(eio_sid, in_vain=True)
        await super()._handle_eio_disconnect(eio_sid, reason)

    async def _send_eio_packet(self, eio_sid: str, eio_pkt: Any) -> None:
        await super()._send_eio_packet(eio_sid, eio_pkt)
        line = self.eio.sockets.get(eio_sid)
        if line is None or eio_sid not in self.environ:
            return
        request = self.environ[eio_sid]["aiohttp.request"]
        if _bytes_waiting(line.queue) + _bytes_under_way(request) > UNREAD_BYTES_LIMIT:
            self.counts["unread"] += 1
            cut(request)

    async def _handle_event(self, eio_sid: str, namespace: str, id: int | None, data: list[Any]) -> None:
        if data[0] not in MESSAGES:
            raise ValueError("not a message of ours")
        await super()._handle_event(eio_sid, namespace, id, data)


def _bytes_under_way(request: web.Request) -> int:
    """What was sent and the kernel has not taken yet."""
    return request.transport.get_write_buffer_size() if request.transport is not None else 0


def _bytes_waiting(queue: asyncio.Queue[Any]) -> int:
    """How much the library still has to send over a line."""
    packets: Iterable[Any] = queue._queue  # type: ignore[attr-defined]  # the deque below, not to be had otherwise
    return sum(len(packet.data or "") for packet in packets if packet is not None)


def socket_server(origins: list[str], callers: Callers, counts: Counter[str]) -> socketio.AsyncServer:
    """
    A Socket.IO server with this server's limits: websocket only, one message of a person after another.

    Args:
        origins: The only origins whose pages may connect, e.g. `https://balint.example.org`.
        callers: Told who waits, and who came in vain.
        counts: Sockets that were hung up on, by reason.
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
    server.callers, server.counts = callers, counts
    server.eio._async = {**server.eio._async, "websocket": PlainWebSocket}
    return server
