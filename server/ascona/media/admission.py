"""Which datagrams are worth decrypting, and how many are taken: libsrtp keeps state for every SSRC, for ever."""

from collections import Counter

from ascona.core.media_plan import Kind
from ascona.media.offer import Offer

UNDECLARED = 8
"""SSRCs a person may use without having declared them: Chromium declares none for simulcast, and needs four."""

PER_SECOND = {Kind.AUDIO: 100.0, Kind.VIDEO: 600.0}
"""Packets taken from one publisher, and the most that may come at once."""

VOICE_BYTES_PER_SECOND = 12_000.0
"""Bytes of RTP taken of one voice, headers and all: 96 kbit/s, where 32 are agreed and an encrypted one takes 76. No
listener's line gives a voice up, so nothing else bounds it. Twice as many may come at once: after a cut a browser
sends on what waited."""

_VOICE_BURST_SECONDS = 2.0

EXCESS_SECONDS = 3.0
"""Whoever sends more packets than are taken for so long, without a second's pause, is let go."""

_PAUSE_SECONDS = 1.0


class Allowance:
    """A token bucket: so many in a second, and so many at once after a second of silence, or after more of them."""

    __slots__ = ("_at", "_left", "_most", "_rate", "_seconds")

    def __init__(self, rate: float, seconds: float = 1.0) -> None:
        """
        Args:
            seconds: Of silence, after which no more is allowed at once.
        """
        self._rate = rate
        self._seconds = seconds
        self._most = self._left = rate * seconds
        self._at = 0.0

    def take(self, now: float, wanted: float = 1.0) -> bool:
        """Whether one more, or so many, is within the rate."""
        left = self._left + (now - self._at) * self._rate
        if left > self._most:
            left = self._most
        self._at = now
        if left < wanted:
            self._left = left
            return False
        self._left = left - wanted
        return True

    def change(self, rate: float) -> None:
        """Let it be so many in a second from now on."""
        self._rate = rate
        self._most = rate * self._seconds
        self._left = min(self._most, self._left)

    def take_most(self, wanted: int, now: float) -> int:
        """How many of so many are within the rate."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        taken = min(wanted, int(self._left))
        self._left -= taken
        return taken


class Admission:
    """
    The SSRCs and payload types of one connection, and how fast it may send; `counts` says what was turned away.

    Attributes:
        excessive: More packets came than are taken for `EXCESS_SECONDS`.
    """

    def __init__(self, offer: Offer, counts: Counter[str]) -> None:
        self._known = {ssrc.to_bytes(4, "big") for line in offer.lines for ssrc in line.sources}
        self._undeclared = UNDECLARED
        self._counts = counts
        self._allowances: dict[int, Allowance] = {}
        for line in offer.lines[:2]:
            allowance = Allowance(PER_SECOND[line.kind])
            self._allowances[line.payload_type] = allowance
            if line.repair_type is not None:
                self._allowances[line.repair_type] = allowance
        self._voice_type = offer.lines[0].payload_type
        self._voice_bytes = Allowance(VOICE_BYTES_PER_SECOND, _VOICE_BURST_SECONDS)
        self._reports = Allowance(2 * PER_SECOND[Kind.AUDIO])
        self._excess_began = self._excess_at = -_PAUSE_SECONDS
        self.excessive = False

    def packet(self, datagram: bytes) -> bool:
        """Whether an SRTP datagram may be decrypted; its header is readable before."""
        if len(datagram) < 12 or datagram[1] & 0x7F not in self._allowances:
            self._counts["unknown_payload_type"] += 1
            return False
        return self._admits(datagram[8:12])

    def report(self, datagram: bytes) -> bool:
        """Whether an SRTCP datagram may be decrypted."""
        return self._admits(datagram[4:8])

    def _admits(self, ssrc: bytes) -> bool:
        if ssrc in self._known or (self._undeclared > 0 and len(ssrc) == 4):
            return True
        self._counts["unknown_ssrc"] += 1
        return False

    # Only what is genuine uses up the rate, and the few SSRCs that need no declaration: whoever sends in somebody's
    # name must not silence them.

    def note_packet(self, packet: bytes) -> None:
        """Note an RTP packet that was decrypted."""
        self._note(packet[8:12])

    def takes(self, payload_type: int, size: int, now: float) -> bool:
        """
        Whether one more packet of this type that was decrypted is within the rate.

        Too many bytes of a voice are dropped and no more: a browser that speaks finer than was agreed means no harm.
        """
        if not self._within(self._allowances[payload_type], now):
            self._exceed(now)
            return False
        if payload_type == self._voice_type and not self._voice_bytes.take(now, size):
            self._counts["voice_too_large"] += 1
            return False
        return True

    def genuine_report(self, datagram: bytes, now: float) -> bool:
        """
        Note an SRTCP datagram that was decrypted; whether it is within the rate.

        Too many are dropped and no more: a listener who loses much asks for much.
        """
        self._note(datagram[4:8])
        return self._within(self._reports, now)

    def _note(self, ssrc: bytes) -> None:
        if ssrc not in self._known:
            self._known.add(ssrc)
            self._undeclared -= 1

    def _within(self, allowance: Allowance, now: float) -> bool:
        if allowance.take(now):
            return True
        self._counts["too_fast"] += 1
        return False

    def _exceed(self, now: float) -> None:
        if now - self._excess_at > _PAUSE_SECONDS:
            self._excess_began = now
        self._excess_at = now
        self.excessive = now - self._excess_began >= EXCESS_SECONDS
