"""Which packets were repeated to a listener just now: asking again before a repair can be there tells nothing new."""

from collections.abc import Iterable

LONGEST_SECONDS = 0.5
"""For which it is remembered, however long the round trip: what was repeated then is not worth waiting for."""


class Repeats:
    """Remembers for one round trip; holds no more than is repeated in `LONGEST_SECONDS`."""

    def __init__(self) -> None:
        self._at: dict[tuple[int, int], float] = {}  # by SSRC and sequence number

    def __len__(self) -> int:
        return len(self._at)

    def unanswered(self, ssrc: int, lost: Iterable[int], now: float, round_trip: float) -> tuple[int, ...]:
        """
        Of what somebody misses, what was not repeated within the last round trip, each once.

        Args:
            round_trip: Seconds to the listener and back.
        """
        known = min(round_trip, LONGEST_SECONDS)
        missing = dict.fromkeys(lost)
        return tuple(number for number in missing if now - self._at.get((ssrc, number), float("-inf")) >= known)

    def note(self, ssrc: int, repeated: Iterable[int], now: float) -> None:
        """These have been repeated."""
        self._at = {which: at for which, at in self._at.items() if now - at < LONGEST_SECONDS}
        self._at.update(dict.fromkeys(((ssrc, number) for number in repeated), now))
