"""Who was hung up on for flooding a room with messages: nobody listens to them for a while."""

from collections.abc import Callable

FLOOD_SECONDS = 10.0
"""How long somebody who was hung up on for flooding may not come back. Long enough that coming back only to flood
again costs the others nothing, and short enough for a page that has merely gone wrong."""

Place = tuple[str, str]
"""Somebody's place: session and person."""


class Flooders:
    """
    Remembers them by their place, and by what their browser says before it is asked who it is.

    The second is the cheap one: whoever sends another Cookie header with each attempt is known by their place still.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        Args:
            monotonic: Seconds.
        """
        self._monotonic = monotonic
        self._until: dict[Place | str, float] = {}

    def cut(self, place: Place, cookies: str) -> None:
        """Somebody was hung up on just now. `cookies`: their Cookie header."""
        now = self._monotonic()
        self._until = {who: until for who, until in self._until.items() if until > now}
        self._until[place] = self._until[cookies] = now + FLOOD_SECONDS

    def holds(self, who: Place | str) -> bool:
        """Whether to refuse them still: by their place, or by their Cookie header."""
        return self._until.get(who, 0.0) > self._monotonic()
