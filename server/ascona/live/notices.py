"""One line for everyone about what has just happened, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ascona.core import events as e
from ascona.core.browsers import is_another
from ascona.core.people import LEADERS, Person, Place
from ascona.core.session import Session


@dataclass(frozen=True, slots=True)
class Notice:
    """
    Attributes:
        key: Under `notices` in the language files.
        by: Whose command it was, as shown; None for the clock.
        values: What the sentence names.
        leaders_only: Nobody else is told.
        also: What came along with it, in a sentence each.
    """

    key: str
    by: str | None = None
    values: dict[str, str | int] = field(default_factory=dict)
    leaders_only: bool = False
    also: tuple["Notice", ...] = ()

    @property
    def line(self) -> dict[str, Any]:
        """As it goes over the wire."""
        also = [{"key": notice.key, "values": notice.values} for notice in self.also]
        return {"key": self.key, "by": self.by, "values": self.values, "also": also}


_PLAIN: dict[type[e.Event], str] = {
    e.Held: "held",
    e.Resumed: "resumed",
    e.TimeAnnounced: "time_is_up",
    e.SessionEnded: "session_ended",
    e.Locked: "locked",
    e.Unlocked: "unlocked",
    e.RingOpened: "ring_opened",
    e.RingClosed: "ring_closed",
}
_ABOUT_A_PERSON: dict[type[e.Event], str] = {
    e.Admitted: "admitted",
    e.TurnedAway: "turned_away",
    e.Departed: "left",
    e.Removed: "removed",
    e.PresenterAsked: "presenter_asked",
    e.PresenterDeclined: "presenter_declined",
    e.PresenterChosen: "presenter_chosen",
    e.SatBack: "sat_back",
    e.CameBack: "came_back",
    e.WordGiven: "word_given",
    e.WordPassed: "word_passed",
    e.MovedToRing: "moved_to_ring",
    e.InvitedToCircle: "invited_to_circle",
    e.Signalled: "signal",
    e.DeputyNamed: "deputy_named",
    e.DeputyReleased: "deputy_released",
    e.DeputyAsked: "deputy_asked",
    e.DeputyDeclined: "deputy_declined",
    e.FrameTaken: "frame_taken",
}
_BY_ANOTHER: dict[str, str] = {
    "admitted": "admitted_by",
    "sat_back": "sat_back_by",
    "came_back": "called_back",
    "word_given": "word_given_by",
    "word_passed": "word_taken_back",
    "ring_closed": "ring_closed_by",
}
"""What is said where somebody else has done it: the person of the event is told from whoever pressed."""
_FOR_LEADERS = (e.PresenterDeclined, e.Signalled)
_SAYS_IT_ALL = (e.PhaseStarted, e.RingOpened, e.PresenterChosen)
"""The last event of a command is what was done, unless one of these is among them: it brings the others along."""


def notices(before: Session, after: Session, events: Sequence[e.Event], by: str | None) -> list[Notice]:
    """What to say about the events of one command: one line, for whatever was done."""
    actor = after.person(by) if by else None
    whole: list[e.Event] = [event for event in events if isinstance(event, _SAYS_IT_ALL)] or list(events[-1:])
    admitted = [_name(after, event.person) for event in events if isinstance(event, e.Admitted)]
    if len(admitted) > 1:
        said: Notice | None = Notice("admitted_some", actor.name if actor else None, {"names": ", ".join(admitted)})
    elif before.awaited_until is not None and any(isinstance(event, e.PresenterReleased) for event in events):
        said = _without_presenter(before, after, events, actor)
    else:
        said = _notice(before, after, whole[0], actor) if whole else None
        if said is not None:
            said = replace(said, also=_along(after, [event for event in events if event is not whole[0]]))
    return (
        _renamed(before, events) + [notice for notice in (said,) if notice] + _ring_closes_soon(before, after, events)
    )


def _along(after: Session, events: Sequence[e.Event]) -> tuple[Notice, ...]:
    """What a step or a choice has brought along that everybody sees, and may wonder about: a chair, the door."""
    said: list[Notice] = []
    for event in events:
        if isinstance(event, e.SatBack | e.CameBack):
            said.append(Notice(_ABOUT_A_PERSON[type(event)], values={"name": _name(after, event.person)}))
        if isinstance(event, e.Locked):
            said.append(Notice("locked_too"))
    return tuple(said)


def _renamed(before: Session, events: Sequence[e.Event]) -> list[Notice]:
    """Who has a chair changes their name before everybody's eyes; who waits at the door, before the leaders'."""
    said = []
    for event in events:
        person = before.person(event.person) if isinstance(event, e.Named) else None
        if isinstance(event, e.Named) and person is not None and person.place in {Place.INSIDE, Place.DOOR}:
            at_door = person not in before.seated()
            key = "named_at_door" if at_door else "named"
            said.append(Notice(key, None, {"was": person.name, "name": event.name}, leaders_only=at_door))
    return said


def _without_presenter(
    before: Session, after: Session, events: Sequence[e.Event], actor: Person | None
) -> Notice | None:
    """The case ends because its presenter did not come back: chosen so by leaders, or they have gone for good."""
    if isinstance(events[-1], e.PresenterReleased):
        return Notice("choose_another", actor.name if actor else None, {"name": _name(before, events[-1].person)})
    return _notice(before, after, events[-1], actor)


def _ring_closes_soon(before: Session, after: Session, events: Sequence[e.Event]) -> list[Notice]:
    """The ring is told of its last minute, where its slot has come to an end by the clock."""
    over = any(isinstance(event, e.TimeAnnounced | e.PhaseStarted) for event in events)
    slot = before.phase is not None and before.phase.opens_ring
    return [Notice("ring_closes_soon")] if over and slot and after.ring_open and after.ring_until else []


def presence_notices(before: Session, after: Session) -> list[Notice]:
    """What to say when lines are lost or come back."""
    said = []
    for person in after.inside():
        was, is_here = person.id in before.present, person.id in after.present
        if was and not is_here:
            said.append(_lost(after, person))
        elif is_here and not was and before.person(person.id) in before.inside():
            said.append(Notice("line_back", values={"name": person.name}))
    running = after.phase is not None
    if running and before.leader_present != after.leader_present:
        said.append(_leaders_changed(before, after))
    return said + _other_browsers(before, after)


def _other_browsers(before: Session, after: Session) -> list[Notice]:
    """Leaders are told that a second browser of somebody's waits at the door: theirs, or one the link went on to."""
    came = [one for one in after.asking if one not in before.asking]
    said = [Notice("device_asks", values={"name": _name(after, one.person)}, leaders_only=True) for one in came]
    for person in after.people:
        was = before.person(person.id)
        if is_another(person) and (was is None or not is_another(was) or was.knocks != person.knocks):
            said.append(Notice("link_again", values={"name": person.name}, leaders_only=True))
    return said


