"""One stream of a publisher as it arrives: what is missing, what is a copy, and who gets it."""

from ascona.core.media_plan import Kind
from ascona.media.clocks import PeerClock
from ascona.media.output import CLOCK_RATE, Output
from ascona.media.packet import Packet, Picture
from ascona.media.rtcp import ReportBlock, SenderReport

KEPT = 512
"""Packets of a picture kept for listeners who miss one: some four seconds."""

ASKS = 3
"""How often a missing packet is asked for before a key frame is."""

ASK_SECONDS = 0.1
"""Between two requests: about a round trip."""

KEY_FRAME_SECONDS = 0.3
"""Between two requests for a key frame."""

REPORT_SECONDS = 0.1
"""Between two sender reports that are repeated to listeners; browsers send about one a second."""

ALIVE_SECONDS = 1.0
"""A layer that was silent for longer is not waited for."""

VOICE_HEADERS = 65
"""Bytes of IP, UDP, RTP, its extensions and SRTP around each packet of a voice."""

_DROPOUT = 3000  # a larger step ahead is a new numbering (RFC 3550 appendix A.1)
_MOST_MISSING = 64  # more is no loss to repair but a picture to ask for


class Track:
    """
    A microphone, or one layer of a camera.

    Attributes:
        outputs: Who gets each packet: the gate itself. Nobody else does.
        layer: The simulcast layer's name; None without simulcast.
        highest: The newest sequence number; -1 before the first packet.
        heard_at: When the last packet with content came.
        gap: Something has just turned out to be missing.
        key_frame_wanted: Somebody cannot decode any more, or too much is lost to be repaired.
        clock: Its publisher's, the same for all of their tracks.
        octets: Bytes that have come: of a picture its content, of a voice its headers too, which are half of it.
        rate: Bits a second, as last measured; None before.
    """

    __slots__ = (
        "_asked",
        "_cycles",
        "_expected_before",
        "_first",
        "_headers",
        "_kept",
        "_key_frame_at",
        "_measured",
        "_received",
        "_received_before",
        "_report",
        "_report_at",
        "_seen",
        "clock",
        "gap",
        "heard_at",
        "highest",
        "key_frame_wanted",
        "kind",
        "layer",
        "octets",
        "outputs",
        "rate",
        "ssrc",
    )

    def __init__(self, kind: Kind, ssrc: int, layer: str | None = None, clock: PeerClock | None = None) -> None:
        self.kind = kind
        self.ssrc = ssrc
        self.layer = layer
        self.clock = clock or PeerClock()
        self.octets = 0
        self._headers = VOICE_HEADERS if kind is Kind.AUDIO else 0
        self.rate: float | None = None
        self._measured: tuple[int, float] | None = None
        self.outputs: tuple[Output, ...] = ()
        self.heard_at = float("-inf")
        self.gap = False
        self.key_frame_wanted = False
        self._first = self.highest = -1
        self._cycles = 0
        self._received = self._received_before = self._expected_before = 0
        self._seen = [-1] * KEPT
        self._kept: list[tuple[Packet, Picture | None] | None] = [None] * (KEPT if kind is Kind.VIDEO else 0)
        self._asked: dict[int, tuple[int, float]] = {}  # missing: how often asked for, and when last
        self._key_frame_at = float("-inf")
        self._report: SenderReport | None = None
        self._report_at = float("-inf")

    def alive(self, now: float) -> bool:
        """Whether it is worth waiting for."""
        return now - self.heard_at <= ALIVE_SECONDS

    def accept(self, packet: Packet, repair: bool, now: float) -> bool:
        """
        Note a packet; False for a copy of one that came before, or one too old to matter.

        Browsers fill spare bandwidth with copies of old packets: an old key frame must not open a gate.
        """
        sequence = packet.sequence
        if self.highest < 0:
            if repair:
                return False
            self._start(sequence)
        ahead = (sequence - self.highest) & 0xFFFF
        if ahead >= 0x8000:
            if 0x10000 - ahead >= KEPT:
                return False
            if self._seen[sequence % KEPT] == sequence:
                return False
            self._asked.pop(sequence, None)
        elif ahead > _DROPOUT:
            if repair:
                return False
            self._start(sequence)
            for output in self.outputs:
                output.follow(self)
        elif ahead == 0 and self._seen[sequence % KEPT] == sequence:
            return False
        else:
            self._advance(sequence, ahead)
        self._seen[sequence % KEPT] = sequence
        self._received += 1
        self.octets += len(packet.payload) + self._headers
        self.heard_at = now
        return True

    def _start(self, sequence: int) -> None:
        self._first = self.highest = sequence
        self._cycles = self._received = self._received_before = self._expected_before = 0
        self._seen = [-1] * KEPT
        self._kept = [None] * len(self._kept)  # another packet's number now
        self._report = None
        self._asked.clear()

    def _advance(self, sequence: int, ahead: int) -> None:
        if self.kind is Kind.VIDEO and self.outputs and ahead > 1:
            if ahead + len(self._asked) > _MOST_MISSING:
                self._asked.clear()
                self.key_frame_wanted = True
            else:
                for step in range(1, ahead):
                    self._asked[(self.highest + step) & 0xFFFF] = (0, float("-inf"))
                self.gap = True
        if sequence < self.highest:
            self._cycles += 1 << 16
        self.highest = sequence

    def keep(self, packet: Packet, picture: Picture | None) -> None:
        """Keep a packet for listeners who will miss it."""
        self._kept[packet.sequence % KEPT] = (packet, picture)

    def kept(self, sequence: int) -> tuple[Packet, Picture | None] | None:
        """The packet with this number, if it is still there."""
        entry = self._kept[sequence % KEPT] if self._kept else None
        return entry if entry is not None and entry[0].sequence == sequence else None

    def asks(self, now: float) -> list[int]:
        """The numbers to ask the publisher for now; after the last round `key_frame_wanted` is set instead."""
        self.gap = False
        if not self.outputs:
            self._asked.clear()
        due = [number for number, (_, last) in self._asked.items() if now - last >= ASK_SECONDS]
        again = []
        for number in due:
            rounds = self._asked[number][0]
            if rounds >= ASKS:
                del self._asked[number]
                self.key_frame_wanted = True
            else:
                self._asked[number] = (rounds + 1, now)
                again.append(number)
        return again

    def key_frame_due(self, now: float) -> bool:
        """Whether a key frame may be asked for again; if so, it counts as asked for."""
        if now - self._key_frame_at < KEY_FRAME_SECONDS:
            return False
        self._key_frame_at = now
        self.key_frame_wanted = False
        return True

    def reported(self, report: SenderReport, now: float) -> bool:
        """Note the publisher's sender report, for the delay since it in ours; False if it follows the last too soon."""
        due = now - self._report_at >= REPORT_SECONDS
        if due:
            self._report, self._report_at = report, now
            self.clock.note(report.ntp, now)
        return due

    def moment(self, timestamp: int) -> float | None:
        """When something of this timestamp was heard or seen, in seconds of our clock; None before the first report."""
        reported = None if self._report is None else self.clock.ours(self._report.ntp)
        if self._report is None or reported is None:
            return None
        step = (timestamp - self._report.timestamp) & 0xFFFFFFFF
        return reported + (step - (step >> 31 << 32)) / CLOCK_RATE[self.kind]

    def measure(self, now: float) -> None:
        """Find the bit rate: mostly as it was, and a quarter of what has come since the last time."""
        if self._measured is not None and now > self._measured[1]:
            octets, at = self._measured
            fresh = 8 * (self.octets - octets) / (now - at)
            self.rate = fresh if self.rate is None else (3 * self.rate + fresh) / 4
        self._measured = self.octets, now

    def block(self, now: float) -> ReportBlock | None:
        """What has arrived since the last block (RFC 3550 section 6.4.1 and appendix A.3)."""
        if self.highest < 0:
            return None
        expected = self._cycles + self.highest - self._first + 1
        fresh, received = expected - self._expected_before, self._received - self._received_before
        self._expected_before, self._received_before = expected, self._received
        return ReportBlock(
            ssrc=self.ssrc,
            lost_fraction=max(0, min(255, ((fresh - received) << 8) // fresh)) if fresh > 0 else 0,
            lost=expected - self._received,
            highest=self._cycles + self.highest,
            last_report=self._report.ntp >> 16 & 0xFFFFFFFF if self._report else 0,
            since_report=int((now - self._report_at) * 65536) if self._report else 0,
        )
