"""A room full of voices, and one person who hears them over a line that can be spoilt."""

import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from ascona.rehearsal.company import NAMES
from tests.e2e.conftest import CAMERA, CHROMIUM
from tests.e2e.person import NEVER_STOP_SENDING, Person
from tests.network.ground import Ground
from tests.network.house import House
from tests.network.link import Conditions
from tests.network.listener import EAR, InChromium, InFirefox, Listener

BROWSERS = {"chromium": InChromium, "firefox": InFirefox}
ROOM = "document.getElementById('room')?.dataset"
COMES_IN_SECONDS = 90.0
_HEARD = 25  # packets: half a second


class Evening:
    """
    A session under way: Ada leads it beside the server, and what she hears is what there was to hear. Cy, the one
    who is behind the line, sends sound and picture whatever the room says.
    """

    def __init__(
        self, browser: str, voices: int, tell: Callable[[dict[str, Any]], None], pictures: bool = False, seed: int = 1
    ) -> None:
        """
        Args:
            browser: Cy's: one of `BROWSERS`.
            voices: How many Cy hears: Ada's, and simulated people's.
            pictures: They are looked at: cameras give as many frames as pages ask for, and not just ten.
            tell: Gets the figures of one run as soon as there are some: all of them may take long.
        """
        self.tell = tell
        self.cast = NAMES[: voices - 1]
        self.ground = Ground()
        camera = (CAMERA,) if pictures else ()
        self.near = InChromium(camera)
        self.far: Listener = BROWSERS[browser](camera)
        self._seed = seed
        self._open = AsyncExitStack()

    @property
    def voices(self) -> int:
        """How many voices Cy hears."""
        return len(self.cast) + 1

    async def start(self, usual: Conditions, never_stops: bool = True) -> None:
        """
        Everyone comes in over this line, and the session is opened.

        Args:
            never_stops: Cy's page goes on sending whatever the room says.
        """
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="ascona-network-")))
        self._open.push_async_callback(self.ground.stop)
        await self.ground.start(self._seed)
        await self.ground.lines["home"].set(usual)
        self.house = House(folder, self.ground.there)
        self._open.push_async_callback(self.house.stop)
        await self.house.start()
        members = [("member", name) for name in ("Cy", *self.cast)]
        links = await self.house.invite([("leader", "Ada"), *members])
        self._open.push_async_callback(self.near.stop)
        await self.near.start(EAR, str(self.ground.wrapped(CHROMIUM, folder)))
        self._open.push_async_callback(self.far.stop)
        await self.far.start((NEVER_STOP_SENDING if never_stops else "") + EAR)
        await self.house.send_in({name: links[name] for name in self.cast})
        self.ada = Person("Ada", "leader", links["Ada"], self.near.context, self.near.page)
        await self._come_in(links["Cy"])

    async def _come_in(self, link: str) -> None:
        await self.near.join(self.ada.link)
        await self.far.join(link)
        for name in ("Cy", *self.cast):
            await self.ada.button(f"Admit {name}").wait_for(timeout=COMES_IN_SECONDS * 1000)
        await self.ada.press("Admit everyone")
        await self.ada.press("Turn camera off")
        await self.ada.press("Open the session")
        await self.far.until(f"{ROOM}.phase === 'arrive'", COMES_IN_SECONDS)
        await self.far.until(f"{heard_again('ear.voices')} >= {self.voices}", COMES_IN_SECONDS)
        self.seat = await self.ada.seat_of("Cy")

    async def stop(self) -> None:
        await self._open.aclose()


async def presenting(evening: Evening) -> None:
    """Cy becomes the presenter, unless Cy is that already."""
    if await evening.ada.chair("Cy").get_attribute("data-standing") == "presenter":
        return
    await evening.ada.act_on("Cy", "Make presenter")
    await evening.far.press("I will present")
    await expect(evening.ada.chair("Cy")).to_have_attribute("data-standing", "presenter")


def heard_again(voices: str) -> str:
    """How many of these voices have been heard for a moment, in JavaScript."""
    return f"Object.values({voices}).filter((one) => one.packets > {_HEARD}).length"
