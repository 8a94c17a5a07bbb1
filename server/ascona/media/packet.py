"""RTP packets and VP8 payload descriptors, read from bytes: pure, and total for hostile input."""

from dataclasses import dataclass, replace
from struct import Struct

HEADER = Struct("!BBHII")
_EXTENSIONS = Struct("!HH")
_ONE_BYTE_PROFILE = 0xBEDE
_TWO_BYTE_PROFILE = 0x1000
LONG, SHORT = 0x7FFF, 0x7F
"""The largest VP8 picture ids: 15 bits, or 7 (RFC 7741 section 4.2)."""

_LONG_AND_BASE = Struct("!2sHB")


class Malformed(ValueError):
    """The bytes are not what they claim to be; the one error of every reader in this package."""


@dataclass(slots=True)
class Packet:
    """
    One RTP packet (RFC 3550 section 5.1), without its header extensions and padding.

    Attributes:
        marker: 0x80 or 0, ready to be joined with a payload type.
    """

    marker: int
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


@dataclass(slots=True)
class Picture:
    """
    What a VP8 payload descriptor (RFC 7741 section 4.2) tells a forwarder.

    Attributes:
        starts: The packet begins a frame.
        key: It begins a key frame: decided by the payload's first byte, which stays readable in an encrypted room.
        flags: The two bytes before the numbers.
        number: The picture id; None when there is none.
        most: The largest picture id: 15 bits in two bytes, or 7 in one.
        base: TL0PICIDX, where there is a picture id too; else None.
    """

    starts: bool
    key: bool
    flags: bytes
    number: int | None
    most: int
    base: int | None

    def beginning(self, number: int, base: int) -> bytes:
        """
        The payload's first bytes with another picture id and, where it has one, another TL0PICIDX.

        They stand in the place of as many bytes of the payload.
        """
        if self.most == LONG:
            if self.base is not None:
                return _LONG_AND_BASE.pack(self.flags, number | 0x8000, base)
            return self.flags + (number | 0x8000).to_bytes(2, "big")
        return self.flags + bytes((number,) if self.base is None else (number, base))


def read_packet(datagram: bytes) -> tuple[Packet, dict[int, bytes]]:
    """
    Take an RTP packet apart; the second value holds its header extensions by id (RFC 8285).

    Raises:
        Malformed: If a length points outside the datagram.
    """
    if len(datagram) < HEADER.size:
        raise Malformed("shorter than an RTP header")
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(datagram)
    if first >> 6 != 2:
        raise Malformed("not RTP version 2")
    start = HEADER.size + 4 * (first & 0x0F)
    extensions: dict[int, bytes] = {}
    if first & 0x10:
        extensions, start = _read_extensions(datagram, start)
    end = len(datagram)
    if first & 0x20:
        end -= datagram[-1]
    if start > end:
        raise Malformed("header or padding longer than the packet")
    return Packet(second & 0x80, second & 0x7F, sequence, timestamp, ssrc, datagram[start:end]), extensions


def _read_extensions(datagram: bytes, start: int) -> tuple[dict[int, bytes], int]:
    """The elements by id, and where the payload starts."""
    if start + 4 > len(datagram):
        raise Malformed("extension header cut off")
    profile, words = _EXTENSIONS.unpack_from(datagram, start)
    position = start + 4
    end = position + 4 * words
    if end > len(datagram):
        raise Malformed("extensions longer than the packet")
    if profile == _ONE_BYTE_PROFILE:
        return _read_one_byte(datagram, position, end), end
    if profile & 0xFFF0 == _TWO_BYTE_PROFILE:
        return _read_two_byte(datagram, position, end), end
    return {}, end


def _read_one_byte(datagram: bytes, position: int, end: int) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    while position < end:
        first = datagram[position]
        if first == 0:
            position += 1
            continue
        if first < 0x10 or first >= 0xF0:
            break  # padding with a length, or reserved: what follows is not to be read
        after = position + 2 + (first & 0x0F)
        if after > end:
            raise Malformed("extension element longer than its block")
        elements[first >> 4] = datagram[position + 1 : after]
        position = after
    return elements


def _read_two_byte(datagram: bytes, position: int, end: int) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    while position < end:
        name = datagram[position]
        position += 1
        if name == 0:
            continue
        if position >= end:
            raise Malformed("extension element cut off")
        after = position + 1 + datagram[position]
        if after > end:
            raise Malformed("extension element longer than its block")
        elements[name] = datagram[position + 1 : after]
        position = after
    return elements


def read_picture(payload: bytes) -> Picture:
    """
    Read the VP8 payload descriptor at the start of a payload.

    Raises:
        Malformed: If the descriptor, or the frame behind it, is cut off.
    """
    try:
        first = payload[0]
        at = 1
        most = LONG
        number = base = None
        if first & 0x80:
            flags = payload[1]
            at = 2
            if flags & 0x80:
                number = payload[2]
                if number & 0x80:
                    number, at = (number & 0x7F) << 8 | payload[3], 4
                else:
                    most, at = SHORT, 3
            if flags & 0x40:
                if number is not None:
                    base = payload[at]
                at += 1
            if flags & 0x30:
                at += 1
        starts = first & 0x17 == 0x10  # S set, first partition
        return Picture(starts, not payload[at] & 1 and starts, payload[:2], number, most, base)
    except IndexError as cut:
        raise Malformed("VP8 payload cut off") from cut


def repaired(packet: Packet, ssrc: int) -> Packet:
    """
    The packet that a retransmission (RFC 4588 section 4) carries.

    Raises:
        Malformed: If there is nothing behind the original sequence number: padding sent as a probe.
    """
    if len(packet.payload) < 3:
        raise Malformed("an empty retransmission")
    original = int.from_bytes(packet.payload[:2], "big")
    return replace(packet, sequence=original, ssrc=ssrc, payload=packet.payload[2:])
