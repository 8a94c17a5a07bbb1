"""What a crowd sends, encrypted beforehand, and what of it comes back; the hot path is `crowd.c`, compiled here."""

import ctypes
import itertools
import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from tests.load.peer import Peer
from tests.support.streams import AUDIO_TYPE, VIDEO_TYPE, datagram, vp8

SIZES = 32  # packets grow by a byte from one to the next, and start again: so each is known wherever it comes
AUDIO_BYTES = 80  # of Opus: about 32 kbit/s
AUDIO_SECONDS, FRAME_SECONDS = 0.02, 0.04  # the packets of a frame come right behind one another
KEY_FRAMES = 25  # one in so many is one, so that whoever waits for one need not ask
CHECK_SECONDS = 2.5  # as Chromium; a server stops sending to those who are not heard of
REPORT_SECONDS = 1.0
SETTLING = 20.0  # seconds before what is measured: ours sends all the pictures only once it believes the line
LATE = 0.5  # and after it, for what is on its way

MID, TRANSPORT_WIDE = 4, 3  # ids of header extensions

_SOURCE = Path(__file__).with_name("crowd.c")
_HEARD = 128
_ASKED = 1024
_BUCKET = 20_000  # nanoseconds
_BUCKETS = 50_000  # so a second; longer is the last
_SECOND = 1_000_000_000
_ITEM = struct.Struct("=qQIiiI")


@dataclass
class Link:
    """
    One connection of one person; with Janus a person has two.

    Attributes:
        sends: The sender's place in the crowd, where something is sent here; else None.
        hears: Sender and kind by the SSRC they come with.
    """

    peer: Peer
    sends: int | None
    hears: dict[int, tuple[int, Kind]]


@dataclass(frozen=True)
class Heard:
    """
    What came while it was measured, and what became of all that was sent then.

    Attributes:
        packets: Came.
        expected: Should have come of what was sent, to all who hear it.
        lost: Of these, what has not come when `LATE` has passed.
        late: Milliseconds from being sent to the kernel's receiving them, by share of the packets.
        odd: Packets that could not be told from one another.
        generator_late: Milliseconds by which the crowd itself was late at most.
    """

    seconds: float
    packets: int
    lost: dict[Kind, int]
    expected: int
    late: dict[str, float]
    odd: int
    generator_late: float

    @property
    def per_second(self) -> float:
        return self.packets / self.seconds


class _Item(ctypes.Structure):
    _fields_ = (
        ("due", ctypes.c_int64),
        ("at", ctypes.c_uint64),
        ("length", ctypes.c_uint32),
        ("socket", ctypes.c_int32),
        ("stream", ctypes.c_int32),
        ("number", ctypes.c_uint32),
    )


class _Heard(ctypes.Structure):
    _fields_ = (
        ("ssrc", ctypes.c_uint32),
        ("stream", ctypes.c_int32),
        ("first", ctypes.c_int32),
        ("received", ctypes.c_uint32),
        ("least", ctypes.c_uint32),
    )


class _Question(ctypes.Structure):
    _fields_ = (("socket", ctypes.c_int32), ("transaction", ctypes.c_uint8 * 12))


class _Crowd(ctypes.Structure):
    _fields_ = (
        ("items", ctypes.c_void_p),
        ("item_count", ctypes.c_int64),
        ("next", ctypes.c_int64),
        ("arena", ctypes.c_void_p),
        ("sockets", ctypes.c_void_p),
        ("socket_count", ctypes.c_int64),
        ("heard", ctypes.c_void_p),
        ("sent_at", ctypes.c_void_p),
        ("newest", ctypes.c_void_p),
        ("span", ctypes.c_int64),
        ("histogram", ctypes.c_void_p),
        ("buckets", ctypes.c_int64),
        ("bucket", ctypes.c_int64),
        ("begins", ctypes.c_int64),
        ("ends", ctypes.c_int64),
        *((name, ctypes.c_int64) for name in ("media", "others", "odd", "unsent", "latest", "asked")),
        ("questions", _Question * _ASKED),
    )


def built(folder: Path) -> ctypes.CDLL:
    """
    The hot path, compiled.

    Raises:
        OSError: If there is no C compiler.
        subprocess.CalledProcessError: If it refuses.
    """
    library = folder / "crowd.so"
    compiler = os.environ.get("CC", "gcc")
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.crowd_hear.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_uint32, ctypes.c_int32]
    loaded.crowd_run.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    loaded.crowd_hear.restype = loaded.crowd_run.restype = None
    return loaded


