"""How long anything is kept: what a session leaves behind goes by itself."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, or_, select, text

from ascona.core.events import PhaseStarted
from ascona.storage.database import Database, Transaction, to_ms
from ascona.storage.tables import EventRow, LoginRow, PersonRow, SessionRow

SWEEP_SECONDS = 600.0
"""How often what is due goes. What an end has taken from a session is out of SQLite's log by then, too."""

FORGOTTEN_AFTER = timedelta(hours=24)
"""A session in which nothing has happened for so long is over, though nobody has ended it."""

METADATA_LASTS = timedelta(days=30)
"""How long it is known of an ended session that there was one. It has neither title nor names nor events any more."""


class Retention:
    """Deletes what is due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forgotten(self, now: datetime) -> list[str]:
        """Sessions that began, and that everybody has left without ending them."""
        begun = exists().where(EventRow.session_id == SessionRow.id, EventRow.kind == PhaseStarted.__name__)
        silent = SessionRow.last_ms <= to_ms(now - FORGOTTEN_AFTER)
        query = select(SessionRow.id).where(SessionRow.ended_ms.is_(None), begun, silent)
        return await self._database.transaction(lambda transaction: list(transaction.scalars(query)))

    async def sweep(self, now: datetime) -> None:
        """
        Delete what is due: sessions that ended long ago, sessions to which no link and no browser that is
        signed in leads any more, expired logins.

        Raises:
            DatabaseAway: Then the next sweep does it.
        """
        before = to_ms(now - METADATA_LASTS)
        leads_in = exists().where(PersonRow.session_id == SessionRow.id, PersonRow.expires_ms > to_ms(now))
        signed_in = exists().where(LoginRow.session_id == SessionRow.id)
        never_held = SessionRow.ended_ms.is_(None) & (SessionRow.last_ms <= before) & ~leads_in & ~signed_in

        def delete_due(transaction: Transaction) -> None:
            transaction.execute(delete(LoginRow).where(LoginRow.expires_ms <= to_ms(now)))
            transaction.execute(delete(SessionRow).where(or_(SessionRow.ended_ms <= before, never_held)))

        await self._database.transaction(delete_due)
        if self._database.is_sqlite:
            empty_log = text("PRAGMA wal_checkpoint(TRUNCATE)")
            await self._database.transaction(lambda transaction: transaction.execute(empty_log).all())
