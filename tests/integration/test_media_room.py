"""People with aiortc in a room, over real sockets: heard and seen by whom the plan names, and by nobody else."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aioice
import pytest
from tests.support.media import (
    ROOM,
    Client,
    Stranger,
    attribute,
    counters,
    counts,
    loopback_addresses,
    people,
    plan,
    switchboard_on_loopback,
    until,
    until_counts,
)
from tests.support.streams import datagram
from tests.support.workers import led, worker_on_loopback

from ascona.core.invariants import Wiring
from ascona.core.media_plan import Kind, MediaPlan
from ascona.media.switchboard import OfferRefused, Switchboard
from ascona.media.workers import Workers

WAYS = ["C", "Python", "in_a_worker"]
NOBODY = MediaPlan(1)
each_way = pytest.mark.parametrize("switchboard", WAYS, indirect=True)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A worker's folder."""
    folder = tmp_path_factory.mktemp("media")
    with worker_on_loopback(folder):
        yield folder


@pytest.fixture(params=["C", "in_a_worker"])
async def switchboard(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Switchboard | Workers]:
    """The same in this process and through a worker's socket."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    if request.param == "in_a_worker":
        async with led(request.getfixturevalue("worker")) as listening:
            yield listening
    else:
        async with switchboard_on_loopback(native=request.param == "C") as listening:
            yield listening


@each_way
async def test_two_people_hear_and_see_each_other(switchboard):
    async with people(switchboard, "ada", "ben") as (ada, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))

        for kind in Kind:
            await ben.frame(0, kind)
            await ada.frame(1, kind)

        assert switchboard.connected(ROOM) == {"ada", "ben"}
        assert ben.packets(1, Kind.AUDIO) == ada.packets(0, Kind.AUDIO) == 0, "one's own slot stays empty"


@each_way
async def test_what_is_forwarded_can_be_read_and_is_what_the_plan_says(switchboard):
    async with people(switchboard, "ada", "ben") as (_, ben):
        both = plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1)
        await switchboard.follow(ROOM, both)
        await ben.frame(0, Kind.VIDEO)

        now = await switchboard.wiring(ROOM)
        assert now == Wiring(
            {"ada": 2, "ben": 2}, frozenset((route, both.slots[route.sender]) for route in both.routes)
        )

        await switchboard.enforce(ROOM, NOBODY)
        assert await switchboard.wiring(ROOM) == Wiring(now.lines)
        assert await switchboard.wiring("another") == Wiring()


async def test_without_a_route_nobody_is_heard(switchboard):
    async with people(switchboard, "ada", "ben", "cy") as (_, ben, cy):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        await ben.frame(0, Kind.AUDIO)
        await until_counts(switchboard, "ada", "cy", Kind.VIDEO, lambda now: now.dropped > 20)

        assert all(cy.packets(slot, kind) == 0 for slot in range(2) for kind in Kind)
        assert (await counts(switchboard, "ada", "cy", Kind.AUDIO)).forwarded == 0


@each_way
async def test_after_a_route_is_closed_not_one_packet_comes_however_hard_the_sender_tries(switchboard):
    async with people(switchboard, "pia", "ben") as (pia, ben):
        await switchboard.follow(ROOM, plan(("pia", "ben"), pia=0))
        for kind in Kind:
            await ben.frame(0, kind)

        await switchboard.follow(ROOM, NOBODY)
        sent = {kind: (await counts(switchboard, "pia", "ben", kind)).forwarded for kind in Kind}
        for kind in Kind:  # what was on its way has come
            await until(lambda kind=kind: ben.packets(0, kind) == sent[kind])
        dropped = (await counts(switchboard, "pia", "ben", Kind.AUDIO)).dropped
        for ssrc in range(5):
            await pia.send_raw(datagram(96, ssrc, 0, ssrc, b"voice"))
        await until_counts(switchboard, "pia", "ben", Kind.AUDIO, lambda now: now.dropped > dropped + 50)

        assert {kind: ben.packets(0, kind) for kind in Kind} == sent
        assert {kind: (await counts(switchboard, "pia", "ben", kind)).forwarded for kind in Kind} == sent


async def test_a_route_that_opens_again_is_seen_again(switchboard):
    async with people(switchboard, "ada", "ben") as (_, ben):
        for _ in range(3):
            await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
            forwarded = (await counts(switchboard, "ada", "ben", Kind.VIDEO)).forwarded
            more = forwarded + 5
            await until_counts(switchboard, "ada", "ben", Kind.VIDEO, lambda now, more=more: now.forwarded > more)
            await ben.frame(0, Kind.VIDEO)
            await switchboard.follow(ROOM, NOBODY)

        stream = ben.slots[1].receiver
        assert len(stream._RTCRtpReceiver__remote_streams) == 1, "one stream all along"


@each_way
async def test_a_slot_changes_hands_without_negotiation(switchboard):
    async with people(switchboard, "ada", "ben", "cy") as (_, _, cy):
        for sender in ("ada", "ben", "ada"):
            before = cy.packets(0, Kind.VIDEO)
            await switchboard.follow(ROOM, plan((sender, "cy"), **{sender: 0}))
            await until(lambda before=before: cy.packets(0, Kind.VIDEO) > before + 5)
            await cy.frame(0, Kind.VIDEO)

        (stream,) = cy.slots[1].receiver._RTCRtpReceiver__remote_streams.values()
        assert stream.packets_lost == 0, "the numbering went on"


async def test_a_person_who_connects_again_replaces_themselves(switchboard):
    async with people(switchboard, "ada", "ben") as (ada, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))
        await ben.frame(0, Kind.AUDIO)

        async with people(switchboard, "ada") as (again,):
            await until(lambda: ada.connection.connectionState == "closed")
            before = ben.packets(0, Kind.VIDEO)
            await until(lambda: ben.packets(0, Kind.VIDEO) > before + 5)
            await again.frame(1, Kind.AUDIO)

        await until(lambda: switchboard.connected(ROOM) == {"ben"})


async def test_a_person_without_slots_can_be_heard(switchboard):
    async with people(switchboard, "ada", slots=0), people(switchboard, "ben", slots=1) as (ben,):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))

        await ben.frame(0, Kind.AUDIO)


async def test_a_plan_may_come_before_the_people(switchboard):
    await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))

    async with people(switchboard, "ada", "ben") as (_, ben):
        await ben.frame(0, Kind.AUDIO)


async def test_who_leaves_is_told_and_forgotten(switchboard):
    async with people(switchboard, "ada", "ben") as (ada, _):
        await switchboard.leave(ROOM, "ada")

        await until(lambda: ada.connection.connectionState == "closed")
        assert switchboard.connected(ROOM) == {"ben"}
        assert await counters(switchboard) == {}


async def test_a_restart_is_answered_from_the_first_offer_and_both_credentials_hold_until_the_new_are_used(switchboard):
    async with people(switchboard, "ada", "ben") as (ada, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        await ben.frame(0, Kind.AUDIO)
        first_offer = await ada.offer()
        name = attribute(first_offer, "ice-ufrag")
        old = ada.connection.remoteDescription.sdp

        new = await switchboard.answer(ROOM, "ada", first_offer.replace(f"a=ice-ufrag:{name}", "a=ice-ufrag:else"))

        assert "o=- 1 2 IN" in new
        assert attribute(new, "ice-ufrag") != attribute(old, "ice-ufrag")
        with Stranger(switchboard) as roaming:
            for answer in (old, new):
                transaction = roaming.check(answer, nominated=False)
                assert (await roaming.receive())[8:20] == transaction
            roaming.check(old, nominated=False)
            transaction = roaming.check(new, nominated=False)
            assert (await roaming.receive())[8:20] == transaction, "the old name is not answered any more"
        before = ben.packets(0, Kind.AUDIO)
        await until(lambda: ben.packets(0, Kind.AUDIO) > before + 10)


async def test_setting_the_machines_clock_does_not_move_the_clock_of_a_stream():
    wall = [1_000_000.0]
    switchboard = await Switchboard.listening("127.0.0.1", 0, wall=lambda: wall[0])
    switchboard.open_room(ROOM, 2)
    async with people(switchboard, "ada", "ben") as (_, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        reports = ben.slots[0].receiver._RTCRtpReceiver__lsr  # the middle of each stream's last NTP time
        await until(lambda: bool(reports))
        (before,) = reports.values()

        wall[0] += 3600
        await until(lambda: before not in reports.values())

        (after,) = reports.values()
        assert (after - before) % (1 << 32) < 60 << 16
    await switchboard.close()


async def test_an_offer_that_is_refused_says_why_and_is_counted(switchboard):
    before = switchboard.totals()
    with pytest.raises(OfferRefused, match="offer_not_understood"):
        await switchboard.answer(ROOM, "ada", "hello")
    with pytest.raises(OfferRefused, match="room_closed"):
        await switchboard.answer("another", "ada", "hello")

    once = {"refused_offer_not_understood": 1, "refused_room_closed": 1}
    await until(lambda: switchboard.totals() - before == once)
    assert switchboard.connected("another") == frozenset()


async def test_a_plan_that_contradicts_itself_silences_the_room(switchboard):
    async with people(switchboard, "ada", "ben", "cy") as (_, ben, _):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        await ben.frame(0, Kind.AUDIO)

        with pytest.raises(ValueError, match="slot"):
            await switchboard.follow(ROOM, plan(("ada", "ben"), ("cy", "ben"), ada=0, cy=0))

        sent = await counts(switchboard, "ada", "ben", Kind.AUDIO)
        await until_counts(switchboard, "ada", "ben", Kind.AUDIO, lambda now: now.dropped > sent.dropped + 10)
        assert (await counts(switchboard, "ada", "ben", Kind.AUDIO)).forwarded == sent.forwarded


async def test_the_port_is_taken_once(switchboard):
    with pytest.raises(OSError, match="in use"):
        await Switchboard.listening("127.0.0.1", switchboard.ports[0])


async def test_what_is_announced_is_what_browsers_are_told():
    switchboard = await Switchboard.listening("127.0.0.1", 0, [("198.51.100.7", 4443), ("198.51.100.8", 0)])
    switchboard.open_room(ROOM, 2)
    client = Client(0)
    answer = await switchboard.answer(ROOM, "ada", await client.offer())

    assert " 198.51.100.7 4443 typ host" in answer
    assert f" 198.51.100.8 {switchboard.port} typ host" in answer
    await client.close()
    await switchboard.close()


async def test_a_closed_room_hangs_up(switchboard):
    async with people(switchboard, "ada") as (ada,):
        switchboard.close_room(ROOM)
        switchboard.close_room(ROOM)

        await until(lambda: ada.connection.connectionState == "closed")
        assert switchboard.connected(ROOM) == frozenset()
