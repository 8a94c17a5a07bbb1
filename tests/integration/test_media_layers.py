"""Two layers over real sockets: each listener gets the one that fits their screen, and what nobody watches is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aioice.ice
import pytest
from tests.support.media import ROOM, Client, loopback_addresses, people, plan, until
from tests.support.streams import datagram, vp8

from ascona.core.media_plan import Kind
from ascona.core.pictures import Pictures
from ascona.media.offer import EXTENSIONS
from ascona.media.switchboard import Switchboard

RID = 10
FRAME_SECONDS = 0.02
SSRC = {"l": 1001, "h": 1002}
SIMULCAST = (
    f"a=extmap:{RID} {EXTENSIONS['rid']}\r\na=extmap:{RID + 1} {EXTENSIONS['repaired_rid']}\r\n"
    "a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n"
)


class Camera(Client):
    """Sends its own two layers, every frame a key frame that says at its end which layer it is of."""

    async def offer(self) -> str:
        first, sound, picture, *slots = (await super().offer()).split("m=")
        self.payload_type = int(picture.split(" ")[3])
        return "m=".join([first, sound, picture + SIMULCAST, *slots])

    async def film(self) -> None:
        """Until cancelled."""
        for number in range(1 << 15):
            for layer, ssrc in SSRC.items():
                payload = vp8(number, number, key=True) + layer.encode()
                element = bytes([RID << 4]) + layer.encode()
                await self.send_raw(datagram(self.payload_type, number, 1800 * number, ssrc, payload, element))
            await asyncio.sleep(FRAME_SECONDS)


class Screen:
    """What somebody receives in their first slot, by layer."""

    def __init__(self, client: Client) -> None:
        self.seen: list[str] = []
        receiver: Any = client.slots[1].receiver
        receiver._handle_rtp_packet = self._note  # in the place of decoding, for which there is nothing

    async def _note(self, packet: Any, arrival_time_ms: int) -> None:
        self.seen.append(packet.payload[-1:].decode())

    async def gets(self, layer: str) -> None:
        """Wait until only this layer comes."""
        await until(lambda: self.seen[-5:] == [layer] * 5)


@pytest.fixture
async def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Pictures]:
    """What everybody's page knows of pictures."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    return {}


@asynccontextmanager
async def filming(told: dict[str, Pictures]) -> AsyncIterator[tuple[Switchboard, Client, Client]]:
    """Ada films; Ben and Cy may see her."""
    switchboard = await Switchboard.listening(
        "127.0.0.1", 0, told=lambda room, person, pictures: told.__setitem__(person, pictures)
    )
    switchboard.open_room(ROOM, 2)
    ada = Camera(0)
    await ada.join(switchboard, "ada")
    film = asyncio.create_task(ada.film())
    async with people(switchboard, "ben", "cy") as (ben, cy):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ada", "cy"), kinds=(Kind.VIDEO,), ada=0))
        yield switchboard, ben, cy
    film.cancel()
    with suppress(asyncio.CancelledError):
        await film
    await ada.close()
    await switchboard.close()


async def test_each_listener_gets_the_layer_that_fits_their_screen(told):
    async with filming(told) as (switchboard, ben, cy):
        on_bens, on_cys = Screen(ben), Screen(cy)
        switchboard.shows(ROOM, "ben", [100, 0])
        switchboard.shows(ROOM, "cy", [720, 0])
        await on_bens.gets("l")
        await on_cys.gets("h")
        assert told["ada"].layers == ("l", "h")

        switchboard.shows(ROOM, "ben", [720, 0])
        await on_bens.gets("h")
        await until(lambda: told["ada"].layers == ("h",))

        switchboard.shows(ROOM, "ben", [100, 0])
        await on_bens.gets("l")
        assert told["ada"].layers == ("l", "h")
        assert not told["ben"].paused
        assert switchboard.totals()["layers_switched"] >= 2


async def test_sound_only_gets_no_picture_and_it_comes_back_when_asked_for(told):
    async with filming(told) as (switchboard, ben, cy):
        on_bens, on_cys = Screen(ben), Screen(cy)
        await on_bens.gets("l")

        switchboard.shows(ROOM, "ben", [])
        at_cys = len(on_cys.seen)
        await until(lambda: len(on_cys.seen) > at_cys + 5)
        at_bens, at_cys = len(on_bens.seen), len(on_cys.seen)
        await until(lambda: len(on_cys.seen) > at_cys + 20)
        assert len(on_bens.seen) == at_bens
        assert told["ben"] == Pictures(("l",)), "nothing is paused: nobody wants it"

        switchboard.shows(ROOM, "ben", [100])
        await until(lambda: len(on_bens.seen) > at_bens)
