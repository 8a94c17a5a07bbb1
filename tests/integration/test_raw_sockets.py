"""What no Socket.IO client would send, on a websocket of its own: nobody else notices, and nothing is printed."""

import json

import aiohttp
import pytest
from tests.integration.test_evening import GROUP, admitted


class RawLine:
    """Somebody's websocket, spoken by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, event: str, *values: object) -> None:
        await self.socket.send_str(f"42{json.dumps([event, *values])}")

    async def asks(self, event: str, message: object) -> object:
        """The acknowledgement."""
        await self.socket.send_str(f"421{json.dumps([event, message])}")
        while not (frame := await self.socket.receive_str(timeout=10)).startswith("431"):
            if frame == "2":
                await self.socket.send_str("3")
        return json.loads(frame[3:])[0]


@pytest.fixture
async def max_by_hand(server, gather, impatient):
    """The group, and Max, who has come in on a websocket of his own."""
    people = await gather(GROUP)
    await admitted(people)
    max_ = people["Max"]
    cookie = "; ".join(f"{name}={value}" for name, value in max_.cookies.items())
    address = f"{server.origin}/socket.io/?EIO=4&transport=websocket"
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.ws_connect(address, headers={"Cookie": cookie, "Origin": server.origin}) as socket,
    ):
        await socket.receive_str(timeout=10)
        await socket.send_str("40" + json.dumps({"room": max_.id}))
        line = RawLine(socket)
        order = {"do": "Knock", "name": "Max", "agreed": True, "move": True, "version": 0, "key": "by-hand-1"}
        assert await line.asks("command", order) == {}
        yield people, line, cookie


async def test_nobody_can_say_in_a_message_that_they_connect(max_by_hand):
    people, line, cookie = max_by_hand
    await line.say("connect", {"HTTP_COOKIE": cookie}, {"room": people["Max"].id})
    await line.asks("devices", {"microphone": True, "camera": True})

    await line.socket.close()

    await people["Ada"].sees(lambda room: any(p["state"] == "away" and p["name"] == "Max" for p in room["people"]))


@pytest.mark.parametrize("frame", ["x", "b!!", "9", "4", "4Canary", "42[", '42{"Canary": 1}', "42[[]]", "45", "6"])
async def test_frames_that_are_no_messages_disturb_nobody_and_leave_no_trace(max_by_hand, frame, caplog, logged):
    people, line, _ = max_by_hand
    await line.socket.send_str(frame)

    await line.socket.close()
    await people["Ada"].sees(lambda room: any(p["state"] == "away" and p["name"] == "Max" for p in room["people"]))

    assert await people["Ada"].do("OpenSession") == {}
    assert [record for record in caplog.records if record.exc_info] == []
    assert "Canary" not in caplog.text + str(logged)