class Traffic:
    """Everything that a crowd will send in so many seconds, ready to be sent."""

    def __init__(self, library: ctypes.CDLL, links: Sequence[Link], picture: Sequence[int], seconds: float) -> None:
        """
        Args:
            picture: Bytes of RTP payload of each packet of a frame.
            seconds: Of what is measured; some before and after come to it.
        """
        self._library = library
        self._links = links
        self._seconds = seconds
        self._whole = SETTLING + seconds + LATE
        self._arena = bytearray()
        planned = sorted(
            (due, number, end, stream, packet)
            for end, link in enumerate(links)
            for due, stream, number, packet in _scheduled(link, _senders(links), picture, self._whole)
        )
        self._items = (_Item * len(planned))()
        self._offsets = [due for due, *_ in planned]
        for item, (_, number, end, stream, packet) in zip(self._items, planned, strict=True):
            item.at, item.length = len(self._arena), len(packet)
            item.socket, item.stream, item.number = end, stream, number
            self._arena += packet
        self._sockets = (ctypes.c_int32 * len(links))(*(link.peer.socket.fileno() for link in links))
        self._heard = (_Heard * (_HEARD * len(links)))()
        self._span = int(self._whole / AUDIO_SECONDS) + 4
        self._sent_at = (ctypes.c_int64 * (2 * _senders(links) * self._span))()
        self._newest = (ctypes.c_int64 * (2 * _senders(links)))()
        self._histogram = (ctypes.c_int64 * (2 * _BUCKETS))()
        self._crowd = _Crowd(
            items=ctypes.addressof(self._items),
            item_count=len(planned),
            arena=ctypes.addressof(ctypes.c_char.from_buffer(self._arena)),
            sockets=ctypes.addressof(self._sockets),
            socket_count=len(links),
            heard=ctypes.addressof(self._heard),
            sent_at=ctypes.addressof(self._sent_at),
            newest=ctypes.addressof(self._newest),
            span=self._span,
            histogram=ctypes.addressof(self._histogram),
            buckets=_BUCKETS,
            bucket=_BUCKET,
        )
        for number, link in enumerate(links):
            link.peer.socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
            for ssrc, (sender, kind) in link.hears.items():
                library.crowd_hear(ctypes.byref(self._crowd), number, ssrc, _stream(sender, kind))

    def run(self, mark: Callable[[], Any]) -> tuple[Heard, Any, Any]:
        """Send it all and count; `mark` is called when what is measured begins and ends, its answers are returned."""
        begin = time.time_ns() + _SECOND // 10
        for item, offset in zip(self._items, self._offsets, strict=True):
            item.due = begin + int(offset * _SECOND)
        crowd = self._crowd
        crowd.begins = begin + int(SETTLING * _SECOND)
        crowd.ends = crowd.begins + int(self._seconds * _SECOND)
        self._run(crowd.begins)
        before = mark()
        crowd.latest = 0
        self._run(crowd.ends)
        after = mark()
        lateness = crowd.latest / 1e6
        self._run(crowd.ends + int(LATE * _SECOND))
        return self._result(lateness), before, after

    def _run(self, until: int) -> None:
        """Go on until then, and answer a server's own checks now and then: whoever answers none is sent nothing."""
        while (now := time.time_ns()) < until:
            self._library.crowd_run(ctypes.byref(self._crowd), min(until, now + _ANSWERS))
            for question in self._crowd.questions[: self._crowd.asked]:
                self._links[question.socket].peer.answer(bytes(question.transaction))
            self._crowd.asked = 0

    def _result(self, lateness: float) -> Heard:
        crowd = self._crowd
        sent = [
            sum(crowd.begins <= at < crowd.ends for at in self._sent_at[start : start + self._span])
            for start in range(0, len(self._sent_at), self._span)
        ]
        lost = dict.fromkeys(Kind, 0)
        expected = 0
        for one in self._heard:
            if one.ssrc:
                lost[_KINDS[one.stream & 1]] += sent[one.stream] - one.received
                expected += sent[one.stream]
        both = [sum(pair) for pair in zip(self._histogram[:_BUCKETS], self._histogram[_BUCKETS:], strict=True)]
        return Heard(
            seconds=self._seconds,
            packets=crowd.media,
            lost=lost,
            expected=expected,
            late={name: _share(both, share) for name, share in (("p50", 0.5), ("p99", 0.99))},
            odd=crowd.odd,
            generator_late=lateness,
        )


