"""Which packets were repeated to a listener just now: asking again before a repair can be there tells nothing new."""

from collections.abc import Iterable


class Repeats:
    """Remembers for one round trip; what it holds is bounded by how much may be repeated in that time."""

    def __init__(self) -> None:
        self._at: dict[tuple[int, int], float] = {}  # by SSRC and sequence number, oldest first

    def __len__(self) -> int:
        return len(self._at)

    def unanswered(self, ssrc: int, lost: Iterable[int], now: float, round_trip: float) -> tuple[int, ...]:
        """
        Of what somebody misses, what was not repeated within the last round trip.

        Args:
            round_trip: Seconds to the listener and back.
        """
        while self._at:
            oldest = next(iter(self._at))
            if now - self._at[oldest] < round_trip:
                break
            del self._at[oldest]
        return tuple(number for number in lost if (ssrc, number) not in self._at)

    def note(self, ssrc: int, repeated: Iterable[int], now: float) -> None:
        """These are being repeated."""
        for number in repeated:
            self._at.pop((ssrc, number), None)  # so that the newest is last
            self._at[ssrc, number] = now
