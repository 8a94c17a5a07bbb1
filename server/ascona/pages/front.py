"""HTTP as it comes in: who takes too long is hung up on, and what aiohttp refuses by itself is refused in our words."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler

from ascona.pages.security import HEADERS

KEEPALIVE_SECONDS = 8
"""How long a connection may be open between two requests."""

PATIENCE_SECONDS = 10.0
"""How long the header of a request may take to come, and an answer to be taken."""

KERNEL_BYTES = 128 * 1024
"""What the kernel may keep, doubled, of what goes to one connection. By itself it takes megabytes before anything here
notices that nobody reads."""

LEFTOVER_SECONDS = 2.0
"""How long what is left of a request is read after its answer; who has not sent it by then is hung up on."""

HEADER_LINE_LIMIT = 4096
"""Bytes of a request's first line."""

HEADER_FIELD_LIMIT = 16 * 1024
"""Bytes of a header. Browsers send the cookies of everything under one name in one of them; proxies take as much."""

TOO_LONG = 431
BAD_REQUEST = 400

Refusal = Callable[[int], web.Response]
"""The page for a request that could not be read, by its status."""

log = structlog.get_logger()


class Front(web.AppRunner):
    """
    Serves an application to whoever comes.

    aiohttp waits for a header, and for whoever reads an answer, for ever; and it answers what is no HTTP in words of
    its own. How a connection stands it tells nobody: its inside is touched here and nowhere else.
    """

    def __init__(self, app: web.Application, refusal: Refusal, counts: Counter[str], **options: Any) -> None:
        """
        Args:
            counts: Connections that were hung up on and requests that could not be read, by reason.
            options: Of aiohttp's runner.
        """
        limits: dict[str, Any] = {
            "max_line_size": HEADER_LINE_LIMIT,
            "max_field_size": HEADER_FIELD_LIMIT,
            "keepalive_timeout": KEEPALIVE_SECONDS,
            "lingering_time": LEFTOVER_SECONDS,
        }
        super().__init__(app, access_log=None, **limits, **options)
        self._refusal = refusal
        self._counts = counts

    async def _make_server(self) -> web.Server:
        return _Server(await super()._make_server(), self._refusal, self._counts)


class _Server(web.Server):
    """As the one it is made from, with lines of ours."""

    def __init__(self, made: web.Server, refusal: Refusal, counts: Counter[str]) -> None:
        super().__init__(
            made.request_handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            loop=made._loop,
            **made._kwargs,
        )
        self._refusal = refusal
        self._counts = counts

    def __call__(self) -> RequestHandler:
        return _Line(self, self._refusal, self._counts, loop=self._loop, **self._kwargs)


class _Bare(web.Response):
    """The answer to no request: nothing of the application passes over it, and aiohttp would say who it is."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.popall("Server", None)


class _Line(RequestHandler):
    """
    One connection. It always waits for something with a deadline, but while a request is being worked on, that is our
    own work, or a websocket. A deadline is put off by what has come or was taken, not by what is sent behind the rest.
    """

    def __init__(self, server: web.Server, refusal: Refusal, counts: Counter[str], **options: Any) -> None:
        super().__init__(server, **options)
        self._refusal = refusal
        self._counts = counts
        self._line: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = cast(asyncio.Transport, transport)
        self._line.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        self._expect()
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._line = None
        self._rest()
        super().connection_lost(exc)

    async def _handle_request(
        self,
        request: web.BaseRequest,
        start_time: float | None,
        request_handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    ) -> tuple[web.StreamResponse, bool]:
        if self._all_taken():
            self._rest()
        return await super()._handle_request(request, start_time, request_handler)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send an answer, or hang up where it is not taken; the next request is expected as soon."""
        if self._all_taken():
            self._expect()
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            if self._all_taken():
                self._expect()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = BAD_REQUEST,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """
        The answer to what could not be read, without a word of what it was.

        Raises:
            ConnectionError: If another answer is on its way already.
        """
        if status >= web.HTTPInternalServerError.status_code:
            log.error("request_failed", error=type(exc).__name__)
        else:
            self._counts["broken_request"] += 1
        if request.writer.output_size > 0:
            raise ConnectionError
        page = self._refusal(TOO_LONG if isinstance(exc, LineTooLong) else status)
        answer = _Bare(text=page.text, status=page.status, content_type=page.content_type, headers=HEADERS)
        answer.force_close()
        return answer

    def _all_taken(self) -> bool:
        return self._line is None or self._line.get_write_buffer_size() == 0

    def _expect(self) -> None:
        self._rest()
        if self._line is not None:
            self._deadline = self._loop.call_later(PATIENCE_SECONDS, self._hang_up)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        websocket = self._upgraded and self._request_in_progress  # which has deadlines of its own
        if self._line is not None and not websocket:
            self._counts["too_slow"] += 1
            self._line.abort()
