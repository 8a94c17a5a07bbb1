"""One slot's sound or picture at one listener: a single stream, however often its occupant changes."""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import TYPE_CHECKING

from ascona.core.media_plan import Kind
from ascona.media.numbering import BACKWARDS, EARLY_SECONDS, FORGETTING, NEVER, NONE, Numbering
from ascona.media.packet import HEADER, Packet, Picture, read_picture
from ascona.media.reports import CLOCK_RATE, Reports
from ascona.media.way import NOWHERE, Way

if TYPE_CHECKING:
    from ascona.media.native._port import Line
    from ascona.media.track import Track

_LATE_SECONDS = {Kind.AUDIO: 0.5, Kind.VIDEO: 5.0}  # so far behind, a publisher's clock stood still,
_CATCHING_UP_SECONDS = 0.06  # unless by then a burst has caught up: then the network stood still
_LEAST_STEP = {Kind.AUDIO: 480, Kind.VIDEO: 90}  # timestamp units: time goes on, whatever the clocks say
ONE_BYTE = 0xBEDE0001
"""What stands before one header extension of four bytes (RFC 8285 section 4.2)."""

_EXTENDED_HEADER = Struct("!BBHIIII")  # with the block of one element of four bytes
_REPAIRABLE = 512


class Output:
    """
    A stream that starts once and never breaks: receivers refuse numbers that jump back.

    Whoever occupies the slot, through which layer, after however long a silence: SSRC, sequence numbers,
    timestamps, picture ids and TL0PICIDX go on from the last packet sent.

    Attributes:
        source: The track that is forwarded here; None while the gate is shut.
        lost: Part of all packets that is lost on the way to this listener, as last known.
        numbering: Where the stream stands.
        reports: What this listener is told of its clock.
        element: abs-send-time as a header extension, without the time; 0 where there is none.
        way: Which packets take that are usual.
    """

    __slots__ = (
        "_before",
        "_floor",
        "_patience",
        "_rate",
        "_repair_sequence",
        "_send",
        "element",
        "kind",
        "lost",
        "name",
        "numbering",
        "payload_type",
        "repair",
        "reports",
        "source",
        "ssrc",
        "way",
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
        line: "Line | None" = None,
        way: Way | None = None,
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
            line: Keeps the numbering, where it can send packets on by itself.
            way: For what is usual, where Python does that.
        """
        self.kind = kind
        self.way = NOWHERE if way is None else way
        self.name = name
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.repair = repair
        self.source: Track | None = None
        self.lost = 0.0
        self._before: Track | None = None  # another layer of the same camera, whose packet was the last one sent
        self._rate = CLOCK_RATE[kind]
        self._patience = _LATE_SECONDS[kind]
        self._send = send
        self.element = 0 if sent_at is None else (sent_at << 4 | 2) << 24
        sequence, self._repair_sequence, timestamp = bits(15), bits(15), bits(32)
        if line is None:
            self.numbering = Numbering(sequence, timestamp, self._rate, self._patience)
        else:
            self.numbering = line.numbering(
                ssrc, payload_type, self.element, self._rate, self._patience, sequence, timestamp
            )
        self.reports = Reports(ssrc, name, kind, self.numbering, send_report)
        self._floor = -1

    @property
    def waiting(self) -> bool:
        """Nothing has passed since the gate opened or the source changed; a picture waits for a key frame."""
        return self.numbering.waiting

    @property
    def forwarded(self) -> int:
        """Packets sent since the stream began, without repairs."""
        return self.numbering.forwarded

    def follow(self, source: "Track | None") -> None:
        """Forward this track from its next packet, or key frame, on; None: forward nothing."""
        if source is None or not self.waiting:
            self._before = None if source is None else self.source
        self.source = source
        self.numbering.waiting = True
        self.numbering.span = 0  # what the last source sent is not repaired any more
        self._floor = -1 if source is None else source.highest

    def forward(self, packet: Packet, picture: Picture | None, now: float) -> None:
        """Send a packet of the source on as the next of this stream; `picture` comes with VP8."""
        at = self.numbering
        if at.waiting:
            if self._predates(packet) or (picture is not None and not picture.key):
                return
            self._anchor(packet, picture, now)
        sequence = (packet.sequence + at.sequence_offset) & 0xFFFF
        timestamp = (packet.timestamp + at.timestamp_offset) & 0xFFFFFFFF
        ahead = (sequence - at.sequence) & 0xFFFF
        if ahead < BACKWARDS:
            if timestamp != at.timestamp:
                timestamp = at.timestamp = self._in_time(packet, timestamp, now)
            at.sequence = sequence
            at.span += ahead
            at.sent_at = now
        elif 0x10000 - ahead >= at.span:
            return  # from before the switch
        payload = packet.payload
        at.forwarded += 1
        at.octets += len(payload)
        header = self._header(packet.marker | self.payload_type, sequence, timestamp, self.ssrc, now)
        if picture is None or picture.number is None:
            self._send(header, payload, 0)
        else:
            beginning = self._beginning(picture, picture.number, newest=ahead < BACKWARDS)
            self._send(header + beginning, payload, len(beginning))

    def _predates(self, packet: Packet) -> bool:
        """Whether a packet was sent before the gate opened: all that came since then could be asked for with it."""
        ahead = (packet.sequence - self._floor) & 0xFFFF
        if self._floor < 0 or ahead >= BACKWARDS:
            return self._floor >= 0
        if ahead >= _REPAIRABLE:
            self._floor = -1  # tracks take nothing that is later by so much
        return False

    def _anchor(self, packet: Packet, picture: Picture | None, now: float) -> None:
        """Let this packet follow the last one that was sent."""
        at = self.numbering
        at.waiting = False
        at.span = 0
        at.sequence_offset = (at.sequence + 1 - packet.sequence) & 0xFFFF
        self._anchor_time(packet, now, self._delay_of_the_switch(packet, now))
        self._before = None
        if picture is not None and picture.number is not None:
            if at.picture != NONE:
                at.picture_offset = at.picture + 1 - picture.number
            if picture.base is not None and at.base != NONE:
                at.base_offset = at.base + 1 - picture.base

    def _anchor_time(self, packet: Packet, now: float, lacking: float = 0.0) -> int:
        """Let the packet follow the last one by what has passed on the wall, and by seconds that were lacking."""
        at = self.numbering
        at.late, at.late_since = 0.0, NEVER
        passed = 0.0 if at.sent_at == NEVER else now - at.sent_at + lacking
        step = max(_LEAST_STEP[self.kind], round(passed * self._rate))
        at.timestamp_offset = (at.timestamp + step - packet.timestamp) & 0xFFFFFFFF
        return (at.timestamp + step) & 0xFFFFFFFF

    def _delay_of_the_switch(self, packet: Packet, now: float) -> float:
        """
        By how many seconds more than on the wall this packet follows the last one, on their publisher's clock.

        Layers count from different numbers and arrive at different speeds; sender reports say what is simultaneous.
        """
        at, before, source = self.numbering, self._before, self.source
        if before is None or source is None or before.clock is not source.clock or at.sent_at == NEVER:
            return 0.0
        last, this = before.moment(at.timestamp - at.timestamp_offset), source.moment(packet.timestamp)
        if last is None or this is None:
            return 0.0
        delay = (this - last) - (now - at.sent_at)
        return delay if abs(delay) < EARLY_SECONDS else 0.0

    def _in_time(self, packet: Packet, timestamp: int, now: float) -> int:
        """
        The timestamp to send a new packet with: as given, if all is well.

        Anchored again if the publisher's clock stood still, as it does behind a muted microphone, or jumped.
        """
        at = self.numbering
        if at.sent_at == NEVER:
            return timestamp
        step = (timestamp - at.timestamp) & 0xFFFFFFFF
        if step >= 0x80000000:
            step -= 1 << 32
        late = at.late * FORGETTING + (now - at.sent_at) - step / self._rate
        if late < -EARLY_SECONDS:
            return self._anchor_time(packet, now)
        at.late = late if late > 0.0 else 0.0
        if late < self._patience:
            at.late_since = NEVER
        elif at.late_since == NEVER:
            at.late_since = now
        elif now - at.late_since > _CATCHING_UP_SECONDS:
            # The last packet came late too: what it lacked is made up for as well.
            return self._anchor_time(packet, now, late - (now - at.sent_at - step / self._rate))
        return timestamp

    def _beginning(self, picture: Picture, number: int, newest: bool) -> bytes:
        """A payload's first bytes, its picture id and TL0PICIDX continuing this stream's."""
        at = self.numbering
        number = (number + at.picture_offset) & picture.most
        base = 0
        if picture.base is not None:
            base = (picture.base + at.base_offset) & 0xFF
            if newest:
                at.base = base
        if newest:
            at.picture = number
        return picture.beginning(number, base)

    def _header(self, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> bytes:
        if not self.element:
            return HEADER.pack(0x80, second, sequence, timestamp, ssrc)
        moment = self.element | send_time(now)
        return _EXTENDED_HEADER.pack(0x90, second, sequence, timestamp, ssrc, ONE_BYTE, moment)

    def resend(self, lost: Iterable[int], now: float) -> list[int]:
        """
        Repeat what a listener misses (RFC 4588), as long as the gate is open; returns the numbers that were repeated.

        Only what this source sent since the gate opened is repeated, as far as its track has kept it.
        """
        if self.repair is None or self.source is None or self.waiting:
            return []
        at = self.numbering
        repeated = []
        for number in lost:
            if (at.sequence - number) & 0xFFFF >= min(at.span, _REPAIRABLE):
                continue
            packet = self.source.intake.kept((number - at.sequence_offset) & 0xFFFF)
            if packet is None:
                continue
            picture = read_picture(packet.payload)
            ssrc, payload_type = self.repair
            self._repair_sequence = (self._repair_sequence + 1) & 0xFFFF
            second = packet.marker | payload_type
            timestamp = (packet.timestamp + at.timestamp_offset) & 0xFFFFFFFF
            header = self._header(second, self._repair_sequence, timestamp, ssrc, now)
            beginning = b""
            if picture.number is not None:
                beginning = self._beginning(picture, picture.number, newest=False)
            self._send(header + number.to_bytes(2, "big") + beginning, packet.payload, len(beginning))
            repeated.append(number)
        return repeated


def send_time(now: float) -> int:
    """A moment as abs-send-time has it: 24 bits, seconds of 6.18 fixed point."""
    return int(now * 262_144) & 0xFFFFFF
