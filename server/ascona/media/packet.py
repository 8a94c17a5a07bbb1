"""RTP packets and VP8 payload descriptors, read from bytes: pure, and total for hostile input."""

from struct import Struct
from typing import NamedTuple

HEADER = Struct("!BBHII")
_ONE_BYTE_PROFILE = 0xBEDE
_TWO_BYTE_PROFILE = 0x1000


class Malformed(ValueError):
    """The bytes are not what they claim to be; the one error of every reader in this package."""


class Packet(NamedTuple):
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


class Picture(NamedTuple):
    """
    What a VP8 payload descriptor (RFC 7741 section 4.2) tells a forwarder.

    Attributes:
        length: Bytes of the descriptor.
        starts: The packet begins a frame.
        key: It begins a key frame: decided by the payload's first byte, which stays readable in an encrypted room.
        id_at: Where the picture id stands; 0 when there is none.
        id_is_long: 15 bits in two bytes rather than 7 in one.
        base_at: Where TL0PICIDX stands; 0 when there is none.
    """

    length: int
    starts: bool
    key: bool
    id_at: int
    id_is_long: bool
    base_at: int


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
    profile = int.from_bytes(datagram[start : start + 2], "big")
    position = start + 4
    end = position + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
    if end > len(datagram):
        raise Malformed("extensions longer than the packet")
    elements: dict[int, bytes] = {}
    if profile != _ONE_BYTE_PROFILE and profile & 0xFFF0 != _TWO_BYTE_PROFILE:
        return elements, end
    while position < end:
        first = datagram[position]
        position += 1
        if first == 0:
            continue
        if profile == _ONE_BYTE_PROFILE:
            name, length = first >> 4, (first & 0x0F) + 1
            if name == 15:
                break
        elif position < end:
            name, length = first, datagram[position]
            position += 1
        else:
            raise Malformed("extension element cut off")
        if position + length > end:
            raise Malformed("extension element longer than its block")
        elements[name] = datagram[position : position + length]
        position += length
    return elements, end


def read_picture(payload: bytes) -> Picture:
    """
    Read the VP8 payload descriptor at the start of a payload.

    Raises:
        Malformed: If the descriptor, or the frame behind it, is cut off.
    """
    try:
        first = payload[0]
        length = 1
        id_at = base_at = 0
        id_is_long = False
        if first & 0x80:
            flags = payload[1]
            length = 2
            if flags & 0x80:
                id_at, id_is_long = length, bool(payload[length] & 0x80)
                length += 2 if id_is_long else 1
            if flags & 0x40:
                base_at = length
                length += 1
            if flags & 0x30:
                length += 1
        starts = first & 0x17 == 0x10  # S set, first partition
        return Picture(length, starts, not payload[length] & 1 and starts, id_at, id_is_long, base_at)
    except IndexError as cut:
        raise Malformed("VP8 payload cut off") from cut


def picture_id(payload: bytes, picture: Picture) -> int:
    """The picture id, 15 or 7 bits."""
    if picture.id_is_long:
        return int.from_bytes(payload[picture.id_at : picture.id_at + 2], "big") & 0x7FFF
    return payload[picture.id_at]


def with_picture_id(payload: bytes, picture: Picture, number: int, base: int) -> bytes:
    """The payload with another picture id and, where it has one, another TL0PICIDX."""
    changed = bytearray(payload)
    if picture.id_is_long:
        changed[picture.id_at] = 0x80 | (number >> 8 & 0x7F)
        changed[picture.id_at + 1] = number & 0xFF
    else:
        changed[picture.id_at] = number & 0x7F
    if picture.base_at:
        changed[picture.base_at] = base & 0xFF
    return bytes(changed)


def repaired(packet: Packet, ssrc: int) -> Packet:
    """
    The packet that a retransmission (RFC 4588 section 4) carries.

    Raises:
        Malformed: If there is nothing behind the original sequence number: padding sent as a probe.
    """
    if len(packet.payload) < 3:
        raise Malformed("an empty retransmission")
    original = int.from_bytes(packet.payload[:2], "big")
    return packet._replace(sequence=original, ssrc=ssrc, payload=packet.payload[2:])
