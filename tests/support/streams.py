"""Streams for tests: pictures and voices as a publisher sends them, and listeners who note what comes."""

import itertools
from collections.abc import Sequence

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.output import Output
from ascona.media.packet import HEADER, Packet, Picture, read_packet, read_picture
from tests.support import ways

AUDIO_TYPE, VIDEO_TYPE, REPAIR_TYPE = 111, 96, 97


def vp8(number: int, base: int = 0, key: bool = False, starts: bool = True) -> bytes:
    """A VP8 payload with a long picture id and TL0PICIDX."""
    first = 0x90 if starts else 0x80
    return bytes([first, 0xE0, 0x80 | number >> 8 & 0x7F, number & 0xFF, base & 0xFF, 0, 0 if key else 1]) + b"picture"


def datagram(
    payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, element: bytes = b""
) -> bytes:
    """RTP as a browser sends it; `element` is one header extension of one-byte form, without padding."""
    if not element:
        return HEADER.pack(0x80, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload
    block = element + bytes(-len(element) % 4)
    head = HEADER.pack(0x90, payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    return head + b"\xbe\xde" + (len(block) // 4).to_bytes(2, "big") + block + payload


def picture_packet(
    sequence: int, number: int = 0, key: bool = False, timestamp: int | None = None
) -> tuple[Packet, Picture]:
    """A parsed packet of a picture, one frame each."""
    stamp = 3000 * sequence if timestamp is None else timestamp
    packet = read_packet(datagram(VIDEO_TYPE, sequence, stamp, 7, vp8(number, number, key)))[0]
    return packet, read_picture(packet.payload)


class Listener:
    """Notes what an output sends, on whichever way is chosen."""

    def __init__(self, kind: Kind = Kind.VIDEO, ssrc: int = 1000, first: int = 100, sent_at: int | None = 3) -> None:
        """
        Args:
            first: What numbers begin with.
            sent_at: Id of abs-send-time, which only pictures have.
        """
        self._sent: list[Packet] = []
        self.raw: list[bytes] = []
        self.by_the_rules = 0
        self.reports: list[rtcp.Heard] = []
        self.end = ways.chosen.end()
        self.output = Output(
            kind=kind,
            name="slot0",
            ssrc=ssrc,
            payload_type=AUDIO_TYPE if kind is Kind.AUDIO else VIDEO_TYPE,
            send=self._receive,
            send_report=lambda report: self.reports.extend(rtcp.read_rtcp(report)),
            bits=lambda length: first,
            repair=(ssrc + 1, REPAIR_TYPE) if kind is Kind.VIDEO else None,
            sent_at=sent_at if kind is Kind.VIDEO else None,
            line=self.end.line,
            way=self.end.way,
        )

    def forward(self, packet: Packet, picture: Picture | None, now: float) -> None:
        """Have one packet sent on to this listener alone."""
        ways.chosen.fan_out((self.output,), packet, picture, now)
        self._collect()  # no more than a socket holds

    def _receive(self, head: bytes, body: bytes, left_out: int) -> None:
        self.by_the_rules += 1
        self._collect()
        self._note(head + body[left_out:])

    def _collect(self) -> None:
        for packet in self.end.received():
            self._note(packet)

    def _note(self, packet: bytes) -> None:
        self.raw.append(packet)
        self._sent.append(read_packet(packet)[0])

    @property
    def sent(self) -> list[Packet]:
        self._collect()
        return self._sent

    @property
    def sequences(self) -> list[int]:
        return [packet.sequence for packet in self.sent if packet.ssrc == self.output.ssrc]

    @property
    def timestamps(self) -> list[int]:
        return [packet.timestamp for packet in self.sent]

    @property
    def picture_ids(self) -> list[int]:
        return [read_picture(packet.payload).number or 0 for packet in self.sent]

    @property
    def bases(self) -> list[int]:
        return [packet.payload[4] for packet in self.sent]


def steps(numbers: Sequence[int], modulo: int) -> list[int]:
    """The distances between neighbours."""
    return [(after - before) % modulo for before, after in itertools.pairwise(numbers)]
