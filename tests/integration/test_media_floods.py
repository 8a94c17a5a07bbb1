"""What somebody inside may try at length: it is counted, takes no memory, and everybody else goes on."""

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator

import aioice
import pytest
from tests.support.funnel import funnel
from tests.support.media import ROOM, Client, Stranger, loopback_addresses, people, plan, until
from tests.support.nat import nat
from tests.support.streams import datagram

from ascona.core.media_plan import Kind
from ascona.media import rtcp, stream
from ascona.media.admission import EXCESS_SECONDS, PER_SECOND, UNDECLARED
from ascona.media.switchboard import Switchboard

STRAY = 20_000
AT_ONCE = 400
"""Datagrams sent before anybody else has a turn: the kernel holds some thousands. A client shares the loop, and would
lose what the server sends it while it has few turns."""

KEPT_BYTES = 1 << 20
"""What the media plane may keep of a flood; it keeps some kilobytes."""

OPUS = 96
"""The payload type that aiortc gives it."""


def send_as_it_is(client: Client, datagram_: bytes) -> None:
    """Send what nobody has encrypted, from the address that the server knows."""
    ice = client.connection.getTransceivers()[0].sender.transport.transport
    ice._connection._nominated[1].protocol.transport.sendto(datagram_, ice._connection._nominated[1].remote_addr)


