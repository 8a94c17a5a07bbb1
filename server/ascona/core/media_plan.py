"""Who is heard and seen by whom: a pure function of the session, and the only place that says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ascona.core.people import LEADERS, OUTSIDE, Person, Role
from ascona.core.programme import Group, Phase
from ascona.core.session import Session, SitBackStyle


class Kind(StrEnum):
    """What travels."""

    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Route:
    """One sender's sound or picture, allowed to reach one receiver."""

    sender: str
    receiver: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class MediaPlan:
    """
    Everything that may be forwarded in a room; what is not named here is not.

    Attributes:
        version: The session's version this plan follows from.
        routes: The allowed (sender, receiver, kind) triples.
        slots: The slot that carries each sender, by person: for the circle the
            person's seat, for people outside it one of the floor slots after the seats.
    """

    version: int = 0
    routes: frozenset[Route] = frozenset()
    slots: Mapping[str, int] = field(default_factory=dict)


def media_plan(session: Session) -> MediaPlan:
    """
    The whole plan, default no.

    Someone whose line is lost neither sends nor receives: everyone sees an empty
    chair there, and nobody may be listening in it.
    """
    slots = carried(session)
    here = [person for person in session.inside() if person.id in session.present]
    receivers = [person for person in here if may_receive(session, person)]
    routes = frozenset(
        Route(sender.id, receiver.id, kind)
        for sender in here
        if sender.id in slots
        for kind in Kind
        if may_send(session, sender, kind)
        for receiver in receivers
        if receiver is not sender
    )
    return MediaPlan(session.version, routes, slots)


def ways(session: Session) -> frozenset[Route]:
    """Who could be heard and seen by whom, were everybody's line up."""
    return media_plan(replace(session, present=frozenset(person.id for person in session.people))).routes


def may_send(session: Session, person: Person, kind: Kind) -> bool:
    """Whether the phase lets this person be heard, or seen, by those who may receive."""
    phase = session.phase
    if phase is None or not person.may_take_part:
        return False
    if session.sits_back(person.id) and (kind is Kind.AUDIO or session.sit_back is SitBackStyle.GONE):
        return False
    return bool(_groups(session, person) & _allowed(session, phase, kind))


def may_receive(session: Session, person: Person) -> bool:
    """Whether the phase lets this person hear and see the others."""
    phase = session.phase
    if phase is None or not person.may_take_part:
        return False
    return Group.EVERYONE in phase.hears or bool(_groups(session, person) & phase.hears)


def floor(session: Session) -> dict[str, int]:
    """
    People outside the circle who may speak now, and the place on the floor of each, from 0.

    Where a phase hears the supervisor, the last free place is theirs, there or not:
    a supervisor who comes back pushes nobody off.
    """
    places = {id: place for place, id in enumerate(session.word) if id is not None}
    free = [place for place, id in enumerate(session.word) if id is None]
    phase = session.phase
    if phase and free and Group.SUPERVISOR in phase.heard | phase.seen:
        supervisors = [p.id for p in session.inside() if p.role is Role.SUPERVISOR and p.id not in places]
        places |= dict.fromkeys(supervisors[:1], free[-1])
    return places


def carried(session: Session) -> dict[str, int]:
    """The slot of everyone who has one: the circle's seats, then the floor's places."""
    circle = {person.id: person.seat for person in session.inside() if person.role not in OUTSIDE}
    return circle | {id: session.seats + place for id, place in floor(session).items()}


def _groups(session: Session, person: Person) -> frozenset[Group]:
    groups = set()
    if person.role in LEADERS:
        groups.add(Group.LEADERS)
    if person.role is Role.MEMBER:
        groups.add(Group.CIRCLE)
    if person.id == session.presenter:
        groups.add(Group.PRESENTER)
    if person.role is Role.SUPERVISOR:
        groups.add(Group.SUPERVISOR)
    if person.id in session.word:
        groups.add(Group.FLOOR)
    return frozenset(groups)


def _allowed(session: Session, phase: Phase, kind: Kind) -> frozenset[Group]:
    groups = phase.heard if kind is Kind.AUDIO else phase.seen
    if session.ring_open:  # in its own phase, where a leader opened it, and for the grace after it
        groups |= {Group.FLOOR}
    if session.protected and kind is Kind.AUDIO:
        groups = groups - {Group.CIRCLE} | {Group.PRESENTER}
    return groups
