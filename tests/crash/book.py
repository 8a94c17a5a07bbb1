"""The journal as it stands beside the server, and what everybody was told: the two must agree."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from ascona.core.evolve import evolve
from ascona.core.session import Session
from ascona.storage.database import Database
from ascona.storage.journal import Journal

ROUNDING = timedelta(milliseconds=50)
"""Of a clock in whole milliseconds that is taken up again with the process."""


@dataclass(frozen=True)
class Told:
    """A snapshot, and between which moments of this machine's clock it was made."""

    room: dict[str, Any]
    after: datetime
    before: datetime


@dataclass
class Book:
    """
    What was promised in one session.

    Attributes:
        acknowledged: (person, key) of every command that was.
        trouble: What was found wrong, in sentences; empty: nothing.
    """

    url: str
    session: str
    acknowledged: set[tuple[str, str]] = field(default_factory=set)
    trouble: list[str] = field(default_factory=list)

    async def check(self, told: list[Told]) -> Session:
        """
        Compare the journal, as it stands now, with what was acknowledged and shown.

        Returns:
            The session as it is recorded.
        """
        database = await Database.opened(self.url)
        try:
            rebuilt = await Journal(database).rebuilt(self.session)
        finally:
            await database.close()
        assert rebuilt is not None
        session, history = rebuilt
        lost = self.acknowledged - {(record.by, record.key) for record in history}
        self.trouble += [f"an acknowledged command is lost: {key}" for _, key in lost]
        start = replace(session, **FRESH)
        for one in told:
            then = reduce(lambda s, record: evolve(s, record.event, record.by), history[: one.room["version"]], start)
            self.trouble += differences(then, one)
        return session


FRESH: dict[str, Any] = {
    name: Session.__dataclass_fields__[name].default
    for name in Session.__dataclass_fields__
    if name not in ("id", "programme", "people", "seats", "sit_back")
}
"""A session before its first event, but for its people: who is where is not asked here."""


def differences(recorded: Session, told: Told) -> list[str]:
    """What a snapshot says otherwise than the journal up to its version."""
    room, found = told.room, []
    presenter = next((chair for chair in room["people"] if chair["standing"] == "presenter"), None)
    pairs: dict[str, tuple[object, object]] = {
        "version": (recorded.version, room["version"]),
        "phase": (recorded.phase_id, room["phase"]),
        "presenter": (recorded.presenter, presenter and presenter["person"]),
        "locked": (recorded.locked, room["locked"]),
    }
    if presenter and presenter["state"] != "away":
        pairs["back"] = (recorded.back, presenter["state"] == "back")
    if room["clock"]:
        pairs["held"] = (recorded.held, room["clock"]["held"])
    for what, (kept, shown) in pairs.items():
        if kept != shown:
            found.append(f"version {room['version']}: {what} is {kept} in the journal and was shown as {shown}")
    if recorded.ends_at and room["clock"]:
        left = timedelta(milliseconds=room["clock"]["left_ms"])
        if not told.after + left - ROUNDING <= recorded.ends_at <= told.before + left + ROUNDING:
            found.append(f"version {room['version']}: the deadline was shown otherwise than it is recorded")
    return found
