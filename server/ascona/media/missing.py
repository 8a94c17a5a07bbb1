"""Packets of a stream that have not come, and when to ask for each."""

from collections.abc import Iterable

SUPPOSED_ROUND_TRIP_SECONDS = 0.05
"""Of a line of which nothing is known yet."""

KEPT_UP_SECONDS = 0.3
"""How long after its repair could have been here a packet is still asked for; then a key frame is."""

# Parts of a round trip. Once a repair could have been here, requests follow each other fast: a browser repeats a packet
# at most once in what it takes for a round trip, so they cost little.
_HERE, _AGAIN = 1.0, 0.125
# Over bad air it takes our word (`asking.py`) for a quarter of it, and answers each: two at once, and then some pause.
_SECOND_AIRY, _HERE_AIRY, _AGAIN_AIRY = 0.4, 1.25, 0.25
_NEVER = float("-inf")


class Missing:
    """
    What is asked for, packet by packet: at once, and from the moment on at which a repair could have been here again
    and again; over bad air twice at first, as one repair in ten does not come there.
    """

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked: dict[int, tuple[float, float]] = {}  # by number: when first asked for, and when last

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, numbers: Iterable[int]) -> None:
        self._asked.update(dict.fromkeys(numbers, (_NEVER, _NEVER)))

    def found(self, number: int) -> None:
        """It has come after all."""
        self._asked.pop(number, None)

    def clear(self) -> None:
        self._asked.clear()

    def due(self, now: float, round_trip: float, airy: bool = False) -> list[int]:
        """
        The numbers to ask for now.

        Args:
            round_trip: Seconds from asking to a repair.
            airy: Whether requests and repairs may well be lost.
        """
        numbers = []
        for number, (first, last) in self._asked.items():
            if first == _NEVER:
                self._asked[number] = now, now
                numbers.append(number)
            elif now >= _next(first, last, round_trip, airy):
                self._asked[number] = first, now
                numbers.append(number)
        return numbers

    def next_due(self, round_trip: float, airy: bool = False) -> float | None:
        """When something is to be asked for again; None: nothing is."""
        return min((_next(first, last, round_trip, airy) for first, last in self._asked.values()), default=None)

    def give_up(self, now: float, round_trip: float) -> bool:
        """Stop waiting for what has been asked for in vain for long enough; whether there was any."""
        lost = [
            number for number, (first, _) in self._asked.items() if _NEVER < first < now - round_trip - KEPT_UP_SECONDS
        ]
        for number in lost:
            del self._asked[number]
        return bool(lost)


def _next(first: float, last: float, round_trip: float, airy: bool) -> float:
    if not airy:
        return max(first + _HERE * round_trip, last + _AGAIN * round_trip)
    if last == first:
        return first + _SECOND_AIRY * round_trip
    return max(first + _HERE_AIRY * round_trip, last + _AGAIN_AIRY * round_trip)