_KINDS = (Kind.AUDIO, Kind.VIDEO)
_ANSWERS = _SECOND // 20  # nanoseconds from one look at a server's checks to the next
_TIMESTAMPS = 35  # SO_TIMESTAMPNS, which the socket module does not name


def _stream(sender: int, kind: Kind) -> int:
    return 2 * sender + _KINDS.index(kind)


def _senders(links: Sequence[Link]) -> int:
    return 1 + max(link.sends for link in links if link.sends is not None)


def _share(histogram: Sequence[int], share: float) -> float:
    """The milliseconds within which this share of packets came; no number if none came."""
    due = share * sum(histogram) or float("nan")
    for bucket, so_far in enumerate(itertools.accumulate(histogram)):
        if so_far >= due:
            return (bucket + 1) * _BUCKET / 1e6
    return float("nan")


def source(sender: int, kind: Kind) -> int:
    """The SSRC that a sender declares."""
    return 1_000_000 + 10 * sender + _KINDS.index(kind)


Scheduled = tuple[float, int, int, bytes]  # seconds from the start, stream, number, encrypted


def _scheduled(link: Link, senders: int, picture: Sequence[int], seconds: float) -> Iterator[Scheduled]:
    phase = (link.sends or 0) / senders  # nobody sends at the same moment as another
    peer = link.peer
    for turn in range(int(seconds / CHECK_SECONDS)):
        yield (turn + phase) * CHECK_SECONDS, -1, 0, peer.check
    if link.hears:
        for turn in range(int(seconds / REPORT_SECONDS)):
            yield (turn + phase) * REPORT_SECONDS, -1, 0, peer.keys.protect_rtcp(enough())
    if link.sends is not None:
        yield from _voice(peer, link.sends, phase, seconds)
        yield from _camera(peer, link.sends, phase, seconds, picture)


def _voice(peer: Peer, sender: int, phase: float, seconds: float) -> Iterator[Scheduled]:
    ssrc, stream = source(sender, Kind.AUDIO), _stream(sender, Kind.AUDIO)
    for number in range(int(seconds / AUDIO_SECONDS)):
        due = (number + phase) * AUDIO_SECONDS
        packet = datagram(
            AUDIO_TYPE, number, 960 * number, ssrc, bytes(AUDIO_BYTES + number % SIZES), elements(0, number)
        )
        yield due, stream, number, peer.keys.protect(packet)
        if number % round(REPORT_SECONDS / AUDIO_SECONDS) == 1:
            yield due, -1, 0, peer.keys.protect_rtcp(_report(ssrc, due, 960 * number, number))


def _camera(peer: Peer, sender: int, phase: float, seconds: float, picture: Sequence[int]) -> Iterator[Scheduled]:
    ssrc, stream = source(sender, Kind.VIDEO), _stream(sender, Kind.VIDEO)
    for frame in range(int(seconds / FRAME_SECONDS)):
        due = (frame + phase) * FRAME_SECONDS
        for part, size in enumerate(picture):
            number = frame * len(picture) + part
            last = part == len(picture) - 1
            payload = vp8(frame, frame, key=frame % KEY_FRAMES == 0, starts=not part).ljust(
                size + number % SIZES, b"\0"
            )
            packet = datagram(
                last << 7 | VIDEO_TYPE, number, int(due * 90_000), ssrc, payload, elements(1, 30_000 + number)
            )
            yield due, stream, number, peer.keys.protect(packet)
        if frame % round(REPORT_SECONDS / FRAME_SECONDS) == 1:
            yield due, -1, 0, peer.keys.protect_rtcp(_report(ssrc, due, int(due * 90_000), number))


def elements(mid: int, number: int) -> bytes:
    """Header extensions as a browser sends them without simulcast: mid and transport-wide sequence number."""
    return bytes([MID << 4, ord("0") + mid, TRANSPORT_WIDE << 4 | 1]) + (number & 0xFFFF).to_bytes(2, "big")


def _report(ssrc: int, due: float, timestamp: int, packets: int) -> bytes:
    return rtcp.sender_report(ssrc, "crowd", rtcp.ntp_time(1e9 + due), timestamp, packets, 1000 * packets)


def enough() -> bytes:
    """A listener's receiver report, with an estimate that is enough for everything (REMB)."""
    exponent, mantissa = 10, 50_000  # 51 Mbit/s
    body = struct.pack("!II4sBBHI", 1, 0, b"REMB", 1, exponent << 2 | mantissa >> 16, mantissa & 0xFFFF, 0)
    return rtcp.receiver_report(1, "crowd") + struct.pack("!BBH", 0x8F, 206, len(body) // 4) + body
