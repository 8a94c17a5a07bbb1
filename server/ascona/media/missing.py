"""Packets of a stream that have not come, and when to ask for each."""

from collections.abc import Iterable

SUPPOSED_ROUND_TRIP_SECONDS = 0.05
"""Of a line of which nothing is known yet."""

KEPT_UP_SECONDS = 0.3
"""How long after its repair could have been here a packet is still asked for; then a key frame is."""

_AGAIN = 0.125  # of a round trip, between two requests once a repair could have been here
_NEVER = float("-inf")


class Missing:
    """
    What is asked for, packet by packet: at once, and from the moment on at which a repair could have been here again
    and again.

    A browser sends a packet once more at most once in what it takes for a round trip, whoever asks more often. So a
    request or a repair that is lost costs little more than one, if the next request is there when that has passed.
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

    def due(self, now: float, round_trip: float) -> list[int]:
        """
        The numbers to ask for now.

        Args:
            round_trip: Seconds from asking to a repair.
        """
        numbers = []
        for number, (first, last) in self._asked.items():
            if first == _NEVER:
                self._asked[number] = now, now
                numbers.append(number)
            elif now >= first + round_trip and now >= last + _AGAIN * round_trip:
                self._asked[number] = first, now
                numbers.append(number)
        return numbers

    def next_due(self, round_trip: float) -> float | None:
        """When something is to be asked for again; None: nothing is."""
        waits = [max(first + round_trip, last + _AGAIN * round_trip) for first, last in self._asked.values()]
        return min(waits, default=None)

    def give_up(self, now: float, round_trip: float) -> bool:
        """Stop waiting for what has been asked for in vain for long enough; whether there was any."""
        lost = [
            number for number, (first, _) in self._asked.items() if _NEVER < first < now - round_trip - KEPT_UP_SECONDS
        ]
        for number in lost:
            del self._asked[number]
        return bool(lost)