def _lost(after: Session, person: Person) -> Notice:
    """A lost line; where it is a leader's, everyone hears at once who leads."""
    leader = next((p for p in after.inside() if p.role in LEADERS and p.id in after.present), None)
    if person.role in LEADERS and leader is not None:
        return Notice("leader_lost", values={"name": person.name, "leader": leader.name})
    return Notice("line_lost", values={"name": person.name})


def _leaders_changed(before: Session, after: Session) -> Notice:
    holder = after.person(before.holder) if before.holder else None
    if not after.leader_present:
        return Notice("no_leader")
    return Notice("leaders_again", values={"name": holder.name}) if holder else Notice("leader_back")


def _at_the_door(before: Session, after: Session, event: e.Event) -> Notice | None:
    """Who comes to the door, and who goes from there: for leaders."""
    if isinstance(event, e.Knocked):
        key = "knocked_kept" if event.kept else "knocked_closed" if after.locked else "knocked"
    elif isinstance(event, e.Departed) and before.person(event.person) not in before.seated():
        key = "left_door"
    else:
        return None
    return Notice(key, None, {"name": _name(after, event.person)}, leaders_only=True)


_PHASES = ("session_opened", "moved_on", "moved_back", "clock_moved_on")


def _notice(before: Session, after: Session, event: e.Event, actor: Person | None) -> Notice | None:
    by = actor.name if actor else None
    if at_the_door := _at_the_door(before, after, event):
        return at_the_door
    if type(event) in _PLAIN:
        alone = isinstance(event, e.TimeAnnounced) and not after.leader_present
        key = "time_is_up_no_leader" if alone else _PLAIN[type(event)]
        return Notice(_BY_ANOTHER.get(key, key) if actor else key, by)
    if type(event) in _ABOUT_A_PERSON:
        about = getattr(event, "person", "")
        key = _ABOUT_A_PERSON[type(event)]
        key = _BY_ANOTHER.get(key, key) if actor and actor.id != about else key
        return Notice(key, by, {"name": _name(after, about)}, isinstance(event, _FOR_LEADERS))
    return _with_values(before, after, event, actor)


def _with_values(before: Session, after: Session, event: e.Event, actor: Person | None) -> Notice | None:
    by = actor.name if actor else None
    match event:
        case e.PhaseStarted(step):
            return Notice(_phase_key(before, step, actor), by, {"phase": after.programme.phases[step].id})
        case e.PhaseExtended(minutes=minutes) | e.HoldExtended(minutes=minutes):
            return Notice("extended", by, {"minutes": minutes})
        case e.AtEndSet(at_end):
            return Notice(f"at_end_{at_end}", by)
        case e.ClockShown(on):
            return Notice("clock_shown" if on else "clock_hidden", by)
        case e.Protected(on):
            return Notice("protected" if on else "unprotected", by)
        case e.PresenterAwaited(holds=holds):
            key = "goes_on_waiting" if actor else "presenter_awaited" if holds else "presenter_awaited_still"
            return Notice(key, by, {"name": _name(after, after.presenter or "")})
        case e.PresenterReturned(ends_at):
            name = _name(after, after.presenter or "")
            return Notice("presenter_returned" if ends_at else "presenter_returned_still", by, {"name": name})
        case e.WaitEnded():
            return Notice("wait_ended", by, {"name": _name(after, after.presenter or "")})
        case e.MinuteAnnounced():
            return Notice("one_minute", by, {"phase": after.programme.phases[(after.step or 0) + 1].id})
    return None


def _phase_key(before: Session, step: int, actor: Person | None) -> str:
    if actor is None:
        return "clock_moved_on"
    if before.step is None:
        return "session_opened"
    return "moved_on" if step > before.step else "moved_back"


def _name(session: Session, id: str) -> str:
    person = session.person(id)
    return person.name if person else ""
