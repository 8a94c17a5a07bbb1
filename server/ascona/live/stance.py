"""What somebody may do now, as one word for which every language has one plain sentence."""

from datetime import datetime

from ascona.core.browsers import goes_straight_in
from ascona.core.media_plan import Kind, may_receive, may_send
from ascona.core.people import LEADERS, Browser, Person, Place, Role
from ascona.core.session import Session, SitBackStyle

_SITTING_BACK = {
    SitBackStyle.GONE: "sitting_back",
    SitBackStyle.DIMMED: "sitting_back_dimmed",
    SitBackStyle.STAY: "sitting_back_seen",
}
_NOT_INSIDE = {
    Place.INVITED: "turned_away",  # connected, and neither waiting nor inside: a leader said not today
    Place.LEFT: "left",
    Place.REMOVED: "removed",
}
_OTHER_BROWSER = {Place.DOOR: "device_asks", Place.INVITED: "device_refused"}
"""Of somebody who is inside from another browser: this one asks to be let in as well, or was not."""

_OUTSIDE = {Role.RING: "ring_listening", Role.OBSERVER: "observing", Role.SUPERVISOR: "supervising"}


def stance(session: Session, person: Person) -> str:
    """One of the keys under `stance` in the language files."""
    if session.ended:
        return "ended"
    known = session.person(person.id)
    if person.place is not Place.INSIDE and known is not None and known.place is Place.INSIDE:
        return _OTHER_BROWSER[person.place]
    if person.place is Place.DOOR:
        return _at_the_door(session, person)
    if person.place is not Place.INSIDE:
        return _NOT_INSIDE[person.place]
    if session.step is None:
        return "lobby"
    if not may_receive(session, person):
        return "closed_out"
    if session.sits_back(person.id):
        return _SITTING_BACK.get(session.sit_back, "talking")
    return _inside(session, person)


def _at_the_door(session: Session, person: Person) -> str:
    """Whether leaders know, and whether it is worth waiting."""
    if not session.leader_present:
        return "door_unseen"
    return "closed_door" if _is_locked_out(session, person) else "door"


def finds_door_closed(session: Session, person: Person, browser: Browser, now: datetime) -> bool:
    """Whether a person who opens their room with this browser is to read, before anything else, that it is closed."""
    comes_in = person.place is Place.INSIDE or (person.role in LEADERS and goes_straight_in(person, browser, now))
    return not comes_in and _is_locked_out(session, person)


def _is_locked_out(session: Session, person: Person) -> bool:
    """Until a leader opens; a person who was here before is expected, however closed the door is."""
    return session.locked and not person.kept


def _inside(session: Session, person: Person) -> str:
    speaks = may_send(session, person, Kind.AUDIO)
    if person.role in LEADERS:
        return "leading"
    if person.id in session.word:
        return "has_word"
    if person.role is Role.RING and session.ring_open:
        return "ring_may_speak"
    if person.role in _OUTSIDE:
        return "talking" if speaks else _OUTSIDE[person.role]
    if person.id == session.presenter and session.phase and session.phase.may_protect:
        return "presenting"
    if session.protected and not speaks:
        return "protected"
    return "talking" if speaks else "listening"
