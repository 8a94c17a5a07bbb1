"""A real server as its own process, real Chromium, and a group of people in it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright, expect
from tests.e2e.person import WATCH_CONNECTIONS, Person

CHROMIUM = os.environ.get("ASCONA_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-quic",
]
DESKTOP = {"width": 1440, "height": 900}
ORDINARY: dict[str, Any] = {"viewport": DESKTOP, "permissions": ["camera", "microphone"]}

expect.set_options(timeout=10_000)


@dataclass
class Server:
    """`ascona serve` in a process of its own, which can be stopped and started again on the same ports."""

    data: Path
    process: asyncio.subprocess.Process | None = None
    port: int = 0
    media_port: int = 0
    origin: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        self.environment = {**os.environ, "ASCONA_DATA": str(self.data)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ascona", "serve", "--port", str(self.port), "--media-port", str(self.media_port),
            env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout
        line = (await asyncio.wait_for(self.process.stdout.readline(), 30)).decode()
        self.origin = line.split(" is at ")[1].split(" ")[0]
        self.port = int(self.origin.rsplit(":", 1)[1])
        self.media_port = int(line.rsplit(" ", 1)[1].rstrip(")\n"))

    async def stop(self, *, kill: bool = False) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill() if kill else self.process.terminate()
            await self.process.wait()

    async def plan(self, *arguments: str) -> list[dict[str, str]]:
        """`ascona session new … --json`: the people with their links."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ascona", "session", "new", *arguments, "--json",
            env=self.environment, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        printed, _ = await process.communicate()
        assert process.returncode == 0
        people: list[dict[str, str]] = json.loads(printed)["people"]
        return people


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    running = Server(tmp_path)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        await chromium.close()


Gather = Callable[..., Awaitable[dict[str, Person]]]


@pytest.fixture
async def gather(server: Server, browser: Browser) -> AsyncIterator[Gather]:
    """Plans a session and opens a browser for each person; nobody has come in yet."""
    async with AsyncExitStack() as stack:

        async def gather(*arguments: str, scripts: dict[str, str] | None = None, **context: Any) -> dict[str, Person]:
            people = {}
            for one in await server.plan(*arguments):
                opened = await browser.new_context(
                    **({"viewport": DESKTOP, "permissions": ["camera", "microphone"]} | context)
                )
                stack.push_async_callback(opened.close)
                await opened.add_init_script(WATCH_CONNECTIONS)
                if scripts and one["name"] in scripts:
                    await opened.add_init_script(scripts[one["name"]])
                page = await opened.new_page()
                people[one["name"]] = Person(one["name"], one["standing"], one["link"], opened, page)
            return people

        yield gather
