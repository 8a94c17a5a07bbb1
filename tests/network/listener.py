"""Somebody who listens in a real browser, Chromium or Firefox; both are asked in the same words."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import async_playwright

from tests.e2e.conftest import ARGUMENTS, CHROMIUM, ORDINARY
from tests.e2e.firefox import Firefox
from tests.network.ground import SERVER

ANSWERS_WITHIN = 90.0
"""Seconds for whatever is asked of a browser: one that stands still must not stop everything."""

_LOOKS_EVERY = 0.05

EAR = (Path(__file__).parent / "ear.js").read_text(encoding="utf-8")


class Listener(Protocol):
    """One person's browser."""

    async def join(self, link: str) -> None:
        """Open the link, agree and come in, as far as the door."""

    async def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression comes to, awaited."""

    async def until(self, expression: str, within: float = 30) -> None:
        """
        Wait until a JavaScript expression is true; seconds.

        Raises:
            AssertionError: If it does not become true in time; says what was waited for.
        """

    async def press(self, name: str) -> None:
        """Click the button of this name."""

    async def stop(self) -> None: ...


class InChromium:
    """A Chromium of one's own."""

    def __init__(self, camera: Sequence[str] = ()) -> None:
        """
        Args:
            camera: More of Chromium's arguments.
        """
        self._open = AsyncExitStack()
        self._camera = camera

    async def start(self, script: str = EAR, program: str = CHROMIUM) -> None:
        playwright = await self._open.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*ARGUMENTS, *self._camera, "--ignore-certificate-errors"]
        )
        self._open.push_async_callback(browser.close)
        self.context = await browser.new_context(**ORDINARY)
        await self.context.add_init_script(script)
        self.page = await self.context.new_page()

    async def join(self, link: str) -> None:
        await self.page.goto(link, timeout=60_000)
        await self.page.get_by_role("checkbox", name="I agree").check()
        await self.page.get_by_role("button", name="Join the room").click()

    async def evaluate(self, expression: str) -> Any:
        whole = f"async () => {{ const found = await ({expression}); return found ?? null; }}"
        return await asyncio.wait_for(self.page.evaluate(whole), ANSWERS_WITHIN)

    async def until(self, expression: str, within: float = 30) -> None:
        await _true(self, expression, within)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def stop(self) -> None:
        await self._open.aclose()


class InFirefox:
    """A Firefox of one's own; its camera gives what it gives."""

    def __init__(self, _camera: Sequence[str] = ()) -> None:
        self._firefox = Firefox()

    async def start(self, script: str = EAR) -> None:
        await self._firefox.start(script, reaches=SERVER)

    async def join(self, link: str) -> None:
        await self._firefox.go_to(link)
        await self._firefox.click("input[name=agree]")
        await self._firefox.press("Join the room")

    async def evaluate(self, expression: str) -> Any:
        return await self._firefox.evaluate(expression)

    async def until(self, expression: str, within: float = 30) -> None:
        await _true(self, expression, within)

    async def press(self, name: str) -> None:
        await self._firefox.press(name)

    async def stop(self) -> None:
        await self._firefox.stop()


async def _true(listener: Listener, expression: str, within: float) -> None:
    try:
        async with asyncio.timeout(within):
            while not await listener.evaluate(expression):
                await asyncio.sleep(_LOOKS_EVERY)
    except TimeoutError as late:
        raise AssertionError(f"not within {within:g} s: {expression}") from late
