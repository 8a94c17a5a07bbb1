"""One outgoing stream's sender reports: its publisher's clock, and the round trips that their answers bring."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.numbering import NEVER, Numbering

if TYPE_CHECKING:
    from ascona.media.track import Track

CLOCK_RATE = {Kind.AUDIO: 48_000, Kind.VIDEO: 90_000}
"""RTP timestamp units in a second."""

ASK_SECONDS = 1.0
"""Between two reports to a listener whose line is in doubt; browsers send one of a voice every five seconds."""

_UNANSWERED = 4  # reports: an answer may cross the next one, more so in a queue
_AGREEING_SECONDS = 0.1  # between a stream and what its source's last report makes of it


class Reports:
    """What a listener is told of a stream's clock (RFC 3550 section 6.4.1), and what comes back."""

    __slots__ = ("_at", "_left", "_name", "_rate", "_send", "_ssrc")

    def __init__(self, ssrc: int, name: str, kind: Kind, at: Numbering, send: Callable[[bytes], None]) -> None:
        """
        Args:
            name: The stream's canonical name (CNAME).
            at: Where the stream stands.
            send: Takes a plain RTCP packet.
        """
        self._ssrc = ssrc
        self._name = name
        self._rate = CLOCK_RATE[kind]
        self._at = at
        self._send = send
        self._left: dict[int, float] = {}  # when those left that may be answered, by NTP time as receivers repeat it

    def send(self, timestamp: int, ntp: int, now: float) -> None:
        """Send the publisher's sender report as this stream's, with our clock; not before a packet."""
        at = self._at
        if at.waiting:
            return
        while len(self._left) >= _UNANSWERED:
            del self._left[next(iter(self._left))]
        self._left[ntp >> 16 & 0xFFFFFFFF] = now
        stamp = timestamp + at.timestamp_offset
        self._send(rtcp.sender_report(self._ssrc, self._name, ntp, stamp, at.forwarded, at.octets))

    def ask(self, source: "Track | None", wall: float, now: float) -> None:
        """
        Send a report of our own for its round trip, unless another has just left.

        Args:
            source: The track that is forwarded here; None while the gate is shut.
            wall: Seconds since 1970.
        """
        if source is None or now - max(self._left.values(), default=NEVER) < ASK_SECONDS:
            return
        timestamp = source.stamp(now) if source.alive(now) else None
        if timestamp is not None and abs(self._ahead(timestamp, now)) < _AGREEING_SECONDS:
            self.send(timestamp, rtcp.ntp_time(wall), now)

    def _ahead(self, timestamp: int, now: float) -> float:
        """Seconds by which a timestamp of the source is ahead of the stream: many, if its clock stood still lately."""
        step = (timestamp + self._at.timestamp_offset - self._at.timestamp) & 0xFFFFFFFF
        return (step - (step >> 31 << 32)) / self._rate - (now - self._at.sent_at)

    def round_trip(self, block: rtcp.ReportBlock, now: float) -> tuple[float, float] | None:
        """
        Seconds from a report of ours to this answer to it, without the receiver's own time; and when it left.

        None for an answer to none of the last ones, or one more to the same: the way there is not measured again by it.
        """
        left_at = self._left.pop(block.last_report, None)
        if left_at is None:
            return None
        return max(0.0, now - left_at - block.since_report / 65536), left_at
