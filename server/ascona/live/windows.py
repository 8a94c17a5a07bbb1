"""Which window somebody's sound and picture lead to: one at a time, and none before the last one is silent."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol


class Negotiator(Protocol):
    """Answers browsers' offers of sound and picture."""

    async def answer(self, room: str, person: str, offer: str) -> str:
        """Raises: Refused, with what is wrong with the offer."""
        ...

    async def leave(self, room: str, person: str) -> None: ...

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None:
        """Say how high each slot's picture is on somebody's screen."""
        ...


class Windows:
    """By person and room. Sound may outlive the socket of its window, and an answer may be under way to it."""

    def __init__(self, negotiator: Negotiator) -> None:
        self._negotiator = negotiator
        self._open: dict[tuple[str, str], str] = {}
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def enter(self, room: str, person: str, window: str) -> bool:
        """
        From now on it is this window. One that comes back keeps its sound and picture.

        Returns:
            Whether another one had to fall silent; it has.
        """
        at = (room, person)
        async with self._turns[at]:  # an answer that is under way would open what has just been closed
            if self._open.setdefault(at, window) == window:
                return False
            self._open[at] = window
            await self._negotiator.leave(room, person)
        return True

    async def answer(self, room: str, person: str, offer: str, check: Callable[[], None]) -> str:
        """
        Answer an offer, one after another.

        Args:
            check: Asked when it is this offer's turn.

        Raises:
            Refused: By `check`, or with what is wrong with the offer.
        """
        async with self._turns[room, person]:
            check()
            return await self._negotiator.answer(room, person, offer)

    def forget(self, room: str) -> None:
        """Nobody looks at this room any more."""
        for at in [at for at in self._turns if at[0] == room]:
            del self._turns[at]
            self._open.pop(at, None)
