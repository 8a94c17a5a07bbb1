"""How much of what one listener is sent gets lost, and how sure that is: pure, from their browser's reports."""

from dataclasses import dataclass
from math import exp, sqrt

MEMORY_SECONDS, SHORT_SECONDS = 3.0, 1.0
"""How long a report counts, more or less: the newer, the more. And where a change is to be seen soon."""

SURE = 3.0
"""Standard deviations by which chance alone hardly ever exceeds a part: by that much a loss must, to count as more."""

_FEWEST = 20  # packets, for a loss to be known to be large
_ENOUGH = 150  # packets, for it to be known well: five percent of them are lost give or take two
_TELLING_SECONDS = 2.0  # of a report about longer than that nobody knows when it was lost
_WRAP = 0xFFFFFFFF
_JUMP = 0x8000  # numbers; a report of so many packets more is about another numbering


@dataclass(slots=True)
class Count:
    """Packets that fade with time."""

    memory: float  # seconds
    expected: float = 0.0
    lost: float = 0.0

    def add(self, expected: int, lost: int) -> None:
        self.expected += expected
        self.lost = max(0.0, min(self.expected, self.lost + lost))

    def fade(self, seconds: float) -> None:
        fading = exp(-seconds / self.memory)
        self.expected *= fading
        self.lost *= fading

    @property
    def part(self) -> float | None:
        """The part lost; None of hardly any packets."""
        return self.lost / self.expected if self.expected >= _FEWEST else None

    def surely_above(self, part: float) -> bool:
        """Whether more than this part is lost, and not by chance."""
        usual = self.expected * part
        return self.expected >= _FEWEST and self.lost > usual + SURE * sqrt(usual * (1.0 - part))


class Losses:
    """
    Counted in packets, not in time: half a second holds few, and by chance any loss of few packets looks like another.

    Attributes:
        part: Of all packets, as last known well.
        before: What is known by now of the time just before it last began again.
    """

    def __init__(self) -> None:
        self.part = 0.0
        self._forget()
        self._last: dict[int, tuple[int, int, float]] = {}  # by SSRC: highest number, lost in all, and when it was said
        self._from = float("-inf")
        self.before = Count(SHORT_SECONDS)

    def _forget(self) -> None:
        self._long, self._short = Count(MEMORY_SECONDS), Count(SHORT_SECONDS)

    def count(self, ssrc: int, highest: int, lost: int, now: float) -> None:
        """
        Take in one report block (RFC 3550 section 6.4.1).

        Args:
            highest: The newest number seen, with its cycles.
            lost: Packets lost since the stream began; fewer than last time when some came late after all.
        """
        before = self._last.get(ssrc)
        self._last[ssrc] = highest, lost, now
        if before is None:
            return
        fresh = (highest - before[0]) & _WRAP
        if fresh >= _JUMP:
            return
        fresh_lost = max(-_JUMP, min(fresh, lost - before[1]))
        if before[2] >= self._from:
            self._long.add(fresh, fresh_lost)
            self._short.add(fresh, fresh_lost)
        elif now - before[2] < _TELLING_SECONDS:
            self.before.add(fresh, fresh_lost)

    def pass_time(self, seconds: float) -> None:
        """Let old reports fade."""
        if self.known:
            self.part = self._long.lost / self._long.expected
        self._long.fade(seconds)
        self._short.fade(seconds)

    def begin_again(self, now: float) -> None:
        """What has been sent so far, and what will yet be reported of it, counts apart: from now on less is sent."""
        self.before = self._short
        self._forget()
        self._from = now

    @property
    def known(self) -> bool:
        """Whether enough has been reported since the beginning to know the part well."""
        return self._long.expected >= _ENOUGH

    @property
    def latest(self) -> float:
        """The part lost just now, as far as anything is known of it."""
        latest = self._short.part
        return self.part if latest is None else latest

    def surely_above(self, part: float) -> bool:
        """Whether more than this part is lost, and not by chance: few packets must lose far more, many hardly more."""
        return self._short.surely_above(part) or self._long.surely_above(part)
