"""A way for clients that speak UDP only to come by TCP: every datagram a frame (RFC 4571), and back."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from ascona.media.switchboard import Switchboard
from tests.support.media import Client, until


class Funnel(asyncio.DatagramProtocol):
    """
    One person's.

    Attributes:
        port: The UDP port on loopback to send to instead.
        frames: How many went each way, up and down.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._client: Any = None
        self._back: asyncio.Task[None] | None = None
        self.port = 0
        self.frames = [0, 0]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._udp = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]
        self._back = asyncio.create_task(self._bring_back())

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._client = addr
        self.frames[0] += 1
        self._writer.write(len(data).to_bytes(2) + data)

    async def _bring_back(self) -> None:
        try:
            while True:
                length = int.from_bytes(await self._reader.readexactly(2))
                self._udp.sendto(await self._reader.readexactly(length), self._client)
                self.frames[1] += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            """The server has let go."""

    async def join(self, switchboard: Switchboard, client: Client, person: str, room: str) -> None:
        """Let this client join through here: what it takes for the server is the way there."""
        answer = await switchboard.answer(room, person, await client.offer())
        await client.accept(re.sub(r" udp (\d+) 127\.0\.0\.1 \d+", rf" udp \1 127.0.0.1 {self.port}", answer))
        await until(lambda: person in switchboard.connected(room) and client.connection.connectionState == "connected")

    def stall(self) -> None:
        """Read nothing any more."""
        self._reader._transport.pause_reading()
        if self._back:
            self._back.cancel()

    async def cut(self) -> None:
        """The line is lost."""
        self._writer.transport.abort()
        self._udp.close()
        if self._back:
            await asyncio.wait([self._back])


@asynccontextmanager
async def funnel(port: int, window: int | None = None) -> AsyncIterator[Funnel]:
    """A way to this port on loopback; `window`: bytes that wait to be read at this end."""
    line = socket.socket()
    line.setblocking(False)
    if window is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
    made = Funnel(*await asyncio.open_connection(sock=line))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        await made.cut()
