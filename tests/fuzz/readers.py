"""Whatever reads what strangers send: each takes every sequence of bytes; what it lets out is our mistake."""

import asyncio
import atexit
import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, cast

from aioice import stun
from pydantic import ValidationError

from ascona.core.media_plan import Kind
from ascona.live.messages import BadMessage, Devices, Line, Offer, Shows, read_order
from ascona.media import rtcp
from ascona.media.checks import Check
from ascona.media.handshake import Handshake, HandshakeFailed, Identity
from ascona.media.mux import Asked, Mux
from ascona.media.offer import OfferRefused, read_offer
from ascona.media.packet import Malformed, read_packet, read_picture, repaired
from ascona.media.places import Address
from ascona.media.rtcp import read_rtcp
from ascona.media.stream import LARGEST_FRAME, Stream, Streams
from tests.support.streams import Listener
from tests.unit.media.test_publisher import Camera

PASSWORD = "password" * 4
_SLOTS = 2


def frames(data: bytes) -> Iterator[bytes]:
    """The packets again; the last may be cut off."""
    while len(data) >= 2:
        end = 2 + int.from_bytes(data[:2])
        yield data[2:end]
        data = data[end:]


# --- STUN ---


class Caller:
    """Somebody with a password, at the other end of a TCP connection; notes the answers."""

    peer = ("192.0.2.1", 1)

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.proved = self.proofs = 0

    def send(self, answer: bytes) -> None:
        self.answers.append(answer)

    def password(self, name: str) -> str | None:
        return PASSWORD

    def checked(self, check: Check, address: Address, now: float) -> None:
        self.proved += 1
        self.send(check.answer(self.peer, PASSWORD))

    def holds(self, address: Address, now: float) -> bool:
        return False

    def answered(self, now: float) -> None:
        self.proofs += 1

    def receive_handshake(self, datagram: bytes, address: Address, now: float) -> None:
        raise AssertionError("nobody is known here")

    def receive_media(self, datagram: bytes, address: Address, now: float) -> None:
        raise AssertionError("nobody is known here")


_loop = asyncio.new_event_loop()
atexit.register(_loop.close)


async def _opened() -> Mux:
    return Mux("127.0.0.1", 0, lambda: 0.0, Counter())


def read_check(data: bytes) -> None:
    """As it is, without a proof; then, if it can be read at all, with one."""
    mux = _loop.run_until_complete(_opened())
    caller: Any = Caller()
    mux.endpoints["us"] = caller
    mux.asked[data[8:20]] = Asked(caller, PASSWORD, caller.answered)
    try:
        mux._sort(data, caller)
        with contextlib.suppress(Exception):  # aioice's own trouble, which the port must not have
            message = stun.parse_message(data)
            message.add_message_integrity(PASSWORD.encode())
            data = bytes(message)
        mux._sort(data, caller)
    finally:
        mux.close()
    assert len(caller.answers) == caller.proved <= 2
    assert caller.proved + caller.proofs <= 2
    for answer in caller.answers:
        assert len(answer) < 128, "no more than was asked with, or strangers would be sent much"


# --- offers ---


def read_sdp(data: bytes) -> None:
    for slots in (_SLOTS, 18):
        with contextlib.suppress(OfferRefused):
            offer = read_offer(data.decode(errors="replace"), slots)
            assert offer.slots <= slots
            assert all(0 <= line.payload_type < 128 for line in offer.lines)


# --- RTP ---


def read_rtp(data: bytes) -> None:
    """One packet, whole and as what it repairs."""
    with contextlib.suppress(Malformed):
        packet, extensions = read_packet(data)
        assert len(packet.payload) <= len(data)
        assert all(0 < name < 256 for name in extensions)
        with contextlib.suppress(Malformed):
            read_picture(packet.payload)
        read_picture(repaired(packet, 1).payload)


def read_uplink(data: bytes) -> None:
    """Everything that one person sends, on its way to somebody who may hear and see it."""
    camera, voice, picture = Camera(), Listener(Kind.AUDIO), Listener(Kind.VIDEO)
    for listener in (voice, picture):
        camera.publisher.admit(listener.output, 0.0)
    for turn, packet in enumerate(frames(data)):
        with contextlib.suppress(Malformed):
            camera.publisher.receive(packet, turn / 50)
        if turn % 5 == 0:
            camera.publisher.ask(turn / 50)
            camera.publisher.feed_back()
            camera.publisher.beat(turn / 50)


# --- RTCP ---


def read_reports(data: bytes) -> None:
    """One compound packet, and what becomes of it."""
    camera, picture = Camera(), Listener(Kind.VIDEO)
    camera.show("h", key=True, count=3)
    camera.publisher.admit(picture.output, 0.0)
    camera.show("h", key=True)
    with contextlib.suppress(Malformed):
        for heard in read_rtcp(data):
            if isinstance(heard, rtcp.Nack):
                assert len(heard.lost) <= len(data) * 17
                picture.output.resend(heard.lost, 1.0)
            elif isinstance(heard, rtcp.SenderReport):
                camera.publisher.reported(heard, 1.0)
    camera.publisher.beat(2.0)


# --- TCP ---


class Wire:
    """A TCP transport without a network."""

    def __init__(self) -> None:
        self.closed = False

    def get_extra_info(self, name: str) -> object:
        return ("192.0.2.1", 1) if name == "peername" else self

    def set_write_buffer_limits(self, high: int, low: int) -> None: ...

    def setsockopt(self, *_: object) -> None: ...

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


async def _read_stream(data: bytes) -> None:
    came: list[bytes] = []
    streams = Streams(
        received=lambda packet, _: came.append(packet),
        belongs=lambda _: True,
        left=lambda _: None,
        clock=lambda: 0.0,
        counts=Counter(),
    )
    wire, stream = Wire(), Stream(streams)
    stream.connection_made(cast(asyncio.BaseTransport, wire))
    piece, rest = 1 + 7 * (data[0] if data else 0), data[1:]
    while rest and not wire.closed:
        space = stream.get_buffer(-1)
        assert len(space) > 0, "somebody who may send is read"
        size = min(piece, len(space), len(rest))
        space[:size], rest = rest[:size], rest[size:]
        stream.buffer_updated(size)
    stream.connection_lost(None)
    assert came == list(_whole_frames(data[1:])), "however it was cut, the same packets come"


def _whole_frames(data: bytes) -> Iterator[bytes]:
    """What the standard says is in there, up to the first frame that is too large."""
    for packet in frames(data):
        announced = int.from_bytes(data[:2])
        if announced > LARGEST_FRAME or announced > len(packet):
            return
        if packet:
            yield packet
        data = data[2 + announced :]


def read_stream(data: bytes) -> None:
    _loop.run_until_complete(_read_stream(data))


# --- DTLS ---

_identity = Identity()


def read_flights(data: bytes) -> None:
    """Datagrams of somebody who shakes hands badly."""
    handshake = Handshake(_identity, "00:" * 31 + "00")
    for flight in frames(data):
        if not flight:
            continue  # the port lets none in
        with contextlib.suppress(HandshakeFailed):
            handshake.receive(flight)
            handshake.retransmit()
        assert len(handshake.take()) < 8192
        assert handshake.secured is None
    handshake.close()


# --- socket messages ---


def read_message(data: bytes) -> None:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return
    for read in (read_order, Devices.model_validate, Line.model_validate, Shows.model_validate, Offer.model_validate):
        with contextlib.suppress(BadMessage, ValidationError):
            cast(Callable[[object], object], read)(message)
