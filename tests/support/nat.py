"""A router between one person and the server, which changes its mind, keeps copies, and lets through what it likes."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

from ascona.media.switchboard import Switchboard
from tests.support.media import Client, until

KEPT = 500
"""Datagrams of which copies are kept."""


def is_check(datagram: bytes) -> bool:
    return datagram[0] < 4


def is_handshake(datagram: bytes) -> bool:
    return 19 < datagram[0] < 64


class Side(asyncio.DatagramProtocol):
    """
    One of the router's ports.

    Attributes:
        came: How many datagrams.
    """

    def __init__(self, passed_on: Callable[[bytes, Any], None]) -> None:
        self._passed_on = passed_on
        self.came = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.came += 1
        self._passed_on(data, addr)


class Nat:
    """
    One person's router.

    Attributes:
        inside: Where the person sends, instead of to the server.
        outside: Where they seem to come from; those before stay open, but nothing goes out by them.
        passes: Which of what the person sends goes on.
        kept: What they sent last.
        handshakes: DTLS datagrams that came, from either side.
    """

    inside: Side
    outside: Side

    def __init__(self, server: int) -> None:
        self._server = ("127.0.0.1", server)
        self._person: Any = None
        self._open: list[Side] = []
        self.passes: Callable[[bytes], bool] = lambda datagram: True
        self.kept: deque[bytes] = deque(maxlen=KEPT)
        self.handshakes = 0

    async def side(self, passed_on: Callable[[bytes, Any], None]) -> Side:
        """Open a port."""
        made = Side(passed_on)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
        self._open.append(made)
        return made

    async def rebind(self) -> Side:
        """Let the person seem to come from another port; the one before."""
        before = self.outside
        self.outside = await self.side(self._down)
        return before

    async def open(self) -> None:
        """Begin."""
        self.inside, self.outside = await self.side(self._up), await self.side(self._down)

    def close(self) -> None:
        for side in self._open:
            side.transport.close()

    def send(self, datagram: bytes) -> None:
        """Send to the server in the person's place."""
        self.outside.transport.sendto(datagram, self._server)

    def _up(self, datagram: bytes, person: Any) -> None:
        self._person = person
        self.kept.append(datagram)
        self.handshakes += is_handshake(datagram)
        if self.passes(datagram):
            self.send(datagram)

    def _down(self, datagram: bytes, _server: Any) -> None:
        self.handshakes += is_handshake(datagram)
        self.inside.transport.sendto(datagram, self._person)

    async def join(self, switchboard: Switchboard, client: Client, person: str, room: str) -> str:
        """Let this client join through here; the answer it was given."""
        answer = await switchboard.answer(room, person, await client.offer())
        here = rf" udp \1 127.0.0.1 {self.inside.port}"
        await client.accept(re.sub(r" udp (\d+) 127\.0\.0\.1 \d+", here, answer))
        await until(lambda: person in switchboard.connected(room) and client.connection.connectionState == "connected")
        return answer


@asynccontextmanager
async def nat(server: int) -> AsyncIterator[Nat]:
    """A router to this port on loopback."""
    made = Nat(server)
    await made.open()
    try:
        yield made
    finally:
        made.close()
