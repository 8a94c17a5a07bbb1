"""Floods by somebody inside and by strangers: the sender is slowed or cut, and everybody else goes on."""

import asyncio
import json
from collections.abc import Callable

import aiohttp
import pytest

from ascona.core.media_plan import Kind
from ascona.live import flooders
from tests.integration.test_evening import GROUP, admitted
from tests.support.media import PATIENCE, ROOM, Client, Stranger, client_hello, people, plan, until

OFFER = {"sdp": "v=0\r\n" + "a=x\r\n" * 10_000}


@pytest.fixture
async def flooder(server):
    """A websocket of Max's own making, on which nothing has to be answered."""
    opened = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def as_max(people, also="") -> aiohttp.ClientWebSocketResponse:
        max_ = people["Max"]
        cookie = "; ".join([*(f"{name}={value}" for name, value in max_.cookies.items()), also])
        headers = {"Cookie": cookie, "Origin": server.origin}
        line = await opened.ws_connect(f"{server.origin}/socket.io/?EIO=4&transport=websocket", headers=headers)
        await line.receive_str(timeout=PATIENCE)
        await line.send_str("40" + json.dumps({"room": max_.id}))
        return line

    yield as_max
    await opened.close()


async def pour(line: aiohttp.ClientWebSocketResponse, frames: list[str], enough: Callable[[], bool]) -> None:
    """Send without end, and read nothing."""
    while not (line.closed or enough()):
        for frame in frames:
            try:
                await line.send_str(frame)
            except ConnectionError:
                return
        await asyncio.sleep(0)


def frame(event: str, message: object) -> str:
    return f"42{json.dumps([event, message])}"


@pytest.mark.parametrize(
    "frames",
    [
        [frame("command", {"do": "NextPhase", "version": n, "key": f"flooding-{n}"}) for n in range(100)],
        [frame("devices", {"microphone": n % 2 == 0, "camera": True}) for n in range(100)],
        [frame("line", {"text": "x" * 500})] * 100,
        [frame("offer", OFFER)] * 20,
        [frame("shows", {"heights": [1] * 64})] * 100,
    ],
    ids=["commands", "devices", "lines", "offers", "shows"],
)
async def test_who_floods_the_room_is_hung_up_on_for_a_while_and_the_others_go_on(
    gather, flooder, server, frames, monkeypatch
):
    monkeypatch.setattr(flooders, "FLOOD_SECONDS", 600.0)  # however slow this machine is
    people = await gather(GROUP)
    await admitted(people)
    line = await flooder(people)
    poured = asyncio.create_task(pour(line, frames, lambda: False))

    for on in (True, False, True):
        assert await people["Ada"].do("ShowClock", on=on) == {}
    await poured

    assert await people["Ada"].do("OpenSession") == {}
    await people["Ben"].sees(lambda room: room["phase"] == "arrive")
    assert people["Ben"].socket.connected
    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):  # known by the browser, unasked
        await flooder(people)
    another = await flooder(people, also="another=header")
    assert "too_fast" in await another.receive_str(timeout=PATIENCE)


async def test_a_strangers_handshakes_break_no_join(switchboard):
    hello = client_hello()
    with Stranger(switchboard) as stranger:
        async with people(switchboard, "ada", "ben") as (_, ben):
            await switchboard.follow(ROOM, plan(("ada", "ben"), kinds=(Kind.AUDIO,), ada=0))
            for number in range(10):
                joining = Client(2)
                join = asyncio.create_task(joining.join(switchboard, f"guest {number}"))
                while not join.done():
                    for _ in range(20):
                        stranger.send(hello)
                    await asyncio.sleep(0)
                await join
                await joining.close()
            await ben.frame(0, Kind.AUDIO)
        assert not stranger.was_answered
    assert switchboard.totals()["strangers"] > 0


async def test_checks_by_nobody_are_counted_and_not_answered(switchboard):
    unknown = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
    with Stranger(switchboard) as stranger:
        async with people(switchboard, "ada", "ben") as (_, ben):
            await switchboard.follow(ROOM, plan(("ada", "ben"), kinds=(Kind.AUDIO,), ada=0))
            for sent in range(0, 5000, 250):
                for _ in range(250):
                    stranger.send(unknown)
                await until(lambda sent=sent: switchboard.totals()["unknown_stun"] >= sent // 2)
            await ben.frame(0, Kind.AUDIO)
            assert ben.lost(0, Kind.AUDIO) == 0
        assert not stranger.was_answered
