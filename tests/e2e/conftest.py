"""A real server as its own process, real Chromium, and a group of people in it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright, expect
from tests.e2e.firefox import FIREFOX, Firefox
from tests.e2e.person import WATCH_CONNECTIONS, Person
from tests.support.missing import missing
from tests.support.process import Server

CHROMIUM = os.environ.get("ASCONA_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-quic",
]
CAMERA = "--use-fake-device-for-media-stream=fps=24"
"""After those: as many frames as the page asks for, where pictures are measured; tests save with ten."""

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ORDINARY: dict[str, Any] = {"viewport": DESKTOP, "permissions": ["camera", "microphone"]}

expect.set_options(timeout=20_000)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    running = Server(tmp_path)
    await running.start()
    yield running
    await running.end()


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


Start = Callable[..., Awaitable[Firefox]]


@pytest.fixture
async def firefox() -> AsyncIterator[Start]:
    """Starts a Firefox of its own for the test."""
    if FIREFOX is None:
        missing("Firefox (or ASCONA_TEST_FIREFOX, where it is)", "firefox-esr")
    opened = Firefox()

    async def start(script: str = "") -> Firefox:
        await opened.start(WATCH_CONNECTIONS + script)
        return opened

    yield start
    await opened.stop()
