"""Lost lines: how long a place waits for whoever it belongs to, and what time alone changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from ascona.core.people import LEADERS, Person, Place
from ascona.core.session import Session

CHAIR_EMPTIES = timedelta(seconds=60)
"""How long a chair says that its line is lost; then it is an empty chair that is kept."""

PLACE_KEPT = timedelta(minutes=10)
"""How long somebody may be away and come straight back. Later they wait at the door, with everything kept for them."""

DEPUTY_AFTER = timedelta(seconds=90)
"""How long a group waits for its leaders before it may ask the deputy to hold the frame."""


def noted(session: Session, now: datetime) -> Session:
    """The same session, knowing since when whoever is missing is missing."""
    since = dict(session.lost)
    missing = (person.id for person in session.inside() if person.id not in session.present)
    lost = tuple((id, since.get(id, now)) for id in missing)
    alone = session.phase is not None and not session.leader_present
    return replace(session, lost=lost, leaderless_since=session.leaderless_since or now if alone else None)


def lost_since(session: Session, person: str) -> datetime | None:
    """When this person's line was lost; None: it is up, or they are not inside."""
    return dict(session.lost).get(person)


def chair_is_empty(session: Session, person: Person, now: datetime) -> bool:
    """Whether somebody has been away for so long that nobody expects them in the next moments."""
    since = lost_since(session, person.id)
    return person.place is Place.DOOR or (since is not None and now >= since + CHAIR_EMPTIES)


def place_lapsed(session: Session, person: Person, now: datetime) -> bool:
    """Whether somebody has been away for so long that a leader lets them in again. Leaders let themselves in."""
    since = lost_since(session, person.id)
    return person.role not in LEADERS and since is not None and now >= since + PLACE_KEPT


def next_look(session: Session, now: datetime) -> datetime | None:
    """When screens have to change next although nothing happens."""
    return min((moment for moment in _moments(session) if moment > now), default=None)


def _moments(s: Session) -> Iterator[datetime]:
    for _, since in s.lost:
        yield since + CHAIR_EMPTIES
    if s.leaderless_since is not None and s.deputy is not None:
        yield s.leaderless_since + DEPUTY_AFTER
