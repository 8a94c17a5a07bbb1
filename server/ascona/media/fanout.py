"""One packet to everybody who may have it: what is usual in few steps, as a server does little else."""

from collections.abc import Callable
from struct import Struct

from ascona.media.handshake import LARGEST_PACKET, room
from ascona.media.output import ONE_BYTE, Output, send_time
from ascona.media.packet import HEADER, LONG, Packet, Picture

# An RTP header with one extension of four bytes, and what a VP8 payload begins with: flags, picture id, TL0PICIDX.
_PICTURE_HEADER = Struct("!BBHIIIIHHB")
_EXTENDED = HEADER.size + 8  # bytes of it that stand before the payload

FanOut = Callable[[tuple[Output, ...], Packet, Picture | None, float], None]


def fan_out(outputs: tuple[Output, ...], packet: Packet, picture: Picture | None, now: float) -> None:
    """
    Send a packet on to everybody who may have it; `native` has another way to do the same.

    Whatever is not usual is left to `Output.forward`, which has the rules and is the model for these lines.
    """
    if len(packet.payload) > LARGEST_PACKET - _EXTENDED:
        by_the_rules(outputs, packet, picture, now)
    elif picture is None:
        _send_voice(outputs, packet, now)
    elif picture.number is not None and picture.base is not None and picture.most == LONG:
        _send_picture(outputs, packet, picture, picture.number, picture.base, now)
    else:
        by_the_rules(outputs, packet, picture, now)


def by_the_rules(outputs: tuple[Output, ...], packet: Packet, picture: Picture | None, now: float) -> None:
    """The same, whatever the packet is like."""
    for output in outputs:
        output.forward(packet, picture, now)


def _send_voice(outputs: tuple[Output, ...], packet: Packet, now: float) -> None:
    payload, marker = packet.payload, packet.marker
    write, start, end = HEADER.pack_into, HEADER.size, HEADER.size + len(payload)
    body = slice(start, end)
    for output in outputs:
        way, at = output.way, output.numbering
        if not way.aimed or output.element or not at.move_on(packet, now):
            output.forward(packet, None, now)
            continue
        write(room, 0, 0x80, marker | output.payload_type, at.sequence, at.timestamp, output.ssrc)
        room[body] = payload
        way.send(end)


def _send_picture(
    outputs: tuple[Output, ...], packet: Packet, picture: Picture, number: int, base: int, now: float
) -> None:
    payload, marker, flags, moment = packet.payload, packet.marker, int.from_bytes(picture.flags), send_time(now)
    write, start, end = _PICTURE_HEADER.pack_into, _EXTENDED, _EXTENDED + len(payload)
    body = slice(start, end)
    for output in outputs:
        way, at = output.way, output.numbering
        if not way.aimed or not output.element or not at.move_on(packet, now):
            output.forward(packet, picture, now)
            continue
        at.picture = here = number + at.picture_offset & LONG
        at.base = level = base + at.base_offset & 0xFF
        room[body] = payload  # first: its own numbers are written over
        write(
            room, 0, 0x90, marker | output.payload_type, at.sequence, at.timestamp, output.ssrc,
            ONE_BYTE, output.element | moment, flags, here | 0x8000, level,
        )  # fmt: skip
        way.send(end)
