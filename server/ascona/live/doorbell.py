"""How often somebody who is not inside may knock: whoever waits costs the group next to nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ascona.live.rate_limit import TokenBucket

KNOCKS_PER_MINUTE, KNOCKS_AT_ONCE = 6.0, 6.0
"""A page knocks once for each line it has; one whose line comes and goes more often waits a little longer."""

GONE_SECONDS = 2.0
"""So soon after going from the door a knock changes nothing: it was no change of mind."""

Place = tuple[str, str]
"""Somebody's place: session and person."""


@dataclass(slots=True)
class _Visitor:
    """Attributes: `gone`: when they last went from the door, in seconds."""

    knocks: TokenBucket = field(default_factory=lambda: TokenBucket(KNOCKS_PER_MINUTE / 60, KNOCKS_AT_ONCE))
    gone: float = float("-inf")


class Doorbell:
    """Of all rooms. It is the person who is counted: another window, or another line, rings the same bell."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        Args:
            monotonic: Seconds.
        """
        self._monotonic = monotonic
        self._visitors: dict[Place, _Visitor] = {}

    def rings(self, place: Place) -> bool:
        """Somebody outside knocks; whether that is heard."""
        visitor = self._visitors.setdefault(place, _Visitor())
        now = self._monotonic()
        return now >= visitor.gone + GONE_SECONDS and visitor.knocks.take(now)

    def gone(self, place: Place) -> None:
        """Somebody has gone from the door."""
        self._visitors.setdefault(place, _Visitor()).gone = self._monotonic()

    def forget(self, room: str) -> None:
        """No bell of this room is rung any more."""
        for place in [place for place in self._visitors if place[0] == room]:
            del self._visitors[place]
