"""Who was hung up on for flooding a room with messages: nobody listens to them for a while."""

from collections.abc import Callable

FLOOD_SECONDS = 10.0
"""How long somebody who was hung up on for flooding may not come back. Long enough that coming back only to flood
again costs the others nothing, and short enough for a page that has merely gone wrong."""

Guest = tuple[str, str]
"""A browser that is signed in: session, and the browser's id."""


class Flooders:
    """
    Remembers them by their sign-in, and by what their browser says before it is asked who it is.

    The second is the cheap one: a browser that sends another Cookie header with each attempt is known by its sign-in.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        Args:
            monotonic: Seconds.
        """
        self._monotonic = monotonic
        self._until: dict[Guest | str, float] = {}

    def cut(self, guest: Guest, cookies: str) -> None:
        """Somebody was hung up on just now. `cookies`: their Cookie header."""
        now = self._monotonic()
        self._until = {who: until for who, until in self._until.items() if until > now}
        self._until[guest] = self._until[cookies] = now + FLOOD_SECONDS

    def holds(self, who: Guest | str) -> bool:
        """Whether to refuse them still: by their sign-in, or by their Cookie header."""
        return self._until.get(who, 0.0) > self._monotonic()
