"""TCP at the media port, over real sockets: who proves nothing, stalls or talks nonsense is let go, and nobody else."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import pytest
from aioice import stun

from ascona.media import stream
from ascona.media.checks import Check
from ascona.media.mux import Mux
from ascona.media.places import Address

PATIENCE = 20.0
PASSWORD = "password" * 4


class Somebody:
    """A connection that notes what reaches it, and from where."""

    def __init__(self) -> None:
        self.place: Address = ("nowhere", 0)
        self.media: list[bytes] = []
        self.flights: list[bytes] = []

    def password(self, name: str) -> str | None:
        return PASSWORD

    def checked(self, check: Check, address: Address, now: float) -> None:
        self.place = address
        self.port.claim(address, self, now)
        self.port.send(check.answer(address if isinstance(address, tuple) else address.peer, PASSWORD), address)

    def holds(self, address: Address, now: float) -> bool:
        return True

    def receive_handshake(self, datagram: bytes, address: Address, now: float) -> None:
        self.flights.append(datagram)

    def receive_media(self, datagram: bytes, address: Address, now: float) -> None:
        self.media.append(datagram)

    port: Mux


class Peer:
    """Whoever is at the other end of a TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *packets: bytes) -> None:
        self.writer.write(b"".join(len(packet).to_bytes(2) + packet for packet in packets))

    async def receive(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(int.from_bytes(await self.reader.readexactly(2)))

    async def prove(self, password: str = PASSWORD) -> stun.Message:
        """Send a valid check, and read the answer."""
        self.send(check(password))
        return stun.parse_message(await self.receive())

    async def is_let_go(self) -> None:
        async with asyncio.timeout(PATIENCE):
            try:
                while await self.reader.read(65536):
                    """Until nothing more comes."""
            except ConnectionError:
                """Reset rather than closed: as good."""


class Place:
    """A media port, one connection behind it, and peers who come to it."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.now = 0.0
        self.counts: Counter[str] = Counter()
        self.mux = Mux(host, 0, lambda: self.now, self.counts)
        self.somebody = Somebody()
        self.somebody.port = self.mux
        self.mux.endpoints["us"] = self.somebody
        self.peers: list[Peer] = []

    async def peer(self) -> Peer:
        self.peers.append(Peer(*await asyncio.open_connection(*self.mux.address[:2])))
        return self.peers[-1]

    async def close(self) -> None:
        self.mux.close()
        for peer in self.peers:
            peer.writer.close()


def check(password: str = PASSWORD) -> bytes:
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "us:them"})
    request.add_message_integrity(password.encode())
    return bytes(request)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    made = Place()
    await made.mux.accept_streams()
    yield made
    await made.close()


async def test_a_peer_proves_who_they_are_and_is_listened_to_and_sent_to(place):
    peer = await place.peer()
    answer = await peer.prove()
    peer.send(b"\x16flight", b"", b"\x80media")
    await until(lambda: place.somebody.media == [b"\x80media"])
    place.mux.send(b"\x80answer", place.somebody.place)

    assert answer.attributes["XOR-MAPPED-ADDRESS"] == peer.writer.get_extra_info("sockname")
    assert place.somebody.flights == [b"\x16flight"]
    assert await peer.receive() == b"\x80answer"
    assert place.counts == {}


async def test_frames_may_come_in_any_pieces(place):
    peer = await place.peer()
    await peer.prove()
    packets = [b"\x80" + bytes([number]) * number * 10 for number in range(1, 140)]
    whole = b"".join(len(packet).to_bytes(2) + packet for packet in packets)
    for start in range(0, len(whole), 997):
        peer.writer.write(whole[start : start + 997])
        await peer.writer.drain()

    await until(lambda: len(place.somebody.media) == len(packets))
    assert place.somebody.media == packets


async def test_who_has_not_proved_anything_reaches_nobody(place):
    peer = await place.peer()
    peer.send(b"\x16flight", b"\x80media", check("wrong" * 5))
    await until(lambda: place.counts["unproven_stun"] == 1)

    assert place.counts["strangers"] == 2
    assert (place.somebody.media, place.somebody.flights) == ([], [])


async def test_too_many_bytes_without_a_proof_are_the_end(place):
    honest, stranger = await place.peer(), await place.peer()
    await honest.prove()
    stranger.send(*[b"\x80" + bytes(500)] * 20)

    await stranger.is_let_go()
    assert place.counts["stream_unproven"] == 1
    assert await honest.prove()


async def test_too_much_time_without_a_proof_is_the_end(place, monkeypatch):
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.05)
    stranger = await place.peer()

    await stranger.is_let_go()
    assert place.counts == {"stream_unproven": 1}


async def test_who_falls_silent_or_whose_connection_has_ended_is_let_go(place, monkeypatch):
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.05)
    silent = await place.peer()
    await silent.prove()
    place.now = stream.SILENCE_SECONDS + 1
    await silent.is_let_go()
    assert place.counts == {"stream_silent": 1}
    assert place.mux.places == {}

    removed = await place.peer()
    await removed.prove()
    place.mux.places.clear()
    await removed.is_let_go()
    assert place.counts["stream_unproven"] == 1


@pytest.mark.parametrize("nonsense", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + bytes(600), (1501).to_bytes(2)])
async def test_a_frame_that_is_too_large_is_the_end(place, nonsense):
    honest, stranger = await place.peer(), await place.peer()
    await honest.prove()
    await stranger.prove()
    stranger.writer.write(nonsense)

    await stranger.is_let_go()
    assert place.counts == {"stream_frame_too_big": 1}
    assert await honest.prove()


async def test_one_address_gets_so_many_connections_and_one_that_ends_makes_room(place, monkeypatch):
    monkeypatch.setattr(stream, "STREAMS_PER_PLACE", 3)
    peers = [await place.peer() for _ in range(3)]
    for peer in peers:
        await peer.prove()
    await (await place.peer()).is_let_go()
    assert place.counts == {"streams_too_many": 1}

    peers[0].writer.close()
    await until(lambda: len(place.mux.places) == 2)
    assert await (await place.peer()).prove()


async def test_there_are_so_many_connections_in_all(place, monkeypatch):
    monkeypatch.setattr(stream, "STREAMS_LIMIT", 2)
    for _ in range(2):
        await (await place.peer()).prove()

    await (await place.peer()).is_let_go()
    assert place.counts == {"streams_too_many": 1}


async def test_where_all_places_are_taken_the_oldest_that_proves_nothing_makes_room(place, monkeypatch):
    monkeypatch.setattr(stream, "STREAMS_LIMIT", 3)
    proven, silent, young = await place.peer(), await place.peer(), await place.peer()
    await proven.prove()

    newcomer = await place.peer()
    await silent.is_let_go()
    assert await newcomer.prove()
    assert await young.prove()
    assert place.counts == {"stream_made_room": 1}


def test_one_network_of_ipv6_is_one_place():
    assert stream.place_of("2001:db8:1:2::3") == stream.place_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert stream.place_of("2001:db8:1:3::3") != stream.place_of("2001:db8:1:2::3")
    assert stream.place_of("::ffff:192.0.2.1") != stream.place_of("::ffff:192.0.2.2")
    assert stream.place_of("fe80::1%eth0") == "fe80::/64"


async def test_who_does_not_read_loses_pictures_first_then_everything_and_then_the_connection(place, monkeypatch):
    monkeypatch.setattr(stream, "STALL_SECONDS", 0.2)
    stalled, honest = await place.peer(), await place.peer()
    await stalled.prove()
    slow = place.somebody.place
    await honest.prove()
    stalled.writer.transport.pause_reading()
    picture, voice = b"\x80" + bytes(1200), b"\x80" + bytes(80)
    while not place.counts["stream_pictures_unsent"]:
        place.mux.send(picture, slow)
    assert place.counts["unsent"] == 0
    while not place.counts["unsent"]:
        place.mux.send(voice, slow)
    assert place.counts["stream_pictures_unsent"] == 1

    await until(lambda: place.counts["stream_stalled"] == 1)
    place.mux.send(voice, slow)
    await until(lambda: slow not in place.mux.places)
    assert await honest.prove()


async def test_who_reads_again_in_time_is_sent_to_again(place):
    peer = await place.peer()
    await peer.prove()
    packet = b"\x80" + bytes(80)
    while not place.counts["unsent"]:
        place.mux.send(packet, place.somebody.place)
    while not place.mux.places or place.somebody.place.full:
        await peer.receive()
    place.mux.send(b"\x80again", place.somebody.place)

    while await peer.receive() != b"\x80again":
        """What had been waiting."""
    assert place.counts["stream_stalled"] == 0


async def test_ipv6_and_ipv4_come_to_one_port():
    try:
        both = Place("::")
    except OSError:
        pytest.skip("this machine has no IPv6")
    await both.mux.accept_streams()
    for host in ("::1", "127.0.0.1"):
        peer = Peer(*await asyncio.open_connection(host, both.mux.address[1]))
        both.peers.append(peer)
        answer = await peer.prove()
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == peer.writer.get_extra_info("sockname")[:2]
    await both.close()


async def test_the_port_is_free_again_at_once(place):
    peer = await place.peer()
    await peer.prove()
    number = place.mux.address[1]
    place.mux.close()
    await peer.is_let_go()

    again = Mux("127.0.0.1", number, lambda: 0.0, Counter())
    await again.accept_streams()
    again.close()
