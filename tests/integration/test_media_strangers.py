"""What comes from outside, and what a person who was let in may try, over real sockets."""

import contextlib
import os

from tests.support.media import (
    ROOM,
    Client,
    Stranger,
    attribute,
    client_hello,
    people,
    plan,
    until,
)
from tests.support.streams import datagram

from ascona.core.media_plan import Kind
from ascona.media.admission import UNDECLARED


async def test_handshakes_and_garbage_of_a_stranger_do_not_disturb_a_join(switchboard):
    hello = client_hello()
    with Stranger(switchboard) as stranger:
        for _ in range(3):
            for _ in range(50):
                stranger.send(hello)
                stranger.send(b"\x80" + os.urandom(200))
                stranger.send(os.urandom(40))
            async with people(switchboard, "ada", "ben") as (_, ben):
                for _ in range(50):
                    stranger.send(hello)
                await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
                await ben.frame(0, Kind.AUDIO)
        assert not stranger.was_answered

    assert switchboard.totals()["strangers"] > 100


async def test_malformed_checks_are_counted_and_nothing_else(switchboard, caplog, logged):
    with Stranger(switchboard) as stranger:
        for datagram_ in (
            b"\x00",
            b"\x00\x01\x00\x04\x21\x12\xa4\x42" + bytes(12) + b"\x00\x24\x00\x00",  # a priority without bytes
            b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x06\x00\x02\xff\xfe\x00\x00",
            b"\x00\x01" + bytes(700),
            b"\x01\x01\x00\x00" + bytes(16),  # an answer by its type, and by nothing else
        ):
            stranger.send(datagram_)
        await until(lambda: switchboard.totals()["malformed_stun"] == 3)
        await until(lambda: switchboard.totals()["unknown_stun"] == 2)  # no name, and one that is no text
        assert not stranger.was_answered

    assert caplog.records == logged == []


async def test_a_check_with_a_wrong_password_is_not_answered_and_teaches_no_address(switchboard):
    client = Client(0)
    answer = await switchboard.answer(ROOM, "ada", await client.offer())
    with Stranger(switchboard) as stranger:
        stranger.check(answer, password="wrong" * 5)
        await until(lambda: switchboard.totals()["unproven_stun"] == 1)
        stranger.check(answer.replace(attribute(answer, "ice-ufrag"), "somebody"))
        await until(lambda: switchboard.totals()["unknown_stun"] == 1)
        stranger.send(client_hello())
        await until(lambda: switchboard.totals()["strangers"] == 1)
        assert not stranger.was_answered

        stranger.check(answer)
        assert await stranger.receive()
    await client.close()


async def test_another_certificate_than_the_offers_is_not_let_in(switchboard):
    client = Client(0)
    offer = await client.offer()
    fingerprint = attribute(offer, "fingerprint")
    other = "00" if fingerprint.split(" ")[1][:2] != "00" else "11"
    forged = offer.replace(fingerprint, f"sha-256 {other}{fingerprint.split(' ')[1][2:]}")

    await client.accept(await switchboard.answer(ROOM, "ada", forged))

    await until(lambda: switchboard.totals()["fingerprint_differs"] == 1)
    assert switchboard.connected(ROOM) == frozenset()
    await client.close()


async def test_a_flood_of_sources_by_somebody_inside_is_bounded(switchboard):
    async with people(switchboard, "mallory", "ada", "ben") as (mallory, _, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        for ssrc in range(1000):
            with contextlib.suppress(ConnectionError):
                await mallory.send_raw(datagram(96, ssrc, 0, 1 + ssrc, b"voice"))
            if ssrc % 50 == 0:
                await ben.frame(0, Kind.AUDIO)
        await until(lambda: switchboard.totals()["unknown_ssrc"] == 1000 - UNDECLARED)

        await ben.frame(0, Kind.VIDEO)


async def test_packets_that_were_not_agreed_are_dropped(switchboard):
    async with people(switchboard, "mallory", "ben") as (mallory, ben):
        await switchboard.follow(ROOM, plan(("mallory", "ben"), mallory=0))
        await mallory.send_raw(datagram(100, 1, 0, 1, b"h264"))
        await mallory.send_raw(datagram(96, 1, 0, 2, b"voice", element=b"\x1f"))
        await mallory.send_raw(datagram(96, 2, 0, 2, bytes(1330)))
        await until(lambda: switchboard.totals()["unknown_payload_type"] > 0)
        await until(lambda: switchboard.totals()["malformed"] == 2)

        await ben.frame(0, Kind.AUDIO)
