"""Asking a publisher's browser for what was lost on the way: at once, and again when it is time."""

from collections.abc import Callable, Mapping

from ascona.media.missing import SUPPOSED_ROUND_TRIP_SECONDS
from ascona.media.track import Track

LEAST_PAUSE_SECONDS = 0.005
"""Between two looks at what is missing."""

TOLD_OF_ROUND_TRIP = 0.25
"""Part of it that a browser behind bad air is told of. It asks again, and repeats again, after what it takes for a
round trip, and two losses in a row would be a freeze. Where few packets are lost, a few too many repairs are little."""

_EARLY_SECONDS = 0.001  # by which a look may come before its time: less than between two

Later = Callable[[float, Callable[[float], None]], None]
"""Calls something after so many seconds, with the moment it is then."""


def never(_seconds: float, _what: Callable[[float], None]) -> None:
    pass


class Asking:
    """
    For all streams of one publisher.

    Attributes:
        round_trip: Seconds from asking for a packet to its repair, as far as is known.
        airy: Whether what is asked may well be lost on its way: see `Estimate.airy`.
    """

    def __init__(self, tracks: Mapping[int, Track], ask: Callable[[Track, list[int]], None], later: Later) -> None:
        """
        Args:
            tracks: The streams that there are, at any moment.
            ask: Asks the browser for packets of a stream, by their numbers.
            later: See `Later`. What is missing is asked for again then; otherwise `ask` does so.
        """
        self._tracks = tracks
        self._ask = ask
        self._later = later
        self._next_look = float("inf")
        self.round_trip = SUPPOSED_ROUND_TRIP_SECONDS
        self.airy = False

    @property
    def untold(self) -> float:
        """Seconds of the round trip that the browser is not told of."""
        return (1.0 - TOLD_OF_ROUND_TRIP) * self.round_trip if self.airy else 0.0

    def ask(self, now: float) -> None:
        """Ask for whatever is due."""
        for track in self._tracks.values():
            if track.missing:
                self.ask_for(track, now)

    def ask_for(self, track: Track, now: float) -> None:
        """Ask for what is due of one stream, over bad air twice; and see to it that somebody looks again."""
        lost = track.asks(now, self.round_trip, self.airy)
        due = track.missing.next_due(self.round_trip, self.airy)
        if due is not None:
            self._look_by(max(due, now + LEAST_PAUSE_SECONDS), now)
        if lost:
            for _ in range(2 if self.airy else 1):
                self._ask(track, lost)

    def _look_by(self, moment: float, now: float) -> None:
        if moment < self._next_look:
            self._next_look = moment
            self._later(moment - now, self._look)

    def _look(self, now: float) -> None:
        """The time has come to ask once more, unless somebody has looked since and said when to look next."""
        if now < self._next_look - _EARLY_SECONDS:
            return
        self._next_look = float("inf")
        self.ask(now)
