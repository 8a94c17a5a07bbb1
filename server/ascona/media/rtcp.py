"""RTCP (RFC 3550 section 6, RFC 4585): the few packets a forwarder writes, and the few it listens to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from struct import Struct, pack

from ascona.media.packet import Malformed

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _TRANSPORT_FEEDBACK, _PAYLOAD_FEEDBACK = 200, 201, 202, 205, 206
_NACK, _TRANSPORT_WIDE, _PLI, _FIR, _APPLICATION = 1, 15, 1, 4, 15
_PADDED = 0x20
_REMB = b"REMB"
_MOST_LOST = 512  # numbers of one request that are read; browsers give up on more
_TICKS = 4000  # transport-cc counts in 250 microseconds
_REFERENCE_TICKS = 256  # its reference time in 64 milliseconds
_WORD = 0xFFFFFFFF
_BLOCK = Struct("!IB3sIIII")
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A publisher's clock: NTP time (64 bits, 32 of them fraction) and RTP timestamp of one moment."""

    ssrc: int
    ntp: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Nack:
    """A listener misses these sequence numbers of the stream `ssrc`."""

    ssrc: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """A listener cannot decode the stream `ssrc` any more (PLI or FIR)."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """How one stream arrives (RFC 3550 section 6.4.1); `lost_fraction` in 1/256, delays in 1/65536 s."""

    ssrc: int
    lost_fraction: int
    lost: int
    highest: int
    last_report: int
    since_report: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many bits a second a receiver believes these streams could have together (REMB)."""

    bits: int
    ssrcs: tuple[int, ...]


Heard = SenderReport | Nack | KeyFrameRequest | ReportBlock | Estimate


def ntp_time(wall: float) -> int:
    """Seconds since 1970 as an NTP timestamp of 64 bits."""
    return int((wall + _NTP_EPOCH) * (1 << 32))


def read_rtcp(datagram: bytes) -> list[Heard]:
    """
    Read a compound packet; kinds that say nothing to a forwarder are left out.

    Raises:
        Malformed: If a length points outside the datagram.
    """
    heard: list[Heard] = []
    for kind, count, body in _parts(datagram):
        if kind == _SENDER_REPORT and len(body) >= 24:
            ntp = int.from_bytes(body[4:12], "big")
            heard.append(SenderReport(_number(body, 0), ntp, _number(body, 12)))
            heard.extend(_blocks(body[24:], count))
        elif kind == _RECEIVER_REPORT:
            heard.extend(_blocks(body[4:], count))
        elif kind == _TRANSPORT_FEEDBACK and count == _NACK and len(body) >= 8:
            heard.append(Nack(_number(body, 4), tuple(islice(_lost(body[8:]), _MOST_LOST))))
        elif kind == _PAYLOAD_FEEDBACK and count == _PLI and len(body) >= 8:
            heard.append(KeyFrameRequest(_number(body, 4)))
        elif kind == _PAYLOAD_FEEDBACK and count == _APPLICATION and body[8:12] == _REMB and len(body) >= 16:
            heard.append(_estimate(body))
        elif kind == _PAYLOAD_FEEDBACK and count == _FIR:
            # A FIR names its streams in its entries (RFC 5104 section 4.3.1).
            heard.extend(KeyFrameRequest(_number(body, at)) for at in range(8, len(body) - 7, 8))
    return heard


def _parts(datagram: bytes) -> Iterator[tuple[int, int, bytes]]:
    position = 0
    while position < len(datagram):
        if position + 4 > len(datagram) or datagram[position] >> 6 != 2:
            raise Malformed("not an RTCP header")
        end = position + 4 + 4 * int.from_bytes(datagram[position + 2 : position + 4], "big")
        if end > len(datagram):
            raise Malformed("RTCP packet cut off")
        yield datagram[position + 1], datagram[position] & 0x1F, datagram[position + 4 : end]
        position = end


def _blocks(body: bytes, count: int) -> Iterator[ReportBlock]:
    """So many report blocks (RFC 3550 section 6.4.1), as far as they are there."""
    for at in range(0, min(count * _BLOCK.size, len(body) - _BLOCK.size + 1), _BLOCK.size):
        ssrc, fraction, lost, highest, _jitter, last_report, since_report = _BLOCK.unpack_from(body, at)
        yield ReportBlock(ssrc, fraction, int.from_bytes(lost, "big", signed=True), highest, last_report, since_report)


def _estimate(body: bytes) -> Estimate:
    """A receiver's estimate (draft-alvestrand-rmcat-remb-03 section 2.2)."""
    exponent, mantissa = body[13] >> 2, int.from_bytes(body[13:16], "big") & 0x3FFFF
    ssrcs = tuple(_number(body, at) for at in range(16, min(len(body) - 3, 16 + 4 * body[12]), 4))
    return Estimate(mantissa << exponent, ssrcs)


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "big")


