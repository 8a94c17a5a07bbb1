"""Floods by somebody inside and by strangers: the sender is slowed or cut, and everybody else goes on."""

import asyncio
import json
import socket
from collections.abc import Callable

import aiohttp
import pytest

from ascona.core.media_plan import Kind
from ascona.live import flooders, websocket
from ascona.pages import front
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


async def much_happens(people, deaf: aiohttp.ClientWebSocketResponse) -> None:
    """In the room, until the page that does not read is hung up on."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await deaf.send_str("3")  # an answer to a ping that was not read
            for on in (True, False):
                assert await people["Ada"].do("ShowClock", on=on) in ({}, {"refused": "too_fast"})
                assert await people["Ben"].do("ShowClock", on=not on) in ({}, {"refused": "too_fast"})


@pytest.mark.parametrize(
    ("limit", "patience"), [(16 * 1024, 600.0), (2**30, 0.2)], ids=["much waits for it", "it waits for long"]
)
async def test_a_page_that_never_reads_is_hung_up_on_and_the_others_go_on(
    gather, flooder, server, monkeypatch, limit, patience
):
    monkeypatch.setattr(front, "KERNEL_BYTES", 4096)
    monkeypatch.setattr(websocket, "UNREAD_BYTES_LIMIT", limit)
    monkeypatch.setattr(websocket, "UNREAD_SECONDS", patience)
    people = await gather(GROUP)
    await admitted(people)
    deaf = await flooder(people)
    knock = {"do": "Knock", "name": "Max", "agreed": True, "move": True, "version": 0, "key": "by-hand-1"}
    await deaf.send_str(frame("command", knock))
    await until(lambda: people["Max"].elsewhere)
    deaf.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf._writer.transport.pause_reading()  # the only way to be deaf and stay connected

    with pytest.raises(ConnectionError):
        await much_happens(people, deaf)

    await people["Ada"].sees(lambda room: any(p["name"] == "Max" and p["state"] == "away" for p in room["people"]))
    assert people["Ben"].socket.connected


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
