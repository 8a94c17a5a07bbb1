"""A way for clients that speak UDP only to come by TCP: every datagram a frame (RFC 4571), and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast


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

    async def cut(self) -> None:
        """The line is lost."""
        self._writer.transport.abort()
        self._udp.close()
        if self._back:
            await self._back


@asynccontextmanager
async def funnel(port: int) -> AsyncIterator[Funnel]:
    """A way to this port on loopback."""
    made = Funnel(*await asyncio.open_connection("127.0.0.1", port))
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=("127.0.0.1", 0))
    try:
        yield made
    finally:
        await made.cut()
