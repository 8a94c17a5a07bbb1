"""The server and the simulated people, in the server's network, behind https."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from tests.network.front import write_certificate
from tests.network.ground import SERVER

ORIGIN = f"https://{SERVER}"
PAGES, MEDIA, SECURE = 8080, 8090, 443
FRAMES = 24
"""Pictures a second of simulated people, as pages ask of cameras: how long two losses in a row are depends on it."""

START_SECONDS = 90.0
"""How long a process may take to be ready, on a machine that has much else to do."""

_FAREWELL_SECONDS = 5.0


class House:
    """A running server; everything ends with `stop`."""

    def __init__(self, folder: Path, there: Sequence[str]) -> None:
        """
        Args:
            there: What begins a command so that it runs in the server's network.
        """
        self._folder = folder
        self._there = tuple(there)
        self._open = AsyncExitStack()
        self._environment = {
            **os.environ,
            "ASCONA_DATA": str(folder / "data"),
            "ASCONA_ORIGIN": ORIGIN,
            "ASCONA_MEDIA_HOST": SERVER,
        }

    async def start(self) -> None:
        certificate = self._folder / "certificate.pem"
        write_certificate(certificate, SERVER)
        serve = ("-m", "ascona", "serve", "--port", str(PAGES), "--media-port", str(MEDIA))
        self.process = await self._begin(*serve)
        await _ready(self.process, "the server")
        front = ("-m", "tests.network.front", str(certificate), SERVER, str(SECURE), str(PAGES))
        self.front = await self._begin(*front)
        await _ready(self.front, "what stands before it")

    async def invite(self, people: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Plan a session for these (role, name); their links, by name."""
        arguments = [part for role, name in people for part in (f"--{role}", name)]
        process = await asyncio.create_subprocess_exec(
            *self._there, sys.executable, "-m", "ascona", "session", "new", *arguments, "--json",
            env=self._environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, _ = await process.communicate()
        assert process.returncode == 0
        return {one["name"]: one["link"] for one in json.loads(printed)["people"]}

    async def send_in(self, links: dict[str, str]) -> None:
        """Let simulated people come, without any line between them and the server."""
        company = await self._begin("-m", "ascona.rehearsal", stdin=asyncio.subprocess.PIPE)
        people = [{"name": name, "link": link} for name, link in links.items()]
        brief = {"url": f"http://127.0.0.1:{PAGES}", "people": people, "frames": FRAMES}
        assert company.stdin
        company.stdin.write(json.dumps(brief).encode() + b"\n")
        await company.stdin.drain()

    async def stop(self) -> None:
        await self._open.aclose()

    async def _begin(
        self, *arguments: str, stdin: int | None = asyncio.subprocess.DEVNULL
    ) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._there, sys.executable, *arguments,
            env=self._environment, stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._open.push_async_callback(_end, process)
        return process


async def _ready(process: asyncio.subprocess.Process, what: str) -> None:
    """
    Wait for its first line.

    Raises:
        AssertionError: If there is none in time, or if it has ended.
    """
    assert process.stdout
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
    except TimeoutError as late:
        raise AssertionError(f"{what} was not ready within {START_SECONDS:g} s") from late
    assert line, f"{what} has ended"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    if process.stdin:
        process.stdin.close()  # the simulated people leave when their pipe ends
    else:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _FAREWELL_SECONDS)
    except TimeoutError:
        with suppress(ProcessLookupError):  # it may have ended just now
            process.kill()
        await process.wait()