def kept_by_the_media_plane() -> int:
    """Bytes that its code has allocated since they are counted, and not given back."""
    ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/ascona/media/*")])
    return sum(one.size for one in ours.statistics("filename"))


@pytest.fixture
def memory() -> Iterator[Callable[[], int]]:
    """Counts from here on."""
    tracemalloc.start()
    yield kept_by_the_media_plane
    tracemalloc.stop()


async def test_twenty_thousand_stray_sources_are_counted_and_leave_nothing_behind(switchboard, memory):
    async with people(switchboard, "mallory", "ada", "ben") as (mallory, _, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), kinds=(Kind.AUDIO,), ada=0))
        for ssrc in range(UNDECLARED):
            await mallory.send_raw(datagram(OPUS, 1, 0, 1 + ssrc, b"voice"))
        for sent in range(0, STRAY, AT_ONCE):
            for ssrc in range(sent, sent + AT_ONCE):
                send_as_it_is(mallory, datagram(OPUS, 1, 0, 1_000_000 + ssrc, b"voice"))
            await until(lambda sent=sent: switchboard.totals()["unknown_ssrc"] >= sent + AT_ONCE)
        await ben.frame(0, Kind.AUDIO)

        assert ben.lost(0, Kind.AUDIO) == 0
        assert memory() < KEPT_BYTES


async def test_who_sends_the_same_again_and_in_another_order_is_heard_once_and_in_order(switchboard):
    ada = Client(2)
    async with nat(switchboard.port) as way, people(switchboard, "ben") as (ben,):
        await way.join(switchboard, ada, "ada", ROOM)
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        await ben.frame(0, Kind.AUDIO)
        media = [one for one in way.kept if one[0] >> 6 == 2]
        refused = switchboard.totals()["not_genuine"]
        for copy in media * 5:
            way.send(copy)
        await until(lambda: switchboard.totals()["not_genuine"] >= refused + 5 * len(media))

        held: list[bytes] = []

        def swaps(datagram_: bytes) -> bool:
            """Two packets each change places."""
            held.append(datagram_)
            if len(held) == 2:
                for one in reversed(held):
                    way.send(one)
                held.clear()
            return False

        way.passes = swaps
        heard = ben.packets(0, Kind.AUDIO)
        await until(lambda: ben.packets(0, Kind.AUDIO) > heard + 40)
        await ben.frame(0, Kind.VIDEO)
        await ada.close()


def broken_reports() -> list[bytes]:
    """Compound packets of which something is not as it says."""
    ours = 5
    whole = rtcp.receiver_report(ours, "name", [rtcp.ReportBlock(1, 1, 1, 1, 1, 1)])
    feedback = rtcp.transport_feedback(ours, 1, 7, 9, {7: 0.0, 8: 0.1, 15: 0.2}, 1)
    return [
        whole[:-3],
        whole + b"\x80\xc9\xff\xff" + bytes(4),
        feedback[:16] + b"\xff\xff" + feedback[18:],  # a count that its chunks do not hold
        feedback[:20],
        b"\x8f\xce\x00\x03" + bytes(8) + b"REMB",
        b"\x81\xcd\x00\x01" + bytes(4),
        b"\x81\xcd\x00\xff" + bytes(8) + b"\xff" * 1012,  # a request for thousands
        b"\x9f\xc9\x00\x01" + bytes(4),
        b"\x81\xca\x00\x02" + bytes(4) + b"\x01\xff\x00\x00",
        b"\x40\xc9\x00\x01" + bytes(4),
    ]


async def test_reports_that_are_broken_disturb_nobody(switchboard):
    async with people(switchboard, "mallory", "ada", "ben") as (mallory, _, ben):
        await switchboard.follow(ROOM, plan(("mallory", "ben"), ("ada", "ben"), ("ada", "mallory"), mallory=1, ada=0))
        for report in broken_reports():
            await mallory.send_raw(report)
        await until(lambda: switchboard.totals()["malformed"] >= 2)
        for _ in range(200):
            await mallory.send_raw(b"\x80\xc9\x00\x19" + os.urandom(100))

        for kind in Kind:
            await ben.frame(0, kind)
            await ben.frame(1, kind)
        assert switchboard.connected(ROOM) == {"mallory", "ada", "ben"}
        assert switchboard.totals()["failed_datagram"] == 0


class Hours:
    """A clock that goes on when a test says so: however slow the machine, a flood is as fast as it is meant to be."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def slow_hours(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Switchboard, Hours]]:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    hours = Hours()
    switchboard = await Switchboard.listening("127.0.0.1", 0, clock=hours)
    switchboard.open_room(ROOM, 2)
    yield switchboard, hours
    await switchboard.close()


async def test_who_sends_ten_times_what_is_taken_is_cut_let_go_and_may_come_again(slow_hours):
    switchboard, hours = slow_hours
    turn = 0.1  # seconds
    rate = 10 * PER_SECOND[Kind.AUDIO]
    async with people(switchboard, "mallory", "ada", "ben") as (mallory, _, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), kinds=(Kind.AUDIO,), ada=0))
        began, number = hours.now, 0
        while "mallory" in switchboard.connected(ROOM):
            dropped = switchboard.totals()["too_fast"]
            for _ in range(int(rate * turn)):
                number += 1
                await mallory.send_raw(datagram(OPUS, number, 960 * number, 7, b"voice"))
            await until(
                lambda dropped=dropped: switchboard.totals()["too_fast"] > dropped or hours.now < began + 2 * turn
            )
            hours.now += turn
            await ben.frame(0, Kind.AUDIO)

        assert EXCESS_SECONDS <= hours.now - began < EXCESS_SECONDS + 1
        assert switchboard.totals()["excess_closed"] == 1
        assert switchboard.connected(ROOM) == {"ada", "ben"}
        again = Client(2)
        await again.join(switchboard, "mallory")
        await ben.frame(0, Kind.AUDIO)
        assert ben.lost(0, Kind.AUDIO) == 0
        await again.close()


async def test_a_flood_of_valid_checks_is_answered_as_far_as_browsers_go(switchboard):
    mallory = Client(2)
    answer = await switchboard.answer(ROOM, "mallory", await mallory.offer())
    async with people(switchboard, "ada", "ben") as (_, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        with Stranger(switchboard) as agent:
            while not switchboard.totals()["too_many_checks"]:
                for _ in range(500):
                    agent.check(answer)
                await ben.frame(0, Kind.AUDIO)
            await ben.frame(0, Kind.VIDEO)
        assert ben.lost(0, Kind.AUDIO) == 0
    await mallory.close()


async def test_a_peer_by_tcp_who_stalls_is_let_go_with_little_waiting_for_them(switchboard, monkeypatch):
    for limit in ("_FULL", "_PICTURES_WAIT", "_UNSENT_IN_KERNEL"):
        monkeypatch.setattr(stream, limit, 2048)  # else it takes megabytes to see
    monkeypatch.setattr(stream, "STALL_SECONDS", 0.5)
    cy = Client(2)
    async with funnel(switchboard.port, window=4096) as way, people(switchboard, "ada", "ben") as (_, ben):
        await way.join(switchboard, cy, "cy", ROOM)
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ada", "cy"), ada=0))
        await cy.frame(0, Kind.AUDIO)
        [peer] = [place for place in switchboard._mux.places if isinstance(place, stream.Stream)]
        most = 0
        way.stall()
        while not switchboard.totals()["stream_stalled"]:
            most = max(most, peer._transport.get_write_buffer_size())
            await ben.frame(0, Kind.AUDIO)

        assert most < 2048 + 2 * stream.LARGEST_FRAME
        await until(lambda: peer not in switchboard._mux.places)  # counted first, gone a turn later
        await ben.frame(0, Kind.VIDEO)
        assert ben.lost(0, Kind.AUDIO) == 0
        await cy.close()


async def test_a_peer_by_tcp_who_talks_nonsense_is_let_go_and_counted(switchboard):
    broken = {
        "stream_frame_too_big": [b"\xff\xff" + bytes(100), b"GET / HTTP/1.1\r\n\r\n"],
        "stream_unproven": [(b"\x00\x04\x80\x60\x00\x00" * 700)[: stream.UNPROVEN_BYTES + 1]],
    }
    async with people(switchboard, "ada", "ben") as (_, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        for reason, all_of_it in broken.items():
            before = switchboard.totals()[reason]
            for nonsense in all_of_it * 5:
                reader, writer = await asyncio.open_connection("127.0.0.1", switchboard.port)
                writer.write(nonsense)
                await until(reader.at_eof)
                writer.close()
            assert switchboard.totals()[reason] == before + 5 * len(all_of_it)

        await ben.frame(0, Kind.AUDIO)
        assert ben.lost(0, Kind.AUDIO) == 0
