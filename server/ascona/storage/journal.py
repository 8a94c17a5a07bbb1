"""The journal: every event of every session, on disk before anybody is shown its result."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import get_args

from pydantic import TypeAdapter
from sqlalchemy import delete, func, select, update

from ascona.core.consent import came_before
from ascona.core.events import Event, Recorded, SessionEnded
from ascona.core.evolve import evolve
from ascona.core.people import Person, Role
from ascona.core.programme import Programme, read_programme
from ascona.core.session import Session, SitBackStyle
from ascona.storage.database import Database, Transaction, from_ms, to_ms
from ascona.storage.tables import EventRow, PersonRow, SessionRow

_KINDS: dict[str, TypeAdapter[Event]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}


_NO_MORE = Programme("ended", ())


class Journal:
    """Events of all sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, session: str, records: Sequence[Recorded]) -> None:
        """
        Write events in one transaction. When this returns they survive a crash.

        With the end of a session goes what is known of it: its title, names, programme, and all events but this one.

        Raises:
            DatabaseAway: If they could not be written, also because another writer was
                faster: the pair of session and version is unique, and nothing follows an end.
        """
        rows = [
            EventRow(
                session_id=session,
                version=record.version,
                at_ms=to_ms(record.at),
                by=record.by,
                key=record.key,
                kind=type(record.event).__name__,
                body=_KINDS[type(record.event).__name__].dump_json(record.event).decode(),
            )
            for record in records
        ]
        ends = any(isinstance(record.event, SessionEnded) for record in records)
        goes_on = update(SessionRow).where(SessionRow.id == session, SessionRow.ended_ms.is_(None))

        def write(transaction: Transaction) -> None:
            transaction.execute(goes_on.values(last_ms=rows[-1].at_ms).returning(SessionRow.id)).scalar_one()
            transaction.add_all(rows)
            if ends:
                transaction.flush()
                _forget(transaction, session, records[-1])

        await self._database.transaction(write)

    async def history(self, session: str) -> list[Recorded]:
        """Everything that happened in a session, in order."""
        return await self._database.transaction(lambda transaction: _after(transaction, session, 0))

    async def since(self, session: str, version: int) -> list[Recorded]:
        """
        What happened in a session after this version, in order.

        A write that is under way is waited for: after this it is there, or will never be.
        """
        in_turn = update(SessionRow).where(SessionRow.id == session).values(last_ms=SessionRow.last_ms)

        def read(transaction: Transaction) -> list[Recorded]:
            transaction.execute(in_turn)
            return _after(transaction, session, version)

        return await self._database.transaction(read)

    async def version(self, session: str) -> int:
        """The version of a session's last recorded event; 0 before the first."""
        last = select(func.max(EventRow.version)).where(EventRow.session_id == session)
        return await self._database.transaction(lambda transaction: transaction.scalar(last)) or 0

    async def rebuilt(self, session: str) -> tuple[Session, list[Recorded]] | None:
        """A session as it stands after all that happened, and what did; None if there is none of that id."""
        query = select(PersonRow).where(PersonRow.session_id == session).order_by(PersonRow.seat)
        planned, people = await self._database.transaction(
            lambda transaction: (transaction.get(SessionRow, session), transaction.scalars(query).all())
        )
        if planned is None:
            return None
        history = await self.history(session)
        start = Session(
            planned.id,
            read_programme(planned.programme) if planned.programme else _NO_MORE,
            tuple(Person(row.id, row.name, Role(row.role), row.seat) for row in people),
            planned.seats,
            SitBackStyle(planned.sit_back),
        )
        if history:  # of an ended session only the end is left
            start = replace(start, version=history[0].version - 1)
        return replayed(start, history), history

    async def title(self, session: str) -> str:
        """The session's title; empty once it has ended."""
        planned = await self._database.transaction(lambda transaction: transaction.get(SessionRow, session))
        return planned.title if planned else ""

    async def running(self) -> list[str]:
        """Ids of the sessions that have not ended."""
        query = select(SessionRow.id).where(SessionRow.ended_ms.is_(None))
        return await self._database.transaction(lambda transaction: list(transaction.scalars(query)))


def replayed(start: Session, history: Sequence[Recorded]) -> Session:
    """A session after all that its journal holds, which earlier releases may have written: see `core/consent.py`."""
    agreed = reduce(Session.agreed, came_before(record.event for record in history), start)
    return reduce(lambda session, record: evolve(session, record.event, record.by), history, agreed)


def _after(transaction: Transaction, session: str, version: int) -> list[Recorded]:
    later = select(EventRow).where(EventRow.session_id == session, EventRow.version > version)
    rows = transaction.scalars(later.order_by(EventRow.version))
    return [
        Recorded(row.version, from_ms(row.at_ms), row.by, row.key, _KINDS[row.kind].validate_json(row.body))
        for row in rows
    ]


def _forget(transaction: Transaction, session: str, end: Recorded) -> None:
    """A case, its title and who told it live no longer than their session."""
    planned = update(SessionRow).where(SessionRow.id == session)
    transaction.execute(planned.values(title="", programme="", ended_ms=to_ms(end.at)))
    transaction.execute(update(PersonRow).where(PersonRow.session_id == session).values(name=""))
    told = delete(EventRow).where(EventRow.session_id == session, EventRow.version < end.version)
    transaction.execute(told)
