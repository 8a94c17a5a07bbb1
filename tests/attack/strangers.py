"""
Sockets of strangers that never read, never speak, or never end what they say; and how everybody else fares.

Run it with `.venv/bin/python -m tests.attack.strangers [--sockets 500]`. It prints how long `/healthz` took for another
caller meanwhile, and how long the last of the sockets was open.
"""

import argparse
import asyncio
import resource
import socket
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp

from tests.support.process import Server

SMALL = 4096
"""Bytes that a socket takes which does not read; the kernel makes it a little more."""

LOOK_SECONDS = 0.1

ASKED = b"GET /static/vendor/socket.io-client/socket.io.esm.min.js HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

KINDS: dict[str, bytes] = {
    "never speaks": b"",
    "never ends its header": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
    "never ends its body": b"POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    "never reads": ASKED * 150,
    "never reads the last": ASKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
    "never says who it is": UPGRADE,
}


class Stranger(asyncio.Protocol):
    """
    A socket that reads nothing.

    Attributes:
        gone: Set once the server has hung up.
    """

    def __init__(self, says: bytes) -> None:
        self.says = says
        self.gone = asyncio.Event()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.says)
        if self.says.startswith(b"GET /static"):
            transport.pause_reading()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.gone.set()

    def look(self) -> bool:
        """Whether the server has hung up; a socket that is not read from only shows it when it says something more."""
        if self.transport is not None and not self.transport.is_reading() and not self.gone.is_set():
            self.transport.write(b"a")
        return self.gone.is_set()


async def come(port: int, count: int, says: bytes) -> list[Stranger]:
    """So many of a kind, from one address."""
    loop = asyncio.get_running_loop()
    came = []
    for _ in range(count):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        line.setblocking(False)
        await loop.sock_connect(line, ("127.0.0.1", port))
        _, stranger = await loop.create_connection(lambda: Stranger(says), sock=line)
        came.append(stranger)
    return came


async def all_gone(strangers: list[Stranger]) -> None:
    """Wait until the server has hung up on all of them."""
    while waiting := [one for one in strangers if not one.look()]:
        strangers = waiting
        await asyncio.sleep(LOOK_SECONDS)


async def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        await server.start()
        try:
            async with aiohttp.ClientSession() as other:
                for kind, says in KINDS.items():
                    await _measure(server, other, kind, says, count)
        finally:
            await server.end()


async def _measure(server: Server, other: aiohttp.ClientSession, kind: str, says: bytes, count: int) -> None:
    began, took = time.monotonic(), []
    over = asyncio.Event()

    async def asks() -> None:
        while not over.is_set():
            asked = time.monotonic()
            async with other.get(f"http://127.0.0.1:{server.port}/healthz") as answer:
                assert answer.status == 200
            took.append(time.monotonic() - asked)
            await asyncio.sleep(LOOK_SECONDS)

    asking = asyncio.create_task(asks())
    strangers = await come(server.port, count, says)
    await all_gone(strangers)
    over.set()
    await asking
    print(
        f"{count} of which each {kind}: /healthz median {1000 * statistics.median(took):.0f} ms, "
        f"longest {1000 * max(took):.0f} ms of {len(took)}; the last was gone after {time.monotonic() - began:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=500)
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(measure(given.sockets))


if __name__ == "__main__":
    main()
