"""The outer ring: opening it, giving it the word, and the way between ring and circle."""

from datetime import datetime

from ascona.core import events as e
from ascona.core.door import at
from ascona.core.media_plan import floor
from ascona.core.people import CIRCLE, FLOOR_LIMIT, LEADERS, OUTSIDE, Person, Place, Role
from ascona.core.phases import ring_opens
from ascona.core.programme import Group
from ascona.core.rights import Refused
from ascona.core.session import Session


def open_ring(s: Session, now: datetime) -> tuple[e.Event, ...]:
    from_programme = s.phase is not None and s.phase.opens_ring
    if s.ring_open:
        return ()
    if not from_programme and not _hears_floor(s):
        raise Refused("not_now")
    return ring_opens(s, s.ends_at if from_programme else None, now)


def _hears_floor(s: Session) -> bool:
    return s.ring_open or (s.phase is not None and Group.FLOOR in s.phase.heard)


def give_word(s: Session, id: str) -> tuple[e.Event, ...]:
    person = at(Place.INSIDE, s, id)
    if person.role not in OUTSIDE or not _hears_floor(s):
        raise Refused("not_now")
    return _word(s, id)


def take_word(s: Session, by: Person) -> tuple[e.Event, ...]:
    if not s.ring_open:
        raise Refused("ring_closed")
    return _word(s, by.id)


def _word(s: Session, id: str) -> tuple[e.Event, ...]:
    speakers = floor(s)
    if id in speakers:
        return ()
    if len(speakers) >= FLOOR_LIMIT:
        raise Refused("floor_full")
    return (e.WordGiven(id),)


def pass_word(s: Session, id: str, by: Person) -> tuple[e.Event, ...]:
    if id != by.id and by.role not in LEADERS:
        raise Refused("leaders_only")
    if id not in s.floor:
        raise Refused("nobody_there")
    return (e.WordPassed(id),)


def move_to_ring(s: Session, id: str) -> tuple[e.Event, ...]:
    person = at(Place.INSIDE, s, id)
    if person.role is not Role.MEMBER:
        raise Refused("not_in_circle")
    if id == s.presenter:
        raise Refused("not_now")
    asked = (e.PresenterDeclined(id),) if id == s.asked else ()
    role = person.came_as if person.came_as in OUTSIDE else Role.RING
    released = (e.DeputyReleased(id),) if id == s.deputy else ()
    return (*asked, *released, e.MovedToRing(id, s.seat_behind(), role))


def invite_to_circle(s: Session, id: str) -> tuple[e.Event, ...]:
    person = at(Place.INSIDE, s, id)
    if person.role in CIRCLE:
        raise Refused("not_now")
    seat = s.free_seat()
    if seat is None:
        raise Refused("circle_full")
    passed = (e.WordPassed(id),) if id in s.floor else ()
    return (*passed, e.InvitedToCircle(id, seat))
