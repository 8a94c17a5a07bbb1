"""A real server as its own process, real Chromium, both shared by the tests of a run, and a group of people in them."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.async_api import Browser, Playwright, async_playwright, expect
from tests.e2e.ahead import Ahead
from tests.e2e.firefox import FIREFOX, Firefox
from tests.e2e.house import House
from tests.e2e.person import PATIENCE, WATCH_CONNECTIONS, Person, read_at_once
from tests.e2e.simulated import Simulated
from tests.support.missing import missing
from tests.support.process import Server
from tests.support.server import started

from ascona import app
from ascona.rehearsal.line import reach_this_machine
from ascona.settings import Settings
from ascona.storage.invitations import Invitations

CHROMIUM = os.environ.get("ASCONA_TEST_CHROMIUM", "/usr/bin/chromium")
NOT_NEEDED = [
    # Of Playwright's own list, which this one takes the place of.
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch", "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    # Pages that every window has ready below its address bar: a third of what it costs that somebody comes.
    "PreloadTopChromeWebUI", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup",
]  # fmt: skip
"""Parts of Chromium that no test looks at."""

ARGUMENTS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream=fps=5",
    "--use-fake-ui-for-media-stream",
    "--disable-background-networking",
    "--disable-quic",
    f"--disable-features={','.join(NOT_NEEDED)}",
]
CAMERA = "--use-fake-device-for-media-stream=fps=24"
"""After those: as many frames as the page asks for, where pictures are measured; tests save with five."""

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
ORDINARY: dict[str, Any] = {"viewport": DESKTOP, "permissions": ["camera", "microphone"]}

expect.set_options(timeout=1000 * PATIENCE)


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A server for the whole run: a test that stops, kills or freezes one has `alone`."""
    running = Server(tmp_path_factory.mktemp("house"))
    await running.start()
    database = await app.open_database(Settings(data=running.data))
    yield House(running.origin, Invitations(database, app.fresh_token))
    await database.close()
    await running.end(kill=True)


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Server]:
    """A server of the test's own, with which it may do what it likes."""
    running = Server(tmp_path)
    await running.start()
    yield running
    await running.end(kill=True)


@pytest.fixture(scope="session", autouse=True)
def simulated_people_are_on_loopback() -> None:
    """aioice leaves out that address, and they need no other."""
    reach_this_machine()


@pytest.fixture
def clock() -> Ahead:
    """What time it is at `ahead`."""
    return Ahead()


@pytest.fixture
async def ahead(tmp_path: Path, clock: Ahead) -> AsyncIterator[House]:
    """A server in the test's own process, by a clock that the test puts on."""
    running = await started(tmp_path, clock)
    yield House(running.origin, running.invitations)
    await running.close()


@pytest.fixture
def server(house: House) -> House:
    """Where sessions are planned unless a test says otherwise; a module may have another."""
    return house


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest.fixture(scope="session")
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    """One Chromium for the whole run: each person has a context in it, which shares nothing with another."""
    chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield chromium
    await chromium.close()


class Planner(Protocol):
    """A server that sessions can be planned in."""

    async def plan(self, *arguments: str) -> list[dict[str, str]]: ...


Gather = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def gather(server: Planner, browser: Browser) -> AsyncIterator[Gather]:
    """
    Plans a session, `at` another server if need be; nobody has come in yet.

    Each person has a context of the browser, except who is `simulated`. Where much is pressed and reading is not what
    is looked at, they read `at_once`.
    """
    async with AsyncExitStack() as stack:

        async def open_for(one: dict[str, str], script: str, quick: bool, context: dict[str, Any]) -> Person:
            opened = await browser.new_context(**(ORDINARY | context))
            stack.push_async_callback(opened.close)
            opened.set_default_timeout(1000 * PATIENCE)
            if quick:
                await read_at_once(opened)
            await opened.add_init_script(WATCH_CONNECTIONS + script)
            return Person(one["name"], one["standing"], one["link"], opened, await opened.new_page())

        def simulate(one: dict[str, str], number: int) -> Simulated:
            made = Simulated(one["name"], one["standing"], one["link"], number)
            stack.push_async_callback(made.close)
            return made

        async def gather(
            *arguments: str,
            at: Planner = server,
            simulated: Collection[str] = (),
            scripts: Mapping[str, str] | None = None,
            at_once: bool = False,
            **context: Any,
        ) -> dict[str, Any]:
            people: dict[str, Person | Simulated] = {}
            for number, one in enumerate(await at.plan(*arguments)):
                if one["name"] in simulated:
                    people[one["name"]] = simulate(one, number)
                else:
                    people[one["name"]] = await open_for(one, (scripts or {}).get(one["name"], ""), at_once, context)
            return people

        yield gather


Start = Callable[..., Awaitable[Firefox]]


@pytest.fixture(scope="session")
async def foxes() -> AsyncIterator[Firefox]:
    """One Firefox for the whole run."""
    if FIREFOX is None:
        missing("Firefox (or ASCONA_TEST_FIREFOX, where it is)", "firefox-esr")
    running = Firefox()
    await running.launch()
    yield running
    await running.stop()


@pytest.fixture
async def firefox(foxes: Firefox) -> AsyncIterator[Start]:
    """Opens a page in Firefox that shares nothing with those of other tests."""

    async def start(script: str = "") -> Firefox:
        await foxes.open(WATCH_CONNECTIONS + script)
        return foxes

    yield start
    await foxes.leave()
