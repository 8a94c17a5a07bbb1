"""What of a session is written down, and what still has to be: between a room and its journal."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeVar

import structlog

from ascona.core.events import Recorded
from ascona.core.rights import Refused
from ascona.core.session import Session
from ascona.live.outage import Order, Outage

JOURNAL_PATIENCE_SECONDS = 2.0
"""How long a command waits for the journal before it is refused."""

TAKING_PATIENCE_SECONDS = 0.5
"""How long one that takes rights away waits before it takes effect unrecorded."""

JOURNAL_RETRY_SECONDS = 1.0
"""How often a journal that is away is asked whether it is back."""

T = TypeVar("T")

log = structlog.get_logger()


class Journal(Protocol):
    """Where events are kept. After an exception only `since` knows whether anything was written."""

    async def append(self, session: str, records: Sequence[Recorded]) -> None: ...

    async def since(self, session: str, version: int) -> list[Recorded]: ...


class Ledger:
    """
    One session's. Whoever calls `write` and `agree` has the room's turn.

    Attributes:
        outage: None while all that has happened is recorded.
    """

    def __init__(self, journal: Journal) -> None:
        self.outage: Outage | None = None
        self._journal = journal

    def recorded(self, session: Session) -> Session:
        """The session as the journal is known to have it."""
        return self.outage.recorded if self.outage else session

    async def write(self, session: Session, records: Sequence[Recorded], order: Order, takes: bool) -> None:
        """
        Record what an order leads to. While that cannot be done, what takes rights away is owed.

        Args:
            takes: Whether this one does: see `TAKES_AWAY`.

        Raises:
            Refused: If it is neither recorded nor owed. It may have been written all the same.
        """
        if self.outage is None:
            patience = TAKING_PATIENCE_SECONDS if takes else JOURNAL_PATIENCE_SECONDS
            try:
                await _within(patience, self._journal.append(session.id, records))
            except Exception as error:
                log.error("journal_unavailable", session=session.id, error=type(error).__name__)
                self.outage = Outage(session)
            else:
                return
        if not takes:
            raise Refused("journal_unavailable")
        self.outage.owed.append(order)

    async def answers(self, session: Session) -> bool:
        """Whether the journal is there; it takes nobody's turn."""
        try:
            await _within(JOURNAL_PATIENCE_SECONDS, self._journal.since(session.id, self.recorded(session).version))
        except Exception:  # whatever it is, it has been logged when it began
            return False
        return True

    async def agree(self, session: Session) -> tuple[Session, list[Recorded]]:
        """
        Settle what is owed, and catch up with what was written although nobody said so.

        Returns:
            The session as it stands after that, all of it recorded; and what was caught up with.

        Raises:
            Refused: If the journal does not answer; nothing has changed then.
        """
        outage = self.outage or Outage(session)
        try:
            found = await _within(JOURNAL_PATIENCE_SECONDS, self._journal.since(session.id, outage.recorded.version))
            after, records = outage.settled(found, session)
            if records:
                await _within(JOURNAL_PATIENCE_SECONDS, self._journal.append(session.id, records))
        except Exception as error:
            raise Refused("journal_unavailable") from error
        self.outage = None
        return after, found


async def _within(seconds: float, answer: Coroutine[Any, Any, T]) -> T:
    """
    What the journal answers. One that hangs is not waited for, not even until it has given up.

    Raises:
        TimeoutError: Whether it was written, only the journal knows.
    """
    asked = asyncio.ensure_future(answer)
    try:
        done, _ = await asyncio.wait({asked}, timeout=seconds)
    finally:
        if not asked.done():
            asked.cancel()
            asked.add_done_callback(_forget)
    if not done:
        raise TimeoutError
    return asked.result()


def _forget(asked: asyncio.Future[Any]) -> None:
    """Nobody waits for its exception any more."""
    if not asked.cancelled():
        asked.exception()
