"""Which datagrams are worth decrypting: libsrtp keeps state for every SSRC, for ever."""

from collections import Counter

from ascona.core.media_plan import Kind
from ascona.media.offer import Offer

UNDECLARED = 8
"""SSRCs a person may use without having declared them: Chromium declares none for simulcast, and needs four."""

PER_SECOND = {Kind.AUDIO: 100.0, Kind.VIDEO: 600.0}
"""Packets taken from one publisher, and the most that may come at once."""


class Allowance:
    """A token bucket: full after a second of silence."""

    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left = rate
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is within the rate."""
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Admission:
    """The SSRCs and payload types of one connection, and how fast it may send; `counts` says what was turned away."""

    def __init__(self, offer: Offer, counts: Counter[str]) -> None:
        self._known: set[int] = set()
        for line in offer.lines:
            self._known |= line.sources
        self._undeclared = UNDECLARED
        self._counts = counts
        self._allowances: dict[int, Allowance] = {}
        for line in offer.lines[:2]:
            allowance = Allowance(PER_SECOND[line.kind])
            self._allowances[line.payload_type] = allowance
            if line.repair_type is not None:
                self._allowances[line.repair_type] = allowance
        self._reports = Allowance(2 * PER_SECOND[Kind.AUDIO])

    def packet(self, datagram: bytes, now: float) -> bool:
        """Whether an SRTP datagram may be decrypted; its header is readable before."""
        allowance = self._allowances.get(datagram[1] & 0x7F) if len(datagram) >= 12 else None
        if allowance is None:
            self._counts["unknown_payload_type"] += 1
        elif not self._admits(datagram[8:12]):
            self._counts["unknown_ssrc"] += 1
        elif not allowance.take(now):
            self._counts["too_fast"] += 1
        else:
            return True
        return False

    def report(self, datagram: bytes, now: float) -> bool:
        """Whether an SRTCP datagram may be decrypted."""
        if len(datagram) < 8 or not self._admits(datagram[4:8]):
            self._counts["unknown_ssrc"] += 1
        elif not self._reports.take(now):
            self._counts["too_fast"] += 1
        else:
            return True
        return False

    def _admits(self, ssrc: bytes) -> bool:
        return self._undeclared > 0 or int.from_bytes(ssrc, "big") in self._known

    def genuine(self, ssrc: int) -> None:
        """Note an SSRC that was decrypted: only these use up the few that need no declaration."""
        if ssrc not in self._known:
            self._known.add(ssrc)
            self._undeclared -= 1
