"""How often a person who is not inside may knock: who waits costs the group next to nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ascona.live.rate_limit import TokenBucket

KNOCKS_PER_MINUTE, KNOCKS_AT_ONCE = 6.0, 6.0
"""A page knocks once for each line it has; one whose line comes and goes more often waits a little longer."""

GONE_SECONDS = 2.0
"""So soon after going from the door a knock changes nothing: it was no change of mind."""

REFUSED_SECONDS, REFUSED_SECONDS_LIMIT = 15.0, 960.0
"""After a "No" browsers that nobody knows wait so long before one of them is heard again, and twice as long after each
further one: a link in other hands asks ten times in an evening, and not ten times a minute. An own device that was
refused by mistake waits no longer than a person takes to see the mistake."""

Bell = tuple[str, str, str]
"""Session, person, and the browser that has it for itself; empty: all others of this person share it."""


@dataclass(slots=True)
class _Visitor:
    """
    Attributes:
        gone: When they last went from the door, in seconds.
        refused: How often another browser of this person was.
        silent_until: Not heard before, in seconds.
    """

    knocks: TokenBucket = field(default_factory=lambda: TokenBucket(KNOCKS_PER_MINUTE / 60, KNOCKS_AT_ONCE))
    gone: float = float("-inf")
    refused: int = 0
    silent_until: float = float("-inf")


class Doorbell:
    """Of all rooms. A browser that was let in, or knocked first, has a bell that no copy of its link can wear out."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        Args:
            monotonic: Seconds.
        """
        self._monotonic = monotonic
        self._visitors: dict[Bell, _Visitor] = {}

    def rings(self, bell: Bell) -> bool:
        """A browser outside knocks; whether that is heard."""
        visitor = self._visitors.setdefault(bell, _Visitor())
        now = self._monotonic()
        return now >= max(visitor.gone + GONE_SECONDS, visitor.silent_until) and visitor.knocks.take(now)

    def gone(self, bell: Bell) -> None:
        """A browser has gone from the door."""
        self._visitors.setdefault(bell, _Visitor()).gone = self._monotonic()

    def refused(self, room: str, person: str) -> None:
        """Another browser of this person was not let in: all that nobody knows are heard only after a pause."""
        visitor = self._visitors.setdefault((room, person, ""), _Visitor())
        pause = min(REFUSED_SECONDS * 2**visitor.refused, REFUSED_SECONDS_LIMIT)
        visitor.refused += 1
        visitor.silent_until = self._monotonic() + pause

    def forget(self, room: str) -> None:
        """No bell of this room is rung any more."""
        for bell in [bell for bell in self._visitors if bell[0] == room]:
            del self._visitors[bell]
