"""One stream of a publisher as it arrives: what is missing, what is a copy, and who gets it."""

from collections.abc import Callable

from ascona.core.media_plan import Kind
from ascona.media.clocks import PeerClock
from ascona.media.intake import KEPT, Intake
from ascona.media.missing import Missing
from ascona.media.output import Output
from ascona.media.packet import Packet
from ascona.media.reports import CLOCK_RATE
from ascona.media.rtcp import ReportBlock, SenderReport

KEY_FRAME_SECONDS = 0.3
"""Between two requests for a key frame."""

REPORT_SECONDS = 0.1
"""Between two sender reports that are repeated to listeners; browsers send about one a second."""

ALIVE_SECONDS = 1.0
"""A layer that was silent for longer is not waited for."""

VOICE_HEADERS = 65
"""Bytes of IP, UDP, RTP, its extensions and SRTP around each packet of a voice."""

_BACKWARDS = 0x8000
_DROPOUT = 3000  # a larger step ahead is a new numbering (RFC 3550 appendix A.1)
_MOST_MISSING = 64  # more is no loss to repair but a picture to ask for


class Track:
    """
    A microphone, or one layer of a camera.

    Attributes:
        outputs: Who gets each packet: the gate itself. Nobody else does.
        layer: The simulcast layer's name; None without simulcast.
        intake: What has come.
        gap: Something has just turned out to be missing.
        missing: What is asked for.
        key_frame_wanted: Somebody cannot decode any more, or too much is lost to be repaired.
        clock: Its publisher's, the same for all of their tracks.
        rate: Bits a second, as last measured; None before.
    """

    __slots__ = (
        "_expected_before",
        "_first",
        "_key_frame_at",
        "_measured",
        "_received_before",
        "_report",
        "_report_at",
        "clock",
        "gap",
        "intake",
        "key_frame_wanted",
        "kind",
        "layer",
        "missing",
        "outputs",
        "rate",
        "ssrc",
    )

    def __init__(
        self,
        kind: Kind,
        ssrc: int,
        layer: str | None = None,
        clock: PeerClock | None = None,
        intake: Callable[[int, bool], Intake] = Intake,
    ) -> None:
        """
        Args:
            intake: Makes what notes what comes; see `Intake`.
        """
        self.kind = kind
        self.ssrc = ssrc
        self.layer = layer
        self.clock = clock or PeerClock()
        self.intake = intake(VOICE_HEADERS, False) if kind is Kind.AUDIO else intake(0, True)
        self.rate: float | None = None
        self._measured: tuple[int, float] | None = None
        self.outputs: tuple[Output, ...] = ()
        self.gap = False
        self.key_frame_wanted = False
        self._first = -1
        self._received_before = self._expected_before = 0
        self.missing = Missing()
        self._key_frame_at = float("-inf")
        self._report: SenderReport | None = None
        self._report_at = float("-inf")

    @property
    def highest(self) -> int:
        """The newest sequence number; -1 before the first packet."""
        return self.intake.highest

    def alive(self, now: float) -> bool:
        """Whether it is worth waiting for."""
        return now - self.intake.heard_at <= ALIVE_SECONDS

    def accept(self, packet: Packet, repair: bool, now: float) -> bool:
        """
        Note a packet; False for a copy of one that came before, or one too old to matter.

        Browsers fill spare bandwidth with copies of old packets: an old key frame must not open a gate.
        """
        at = self.intake
        sequence = packet.sequence
        if at.highest < 0:
            if repair:
                return False
            self._start(sequence)
        ahead = (sequence - at.highest) & 0xFFFF
        if ahead >= _BACKWARDS:
            if 0x10000 - ahead >= KEPT or at.has(sequence):
                return False
            self.missing.found(sequence)
        elif ahead > _DROPOUT:
            if repair:
                return False
            self._start(sequence)
            for output in self.outputs:
                output.follow(self)
        elif ahead == 0 and at.has(sequence):
            return False
        else:
            self._advance(sequence, ahead)
        at.take(packet, now)
        return True

    def _start(self, sequence: int) -> None:
        self._first = sequence
        self._received_before = self._expected_before = 0
        self.intake.begin(sequence)
        self._report = None
        self.missing.clear()

    def _advance(self, sequence: int, ahead: int) -> None:
        at = self.intake
        if ahead > 1 and self.kind is Kind.VIDEO and self.outputs:
            if ahead + len(self.missing) > _MOST_MISSING:
                self.missing.clear()
                self.key_frame_wanted = True
            else:
                self.missing.add((at.highest + step) & 0xFFFF for step in range(1, ahead))
                self.gap = True
        if sequence < at.highest:
            at.cycles += 1 << 16
        at.highest = sequence

    def asks(self, now: float, round_trip: float, airy: bool = False) -> list[int]:
        """The numbers to ask the publisher for now; of what does not come `key_frame_wanted` is set instead."""
        self.gap = False
        if not self.outputs:
            self.missing.clear()
        if self.missing.give_up(now, round_trip):
            self.key_frame_wanted = True
        return self.missing.due(now, round_trip, airy)

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

    def stamp(self, moment: float) -> int | None:
        """The timestamp of what is heard or seen at a moment of our clock; None before the first report."""
        reported = None if self._report is None else self.moment(self._report.timestamp)
        if self._report is None or reported is None:
            return None
        return self._report.timestamp + round((moment - reported) * CLOCK_RATE[self.kind])

    def measure(self, now: float) -> None:
        """Find the bit rate: mostly as it was, and a quarter of what has come since the last time."""
        so_far = self.intake.octets
        if self._measured is not None and now > self._measured[1]:
            octets, at = self._measured
            fresh = 8 * (so_far - octets) / (now - at)
            self.rate = fresh if self.rate is None else (3 * self.rate + fresh) / 4
        self._measured = so_far, now

    def block(self, now: float) -> ReportBlock | None:
        """What has arrived since the last block (RFC 3550 section 6.4.1 and appendix A.3)."""
        at = self.intake
        if at.highest < 0:
            return None
        highest = at.cycles + at.highest
        expected = highest - self._first + 1
        fresh, received = expected - self._expected_before, at.received - self._received_before
        self._expected_before, self._received_before = expected, at.received
        return ReportBlock(
            ssrc=self.ssrc,
            lost_fraction=max(0, min(255, ((fresh - received) << 8) // fresh)) if fresh > 0 else 0,
            lost=expected - at.received,
            highest=highest,
            last_report=self._report.ntp >> 16 & 0xFFFFFFFF if self._report else 0,
            since_report=int((now - self._report_at) * 65536) if self._report else 0,
        )