def _lost(entries: bytes) -> Iterator[int]:
    """Sequence numbers of the generic NACK's pairs (RFC 4585 section 6.2.1)."""
    for at in range(0, len(entries) - 3, 4):
        first = int.from_bytes(entries[at : at + 2], "big")
        following = int.from_bytes(entries[at + 2 : at + 4], "big")
        yield first
        yield from ((first + 1 + bit) & 0xFFFF for bit in range(16) if following >> bit & 1)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def receiver_report(ssrc: int, name: str, blocks: Iterable[ReportBlock] = ()) -> bytes:
    """A receiver report with the source description that a compound packet needs; at most 31 blocks."""
    written = [
        _BLOCK.pack(
            block.ssrc,
            block.lost_fraction,
            (max(-0x800000, min(0x7FFFFF, block.lost)) & 0xFFFFFF).to_bytes(3, "big"),
            block.highest & _WORD,
            0,
            block.last_report,
            min(block.since_report, _WORD),
        )
        for block in blocks
    ]
    return _packet(_RECEIVER_REPORT, len(written), ssrc.to_bytes(4, "big") + b"".join(written)) + description(
        ssrc, name
    )


def description(ssrc: int, name: str) -> bytes:
    """The canonical name of a stream."""
    chunk = pack("!IBB", ssrc, 1, len(name)) + name.encode() + b"\0"
    return _packet(_DESCRIPTION, 1, chunk + bytes(-len(chunk) % 4))


def sender_report(ssrc: int, name: str, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    """A stream's clock and counts, with its name."""
    body = pack("!IQIII", ssrc, ntp, timestamp & _WORD, packets & _WORD, octets & _WORD)
    return _packet(_SENDER_REPORT, 0, body) + description(ssrc, name)


def nack(ssrc: int, media: int, lost: Iterable[int]) -> bytes:
    """Ask the publisher for packets again."""
    entries: list[list[int]] = []
    for number in lost:
        ahead = (number - entries[-1][0] - 1) & 0xFFFF if entries else 16
        if ahead < 16:
            entries[-1][1] |= 1 << ahead
        else:
            entries.append([number, 0])
    body = pack("!II", ssrc, media) + b"".join(pack("!HH", *entry) for entry in entries)
    return _packet(_TRANSPORT_FEEDBACK, _NACK, body)


def remb(ssrc: int, bits: int, ssrcs: Sequence[int]) -> bytes:
    """Say how many bits a second these streams could have together (draft-alvestrand-rmcat-remb-03)."""
    exponent = max(0, bits.bit_length() - 18)
    head = pack("!II4sI", ssrc, 0, _REMB, len(ssrcs) << 24 | exponent << 18 | bits >> exponent)
    return _packet(_PAYLOAD_FEEDBACK, _APPLICATION, head + b"".join(one.to_bytes(4, "big") for one in ssrcs))


def pli(ssrc: int, media: int) -> bytes:
    """Ask the publisher for a key frame."""
    return _packet(_PAYLOAD_FEEDBACK, _PLI, pack("!II", ssrc, media))


def transport_feedback(
    ssrc: int, media: int, first: int, count: int, arrivals: Mapping[int, float], turn: int
) -> bytes:
    """
    Say when packets arrived, so that the publisher can find its own rate.

    Args:
        first: The transport-wide sequence number the report starts with.
        count: How many numbers it covers.
        arrivals: Arrival in seconds of any clock that only goes forward, by sequence number.
        turn: Number of this report, modulo 256.

    Source:
        draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1; two-bit status vectors throughout.
    """
    span = [arrivals.get(number & 0xFFFF) for number in range(first, first + count)]
    reference = int(next(at for at in span if at is not None) * _TICKS) // _REFERENCE_TICKS
    last = reference * _REFERENCE_TICKS
    status = 0  # two bits for each
    deltas = bytearray()
    for at in span:
        status <<= 2
        if at is None:
            continue
        delta = int(at * _TICKS) - last
        if 0 <= delta < 256:
            status |= 1
            deltas.append(delta)
        else:
            delta = max(-0x8000, min(0x7FFF, delta))
            status |= 2
            deltas += delta.to_bytes(2, "big", signed=True)
        last += delta
    status <<= 2 * (-count % 7)
    chunks = b"".join(
        (0xC000 | status >> shift & 0x3FFF).to_bytes(2, "big") for shift in range((count - 1) // 7 * 14, -1, -14)
    )
    body = pack("!IIHHI", ssrc, media, first, count, (reference & 0xFFFFFF) << 8 | turn & 0xFF) + chunks + deltas
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    return _packet(_TRANSPORT_FEEDBACK, _TRANSPORT_WIDE | (_PADDED if padding else 0), body)
