"""The port that everybody shares, over a real socket: one person's trouble is nobody else's."""

import asyncio
import contextlib
import itertools
import socket
from collections import Counter

import pytest
from aioice import stun

from ascona.media.checks import Check
from ascona.media.mux import BEHIND_SECONDS, Mux
from ascona.media.places import Address

PATIENCE = 20.0


class Somebody:
    """A connection that notes what reaches it, and breaks when told to."""

    line = None
    mux: Mux

    def __init__(self) -> None:
        self.media: list[bytes] = []
        self.something = asyncio.Event()

    def password(self, name: str) -> str | None:
        return "password" * 4

    def checked(self, check: Check, address: Address, now: float) -> None:
        self.mux.send(check.answer(address, "password" * 4), address)

    def holds(self, address: Address, now: float) -> bool:
        return True

    def receive_handshake(self, datagram: bytes, address: Address, now: float) -> None:
        raise RuntimeError("out of memory, say")

    def receive_media(self, datagram: bytes, address: Address, now: float) -> None:
        self.media.append(datagram)
        self.something.set()


def socket_to(mux: Mux, host: str = "127.0.0.1") -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.bind((host, 0))
    opened.connect((host, mux.address[1]))
    return opened


async def opened(host: str, counts: Counter[str]) -> Mux:
    return Mux(host, 0, lambda: 0.0, counts)


async def test_a_datagram_that_breaks_something_is_the_only_one_lost_and_is_told_once(logged):
    counts: Counter[str] = Counter()
    mux = await opened("127.0.0.1", counts)
    somebody = Somebody()
    with socket_to(mux) as peer:
        mux.places[peer.getsockname()] = somebody
        for datagram in (b"\x16handshake", b"\x16handshake", b"\x80media"):
            peer.send(datagram)
        async with asyncio.timeout(PATIENCE):
            await somebody.something.wait()
    mux.close()

    assert somebody.media == [b"\x80media"]
    assert counts == {"failed_datagram": 2}
    assert [line["event"] for line in logged] == ["datagram_failed"]


@pytest.mark.parametrize("native", [False, True])
async def test_pictures_are_passed_over_while_more_comes_than_can_be_read_and_voices_never(native):
    counts: Counter[str] = Counter()
    clock = itertools.count(0.0, 0.75 * BEHIND_SECONDS / 64)  # looked at for each packet that is taken
    mux = Mux("127.0.0.1", 0, lambda: next(clock), counts, native)
    somebody = Somebody()
    picture, voice = b"\x80\x60".ljust(450), b"\x80\x6f".ljust(100)
    with socket_to(mux) as peer:
        mux.places[peer.getsockname()] = somebody
        for datagram in [picture, voice] * 110:
            peer.send(datagram)
        async with asyncio.timeout(PATIENCE):
            while somebody.media.count(voice) < 110:
                await asyncio.sleep(0)
        taken = somebody.media.count(picture)
        await asyncio.sleep(0)
        peer.send(voice)  # with it all is read
        async with asyncio.timeout(PATIENCE):
            while somebody.media.count(voice) < 111:
                await asyncio.sleep(0)
        peer.send(picture)
        async with asyncio.timeout(PATIENCE):
            while somebody.media.count(picture) == taken:
                await asyncio.sleep(0)
    mux.close()

    assert 64 <= taken < 110
    assert counts == {"pictures_passed_over": 110 - taken}


async def test_who_comes_by_ipv4_to_an_ipv6_port_is_told_their_ipv4_address():
    try:
        mux = await opened("::", Counter())
    except OSError:
        pytest.skip("this machine has no IPv6")
    mux.endpoints["us"] = somebody = Somebody()
    somebody.mux = mux
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "us:them"})
    request.add_message_integrity(b"password" * 4)
    with socket_to(mux) as peer:
        peer.send(bytes(request))
        async with asyncio.timeout(PATIENCE):
            answer = stun.parse_message(await asyncio.get_running_loop().sock_recv(peer, 2048))

        assert answer.attributes["XOR-MAPPED-ADDRESS"] == peer.getsockname()
    mux.close()


async def test_any_free_port_is_one_that_tcp_may_have_as_well():
    host = "127.0.0.77"  # nobody else's
    with contextlib.ExitStack() as taken:
        for _ in range(500):
            taken.enter_context(socket.socket()).bind((host, 0))
        for _ in range(200):
            mux = Mux(host, 0, itertools.count().__next__, Counter())
            await mux.accept_streams()
            mux.close()
