"""Forged, foreign, stale and senseless messages: the sender is told, nobody else notices, nothing is lost."""

import asyncio
import json
import os
import socket

import pytest
import structlog
from tests.integration.test_evening import GROUP, admitted, with_pia_presenting
from tests.support.server import PATIENCE_SECONDS

from ascona.core.people import Role

LEADERS_COMMANDS = {
    "OpenSession": {}, "NextPhase": {}, "PreviousPhase": {}, "GoToPhase": {"step": 1}, "Extend": {"minutes": 2},
    "Hold": {}, "Resume": {}, "EndSession": {}, "AdmitEveryone": {}, "Lock": {}, "Unlock": {}, "OpenRing": {},
    "CloseRing": {}, "ShowClock": {"on": True}, "Protect": {"on": True},
    "SetAtEnd": {"at_end": "advance", "whole_evening": True},
}  # fmt: skip


async def test_nobody_but_leaders_leads(gather):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    before = people["Ada"].room["version"]

    for name in ("Pia", "Max", "Eve"):
        for do, fields in LEADERS_COMMANDS.items():
            assert await people[name].do(do, **fields) == {"refused": "leaders_only"}, (name, do)

    assert people["Ada"].room["version"] == before


async def test_nobody_commands_before_they_have_knocked_and_been_admitted(gather):
    people = await gather(GROUP)
    await people["Ada"].come()
    max_ = people["Max"]
    await max_.sign_in()
    await max_.connect()
    assert await max_.do("NextPhase") == {"refused": "not_inside"}
    assert await max_.send("offer", {"sdp": "v=0"}) == {"refused": "not_inside"}
    await max_.do("Knock", name="Max", agreed=True)

    assert await max_.do("Signal") == {"refused": "not_inside"}
    assert await max_.send("offer", {"sdp": "v=0"}) == {"refused": "not_inside"}


@pytest.mark.parametrize(
    "message",
    [None, 7, [], {}, {"do": "Dance"}, {"do": "TimeIsUp", "version": 0, "key": "x" * 10, "deadline": 0}, "\x00" * 1000],
)
async def test_messages_no_page_sends_are_counted_and_answered(gather, message):
    people = await gather({"Ada": Role.LEADER})
    await people["Ada"].come()

    assert await people["Ada"].send("command", message) == {"error": "bad_message"}
    assert await people["Ada"].send("offer", message) == {"error": "bad_message"}
    assert await people["Ada"].send("devices", message) == {"error": "bad_message"}
    assert await people["Ada"].do("OpenSession") == {}


@pytest.mark.parametrize(
    ("sdp", "reason"),
    [
        ("", "offer_not_understood"),
        ("v=0\r\n" * 3, "offer_not_supported"),
        ("\x00\xff nonsense", "offer_not_understood"),
        ("v=0\r\n" + "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" * 1500, "offer_too_big"),
    ],
)
async def test_a_broken_offer_is_refused_with_a_reason(gather, sdp, reason):
    people = await gather({"Ada": Role.LEADER})
    await people["Ada"].come()

    assert await people["Ada"].send("offer", {"sdp": sdp}) == {"refused": reason}
    assert await people["Ada"].do("OpenSession") == {}


async def test_a_message_larger_than_any_offer_ends_that_line_and_no_other(gather, impatient):
    people = await gather(GROUP)
    await admitted(people)
    assert people["Max"].socket
    await people["Max"].socket.emit("offer", {"sdp": "x" * 200_000})

    await people["Ada"].sees(lambda room: any(p["state"] == "away" and p["name"] == "Max" for p in room["people"]))

    assert await people["Ada"].do("OpenSession") == {}
    assert await people["Max"].come() == {}


@pytest.mark.parametrize("name", ["", "   ", "\u202eevE", "x" * 10_000, "\x07", "a\u200bb"])
async def test_a_name_that_deceives_is_refused_and_the_person_may_try_again(gather, name):
    people = await gather({"Ada": Role.LEADER, "Max": Role.MEMBER})
    max_ = people["Max"]
    await max_.sign_in()
    await max_.connect()

    assert await max_.do("Knock", name=name) == {"refused": "bad_name"}
    assert await max_.do("Knock", name="Max <b>bold</b> & co", agreed=True) == {}
    assert (await max_.sees(lambda room: True))["me"]["name"] == "Max <b>bold</b> & co"


async def test_a_flood_of_messages_slows_only_its_sender(gather):
    people = await gather(GROUP)
    await admitted(people)
    flood = asyncio.create_task(flooded_until_slowed(people["Max"]))

    assert await people["Ada"].do("OpenSession") == {}
    await flood


async def flooded_until_slowed(sender):
    """So many at once are more than is let through, and fewer than what somebody is hung up on for."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        answers: list[dict[str, str]] = []
        while {"refused": "too_fast"} not in answers:
            answers = await asyncio.gather(*(sender.send("command", {"do": "Dance"}) for _ in range(150)))


async def test_garbage_on_the_media_port_disturbs_nobody(server, gather):
    people = await gather(GROUP)
    await admitted(people)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for size in (0, 1, 2, 19, 20, 24, 100, 1500, 9000):
            for first in (0, 1, 20, 22, 63, 128, 191, 255):
                stranger.sendto((bytes([first]) + os.urandom(size))[:size], ("127.0.0.1", server.media_port))

    assert await people["Ada"].do("OpenSession") == {}


async def test_nothing_of_a_session_is_ever_logged(tmp_path, gather, server, capfd):
    marks = {"Canary-Ada": Role.LEADER, "Canary-Pia": Role.MEMBER}
    with structlog.testing.capture_logs() as logged:
        people = await gather(marks, title="Canary-Title")
        await people["Canary-Ada"].come()
        await people["Canary-Pia"].come("Canary-Shown")
        await people["Canary-Ada"].sees(lambda room: room["door"])
        await people["Canary-Ada"].do("AdmitEveryone")
        await people["Canary-Ada"].send("line", {"text": "Canary-Line"})
        await people["Canary-Ada"].send("offer", {"sdp": "v=0 Canary-Sdp"})
        await people["Canary-Pia"].do("Canary-Do")
        secret = people["Canary-Pia"].invited.secret
        await people["Canary-Pia"].hang_up()

    printed = capfd.readouterr()
    said = json.dumps(logged, default=str) + printed.out + printed.err
    assert "Canary" not in said
    assert secret not in said
    assert "127.0.0.1" not in said
