"""What is fed to whom, and what it begins with: what browsers send, or their writers wrote."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aioice import stun

from ascona.media import rtcp
from tests.fuzz import readers, sequences
from tests.support.streams import AUDIO_TYPE, REPAIR_TYPE, VIDEO_TYPE, datagram, vp8
from tests.unit.media.test_handshake import Peer
from tests.unit.media.test_offer import CHROMIUM, FIREFOX
from tests.unit.media.test_publisher import REPAIRED_RID, RID, SSRC


@dataclass(frozen=True)
class Target:
    """
    A reader, and what it is fed first.

    Attributes:
        read: Raises whatever should never be raised.
        seeds: What a browser sends.
        words: That a reader looks for, and chance would not find.
    """

    read: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()


def framed(*packets: bytes) -> bytes:
    """Many packets as one sequence of bytes, as on TCP (RFC 4571)."""
    return b"".join(len(packet).to_bytes(2) + packet for packet in packets)


def check(of: stun.Class = stun.Class.REQUEST, **attributes: object) -> bytes:
    message = stun.Message(stun.Method.BINDING, of, b"transaction!", {"USERNAME": "us:them"} | attributes)
    message.add_message_integrity(readers.PASSWORD.encode())
    message.add_fingerprint()
    return bytes(message)


def bare(sdp: str) -> bytes:
    """The first two m-lines of an offer, and of what they say only what is read."""
    sections = sdp.split("m=")[:3]
    lines = [line for line in "m=".join(sections).splitlines() if line.startswith(("v=", "m=", *_READ_OF_SDP))]
    return "\n".join("a=group:BUNDLE 0 1" if line.startswith("a=group") else line for line in lines).encode()


_READ_OF_SDP = tuple(
    f"a={name}"
    for name in (
        "group", "mid", "ice-ufrag", "ice-pwd", "fingerprint", "setup", "rtcp-mux", "sendonly", "rid", "simulcast",
        "ssrc", "rtpmap:111 ", "rtpmap:96 ", "rtpmap:97 ", "fmtp:97 ", "rtcp-fb:96 ", "extmap:3 ", "extmap:10 ",
    )
)  # fmt: skip


def uplink() -> Iterator[bytes]:
    for number in range(1, 8):
        yield datagram(AUDIO_TYPE, number, 960 * number, 20, b"voice", b"\x31" + number.to_bytes(2))
        element = bytes([RID << 4]) + b"h" + b"\x31" + number.to_bytes(2)
        yield datagram(VIDEO_TYPE, 2 * number, 3000 * number, SSRC["h"], vp8(number, number, number == 1), element)
    element = bytes([REPAIRED_RID << 4]) + b"h"
    yield datagram(REPAIR_TYPE, 1, 0, 30, (3).to_bytes(2) + vp8(3), element)


def hello() -> bytes:
    peer = Peer()
    peer.step()
    return peer.take()


def _orders() -> Iterator[bytes]:
    for do, fields in {
        "Knock": {"name": "Max", "agreed": True, "microphone": True, "camera": False},
        "Extend": {"minutes": 2},
        "SetAtEnd": {"at_end": "advance", "whole_evening": True},
        "GoToPhase": {"step": 1},
        "OpenSession": {},
    }.items():
        yield json.dumps({"do": do, "version": 3, "key": "0123456789"} | fields).encode()
    yield json.dumps({"microphone": True, "camera": False}).encode()
    yield json.dumps({"text": "north"}).encode()
    yield json.dumps({"sdp": "v=0"}).encode()
    yield json.dumps({"heights": [360, 0, 90]}).encode()


def _evenings() -> Iterator[bytes]:
    for seed in (*range(6), 19, 20):
        yield random.Random(seed).randbytes(300)  # noqa: S311  # any will do, but always the same


_WORDS_OF_SDP = (
    b"m=audio 9 UDP/TLS/RTP/SAVPF ", b"m=video 9 UDP/TLS/RTP/SAVPF ", b"a=rtpmap:", b"a=fmtp:", b"apt=", b"a=extmap:",
    b"a=rid:", b"a=simulcast:send l;h", b"a=ssrc:", b"a=ssrc-group:FID ", b"a=setup:active", b"a=group:BUNDLE ",
    b"a=fingerprint:sha-256 ", b"a=rtcp-fb:", b"a=ice-ufrag:", b"a=ice-pwd:", b"a=mid:", b"\r\n",
)  # fmt: skip
_KEYS = ("do", "version", "key", "name", "person", "minutes", "microphone", "camera", "text", "sdp", "heights")
_WORDS_OF_MESSAGES = tuple(f'"{key}"'.encode() for key in _KEYS)

TARGETS = {
    "stun": Target(
        readers.read_check,
        (
            check(),
            check(**{"PRIORITY": 7, "ICE-CONTROLLING": 1, "USE-CANDIDATE": None}),
            check(stun.Class.RESPONSE, **{"XOR-MAPPED-ADDRESS": ("192.0.2.1", 1)}),
        ),
        (b"\x00\x06", b"\x00\x08\x00\x14", b"\x00\x24\x00\x04", b"\x00\x25\x00\x00", b"us:them"),
    ),
    "offer": Target(readers.read_sdp, (bare(CHROMIUM), CHROMIUM.encode(), FIREFOX.encode()), _WORDS_OF_SDP),
    "rtp": Target(readers.read_rtp, tuple(uplink()), (b"\xbe\xde", b"\x10\x00")),
    "uplink": Target(readers.read_uplink, (framed(*uplink()),), (b"\xbe\xde",)),
    "rtcp": Target(
        readers.read_reports,
        (
            rtcp.sender_report(22, "name", 1 << 60, 3000, 4, 400),
            rtcp.receiver_report(5, "name", [rtcp.ReportBlock(1000, 1, 2, 3, 4, 5)]) + rtcp.nack(5, 1000, [1, 2, 9]),
            rtcp.receiver_report(5, "name") + rtcp.pli(5, 1000),
            rtcp.transport_feedback(5, 1000, 7, 9, {7: 0.0, 8: 0.1, 15: 0.2}, 1),
            b"\x8f\xce\x00\x05" + bytes(8) + b"REMB\x01\x0b\xff\xff" + bytes(4),
            b"\x84\xce\x00\x04" + bytes(8) + (1000).to_bytes(4) + b"\x01\x00\x00\x00",
        ),
        (b"REMB", b"\x8f\xcd", b"\x81\xcd", b"\x81\xce", b"\x84\xce", b"\x8f\xce"),
    ),
    "tcp": Target(
        readers.read_stream, (b"\x00" + framed(b"voice", b"", b"picture" * 100), b"\xff" + framed(bytes(1500)))
    ),
    "dtls": Target(
        readers.read_flights, (framed(hello()), framed(hello(), hello())), (b"\x16\xfe\xfd", b"\x16\xfe\xff")
    ),
    "messages": Target(readers.read_message, tuple(_orders()), _WORDS_OF_MESSAGES),
    "sequences": Target(sequences.read_sequence, tuple(_evenings())),
}
