"""One slot's sound or picture at one listener: a single stream, however often its occupant changes."""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import TYPE_CHECKING

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.packet import HEADER, Packet, Picture

if TYPE_CHECKING:
    from ascona.media.track import Track

CLOCK_RATE = {Kind.AUDIO: 48_000, Kind.VIDEO: 90_000}
"""RTP timestamp units in a second."""

_EARLY_SECONDS = 0.5  # a timestamp so far ahead of the clock on the wall means that the publisher's clock jumped;
_LATE_SECONDS = {Kind.AUDIO: 0.5, Kind.VIDEO: 5.0}  # so far behind, that it stood still,
_CATCHING_UP_SECONDS = 0.06  # unless by then a burst has caught up: then the network stood still
_FORGETTING = 0.999  # of lateness with each packet: two clocks drift apart
_BACKWARDS = 0x8000
_EXTENDED_HEADER = Struct("!BBHIIII")  # with the block of one element of four bytes
_ONE_BYTE = 0xBEDE0001
_REPAIRABLE = 512


class Output:
    """
    A stream that starts once and never breaks: receivers refuse numbers that jump back.

    Whoever occupies the slot, through which layer, after however long a silence: SSRC, sequence numbers,
    timestamps, picture ids and TL0PICIDX go on from the last packet sent.

    Attributes:
        source: The track that is forwarded here; None while the gate is shut.
        waiting: Nothing has passed since the gate opened or the source changed; a picture waits for a key frame.
        forwarded: Packets sent since the stream began, without repairs.
    """

    __slots__ = (
        "_base",
        "_base_offset",
        "_element",
        "_floor",
        "_late",
        "_late_since",
        "_octets",
        "_patience",
        "_picture",
        "_picture_offset",
        "_rate",
        "_repair_sequence",
        "_send",
        "_send_report",
        "_sent_at",
        "_sequence",
        "_sequence_offset",
        "_span",
        "_timestamp",
        "_timestamp_offset",
        "forwarded",
        "kind",
        "name",
        "payload_type",
        "repair",
        "source",
        "ssrc",
        "waiting",
    )

    def __init__(
        self,
        kind: Kind,
        name: str,
        ssrc: int,
        payload_type: int,
        send: Callable[[bytes, bytes, int], None],
        send_report: Callable[[bytes], None],
        bits: Callable[[int], int],
        repair: tuple[int, int] | None = None,
        sent_at: int | None = None,
    ) -> None:
        """
        Args:
            name: The stream's canonical name (CNAME).
            send: Takes a plain RTP packet in two parts, and how many bytes of the second are left out: all listeners
                share it, and only the first is made for each.
            send_report: Takes a plain RTCP packet.
            bits: Gives so many random bits; numbering starts anywhere (RFC 3550 section 5.1).
            repair: SSRC and payload type of retransmissions.
            sent_at: Id of the abs-send-time header extension.
        """
        self.kind = kind
        self.name = name
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.repair = repair
        self.source: Track | None = None
        self.waiting = True
        self.forwarded = 0
        self._octets = 0
        self._rate = CLOCK_RATE[kind]
        self._patience = _LATE_SECONDS[kind]
        self._send = send
        self._send_report = send_report
        self._element = None if sent_at is None else (sent_at << 4 | 2) << 24
        self._sequence = bits(15)
        self._repair_sequence = bits(15)
        self._timestamp = bits(32)
        self._sent_at: float | None = None
        self._picture: int | None = None
        self._base: int | None = None
        self._sequence_offset = self._timestamp_offset = self._picture_offset = self._base_offset = 0
        self._span = 0
        self._floor = -1
        self._late = 0.0  # seconds behind the earliest packet
        self._late_since: float | None = None

    def follow(self, source: "Track | None") -> None:
        """Forward this track from its next packet, or key frame, on; None: forward nothing."""
        self.source = source
        self.waiting = True
        self._span = 0  # what the last source sent is not repaired any more
        self._floor = -1 if source is None else source.highest

    def forward(self, packet: Packet, picture: Picture | None, now: float) -> None:
        """Send a packet of the source on as the next of this stream; `picture` comes with VP8."""
        if self.waiting:
            if self._predates(packet) or (picture is not None and not picture.key):
                return
            self._anchor(packet, picture, now)
        sequence = (packet.sequence + self._sequence_offset) & 0xFFFF
        timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
        ahead = (sequence - self._sequence) & 0xFFFF
        if ahead < _BACKWARDS:
            if timestamp != self._timestamp:
                timestamp = self._timestamp = self._in_time(packet, timestamp, now)
            self._sequence = sequence
            self._span += ahead
            self._sent_at = now
        elif 0x10000 - ahead >= self._span:
            return  # from before the switch
        payload = packet.payload
        self.forwarded += 1
        self._octets += len(payload)
        header = self._header(packet.marker | self.payload_type, sequence, timestamp, self.ssrc, now)
        if picture is None or picture.number is None:
            self._send(header, payload, 0)
        else:
            beginning = self._beginning(picture, picture.number, newest=ahead < _BACKWARDS)
            self._send(header + beginning, payload, len(beginning))

    def _predates(self, packet: Packet) -> bool:
        """Whether a packet was sent before the gate opened: all that came since then could be asked for with it."""
        ahead = (packet.sequence - self._floor) & 0xFFFF
        if self._floor < 0 or ahead >= _BACKWARDS:
            return self._floor >= 0
        if ahead >= _REPAIRABLE:
            self._floor = -1  # tracks take nothing that is later by so much
        return False

    def _anchor(self, packet: Packet, picture: Picture | None, now: float) -> None:
        """Let this packet follow the last one that was sent."""
        self.waiting = False
        self._span = 0
        self._sequence_offset = (self._sequence + 1 - packet.sequence) & 0xFFFF
        self._anchor_time(packet, now)
        if picture is not None and picture.number is not None:
            if self._picture is not None:
                self._picture_offset = self._picture + 1 - picture.number
            if picture.base is not None and self._base is not None:
                self._base_offset = self._base + 1 - picture.base

    def _anchor_time(self, packet: Packet, now: float, lacking: float = 0.0) -> int:
        """Let the packet follow the last one by what has passed on the wall, and by seconds that were lacking."""
        self._late, self._late_since = 0.0, None
        passed = 0.0 if self._sent_at is None else now - self._sent_at + lacking
        step = max(self._rate // 100, int(passed * self._rate))
        self._timestamp_offset = (self._timestamp + step - packet.timestamp) & 0xFFFFFFFF
        return (self._timestamp + step) & 0xFFFFFFFF

    def _in_time(self, packet: Packet, timestamp: int, now: float) -> int:
        """
        The timestamp to send a new packet with: as given, if all is well.

        Anchored again if the publisher's clock stood still, as it does behind a muted microphone, or jumped.
        """
        if self._sent_at is None:
            return timestamp
        step = (timestamp - self._timestamp) & 0xFFFFFFFF
        if step >= 0x80000000:
            step -= 1 << 32
        late = self._late * _FORGETTING + (now - self._sent_at) - step / self._rate
        if late < -_EARLY_SECONDS:
            return self._anchor_time(packet, now)
        self._late = late if late > 0.0 else 0.0
        if late < self._patience:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since > _CATCHING_UP_SECONDS:
            # The last packet came late too: what it lacked is made up for as well.
            return self._anchor_time(packet, now, late - (now - self._sent_at - step / self._rate))
        return timestamp

    def _beginning(self, picture: Picture, number: int, newest: bool) -> bytes:
        """A payload's first bytes, its picture id and TL0PICIDX continuing this stream's."""
        number = (number + self._picture_offset) & picture.most
        base = 0
        if picture.base is not None:
            base = (picture.base + self._base_offset) & 0xFF
            if newest:
                self._base = base
        if newest:
            self._picture = number
        return picture.beginning(number, base)

    def _header(self, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> bytes:
        if self._element is None:
            return HEADER.pack(0x80, second, sequence, timestamp, ssrc)
        moment = self._element | int(now * 262_144) & 0xFFFFFF  # 6.18 fixed point seconds
        return _EXTENDED_HEADER.pack(0x90, second, sequence, timestamp, ssrc, _ONE_BYTE, moment)

    def resend(self, lost: Iterable[int], now: float) -> int:
        """
        Repeat what a listener misses (RFC 4588), as long as the gate is open; returns how many packets.

        Only what this source sent since the gate opened is repeated, from the track's cache.
        """
        if self.repair is None or self.source is None or self.waiting:
            return 0
        repaired = 0
        for number in lost:
            if (self._sequence - number) & 0xFFFF >= min(self._span, _REPAIRABLE):
                continue
            kept = self.source.kept((number - self._sequence_offset) & 0xFFFF)
            if kept is None:
                continue
            packet, picture = kept
            ssrc, payload_type = self.repair
            self._repair_sequence = (self._repair_sequence + 1) & 0xFFFF
            second = packet.marker | payload_type
            timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
            header = self._header(second, self._repair_sequence, timestamp, ssrc, now)
            beginning = b""
            if picture is not None and picture.number is not None:
                beginning = self._beginning(picture, picture.number, newest=False)
            self._send(header + number.to_bytes(2, "big") + beginning, packet.payload, len(beginning))
            repaired += 1
        return repaired

    def report(self, timestamp: int, ntp: int) -> None:
        """Send the publisher's sender report as this stream's, with our clock; not before a packet."""
        if self.waiting:
            return
        stamp = timestamp + self._timestamp_offset
        self._send_report(rtcp.sender_report(self.ssrc, self.name, ntp, stamp, self.forwarded, self._octets))
