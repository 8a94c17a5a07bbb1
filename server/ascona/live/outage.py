"""While the journal cannot be written: what is recorded, and what took effect all the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ascona.core import commands as c
from ascona.core.decide import decide
from ascona.core.events import Event, Recorded
from ascona.core.evolve import evolve
from ascona.core.rights import Refused
from ascona.core.session import LIVE, Session


@dataclass(frozen=True, slots=True)
class Order:
    """A command that took effect at `at` without being recorded. It only took rights away: see `TAKES_AWAY`."""

    command: c.Command
    by: str | None
    key: str
    at: datetime


@dataclass(slots=True)
class Outage:
    """
    Attributes:
        recorded: The session as it is known to be recorded.
        owed: What took effect since, in order.
    """

    recorded: Session
    owed: list[Order] = field(default_factory=list)

    def settled(self, found: Sequence[Recorded], now: Session) -> tuple[Session, list[Recorded]]:
        """
        Bring both together once the journal answers.

        What is recorded has happened, also where whoever asked for it was refused. What is owed is decided once more
        after it, each order at its own moment; one that has nothing left to take away is dropped.

        Args:
            found: What is recorded after `recorded`.
            now: The session as it stands; whose line is up is in no journal.

        Returns:
            The session after all of it, and what is still to be recorded.
        """
        session = replace(self.recorded, **{name: getattr(now, name) for name in LIVE})
        for record in found:
            session = evolve(session, record.event, record.by)
        known, records = {(record.by, record.key) for record in found}, []
        for order in self.owed:
            for event in () if (order.by, order.key) in known else _decided(session, order):
                session = evolve(session, event, order.by)
                records.append(Recorded(session.version, order.at, order.by, order.key, event))
        return session, records


def _decided(session: Session, order: Order) -> tuple[Event, ...]:
    try:
        return decide(session, order.command, order.by, order.at, session.version)
    except Refused:
        return ()
