"""Two networks on one machine: the server's, and the browsers', with lines between them that can be spoilt.

The rig runs in the browsers' network; the server's belongs to a process that only waits. Both are made for the rig
and end with it: see `alone`. Nothing that is sent there can leave.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.network.link import Conditions

SERVER = "10.77.0.1"
"""Where the server is reached, over whichever line."""

LINES = {"home": "10.77.1.2", "mobile": "10.77.2.2"}
"""The browsers' lines, and their address on each."""


ANSWERS_WITHIN = 60.0
"""Seconds for a line to answer."""


async def run(*command: str) -> None:
    """Run a command to its end.

    Raises:
        OSError: If it fails.
    """
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, complaint = await process.communicate()
    if process.returncode:
        raise OSError(f"{' '.join(command)}: {complaint.decode().strip()}")


class Line:
    """One line of the browsers', between two devices."""

    def __init__(self, name: str, address: str, there: tuple[str, ...], holder: int) -> None:
        """
        Args:
            there: What begins a command so that it runs in the server's network.
            holder: The process that the server's network belongs to.
        """
        self.name, self.address = name, address
        self._there = there
        self._holder = holder
        self._far = f"to-{name}"  # the server's end

    async def start(self, seed: int) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.network.link", self._far, self.name, str(seed),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await self._hear()
        await run("ip", "link", "set", self._far, "netns", str(self._holder))
        await run(*self._there, "ip", "link", "set", self._far, "up")
        await run(*self._there, "ip", "address", "add", f"{SERVER}/32", "dev", self._far)
        await run(*self._there, "ip", "route", "add", self.address, "dev", self._far, "src", SERVER)

    async def fit(self, mtu: int) -> None:
        """Let the browsers' end know how large a packet may be; 0: as usual. The server's never does."""
        await run("ip", "link", "set", self.name, "mtu", str(mtu or 1500))

    async def plug(self) -> None:
        """Give the browsers this line and its address."""
        await run("ip", "link", "set", self.name, "up")
        await run("ip", "address", "add", f"{self.address}/32", "dev", self.name)
        await run("ip", "route", "add", "default", "dev", self.name, "src", self.address)

    async def unplug(self) -> None:
        """Take line and address away, without a word to the other side."""
        await run("ip", "address", "flush", "dev", self.name)
        await run("ip", "link", "set", self.name, "down")

    async def set(self, conditions: Conditions) -> dict[str, Any]:
        """Change the line, and return its counts so far."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(conditions)).encode() + b"\n")
        return dict(json.loads(await self._hear()))

    async def _hear(self) -> bytes:
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), ANSWERS_WITHIN)
        if not line:
            raise OSError(f"the line {self.name} could not be made")
        return line

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()


class Ground:
    """
    Both networks, and the lines between them.

    Attributes:
        there: What begins a command so that it runs in the server's network.
        lines: By name; only `home` is plugged in at first.
    """

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.there: tuple[str, ...] = ()
        self._open = AsyncExitStack()

    async def start(self, seed: int) -> None:
        """
        Raises:
            OSError: If this machine or user may not have networks or devices.
        """
        await run("ip", "link", "set", "lo", "up")
        holder = await asyncio.create_subprocess_exec(
            "unshare", "--net", "--", "sh", "-c", "echo ready; exec cat",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._open.push_async_callback(_end, holder)
        assert holder.stdout
        if not await holder.stdout.readline():
            raise OSError("no network of its own can be made")
        self.there = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "--")
        await run(*self.there, "ip", "link", "set", "lo", "up")
        await run(*self.there, "ip", "address", "add", f"{SERVER}/32", "dev", "lo")
        for number, (name, address) in enumerate(LINES.items()):
            line = self.lines[name] = Line(name, address, self.there, holder.pid)
            await line.start(seed + 10 * number)
            self._open.push_async_callback(line.stop)
        await self.lines["home"].plug()

    async def stop(self) -> None:
        await self._open.aclose()

    def wrapped(self, program: str, folder: Path) -> Path:
        """A program that does the same in the server's network, for those who start programs by their path."""
        script = folder / Path(program).name
        script.write_text(f'#!/bin/sh\nexec {" ".join(self.there)} {program} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        return script


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    await process.wait()


def alone() -> None:
    """Start this very command again in a network of its own, unless it is there already; ends with it."""
    if os.environ.get("ASCONA_APART") == "yes":
        return
    own = ["--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--net"]
    again = [sys.executable, *sys.orig_argv[1:]]
    os.execvpe("unshare", ["unshare", *own, "--", *again], {**os.environ, "ASCONA_APART": "yes"})  # noqa: S606


async def _try() -> dict[str, int]:
    """How many of a few datagrams to the server's network come back: over a whole line, a cut one, and another."""
    ground = Ground()
    try:
        await ground.start(seed=1)
        home = ground.lines["home"]
        echo = await asyncio.create_subprocess_exec(
            *ground.there, sys.executable, "-c", _ECHO, SERVER, stdout=asyncio.subprocess.PIPE
        )
        assert echo.stdout
        await echo.stdout.readline()
        found = {"whole": await _echoes()}
        await home.set(Conditions(cut=True))
        found["cut"] = await _echoes()
        await home.set(Conditions())
        found["mended"] = await _echoes()
        await home.unplug()
        await ground.lines["mobile"].plug()
        found["mobile"] = await _echoes()
        await _end(echo)
    finally:
        await ground.stop()
    return found


_ECHO = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
    echo.bind((sys.argv[1], 7))
    print("ready", flush=True)
    while True:
        echo.sendto(*echo.recvfrom(2048))
"""


async def _echoes(count: int = 5, patience: float = 1.0) -> int:
    came = asyncio.Semaphore(0)

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            came.release()

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Listener, remote_addr=(SERVER, 7))
    found = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            for _ in range(count):
                transport.sendto(b"hello")
            for _ in range(count):
                await came.acquire()
                found += 1
    transport.close()
    return found


if __name__ == "__main__":
    alone()
    print(json.dumps(asyncio.run(_try())))
