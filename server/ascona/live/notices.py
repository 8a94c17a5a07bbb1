"""One line for everyone about what has just happened, and who did it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ascona.core import events as e
from ascona.core.people import Person
from ascona.core.session import Session


@dataclass(frozen=True, slots=True)
class Notice:
    """
    Attributes:
        key: Under `notices` in the language files.
        by: Whose command it was, as shown; None for the clock.
        values: What the sentence names.
        leaders_only: Nobody else is told.
    """

    key: str
    by: str | None = None
    values: dict[str, str | int] = field(default_factory=dict)
    leaders_only: bool = False


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
}
_FOR_LEADERS = (e.PresenterAsked, e.PresenterDeclined, e.Signalled)


def notices(before: Session, after: Session, events: Sequence[e.Event], by: str | None) -> list[Notice]:
    """What to say about the events of one command, the most important last."""
    actor = after.person(by) if by else None
    said = [notice for event in events if (notice := _notice(before, after, event, actor))]
    # A phase that starts brings its own movements along: who sits back and what opens is the phase's line.
    started = [notice for notice in said if notice.key in _PHASES]
    return (started or said) + _ring_closes_soon(before, after, events)


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
        if was != is_here:
            said.append(Notice("line_back" if is_here else "line_lost", values={"name": person.name}))
    running = after.phase is not None
    if running and before.leader_present != after.leader_present:
        said.append(Notice("leader_back" if after.leader_present else "no_leader"))
    return said


_PHASES = ("session_opened", "moved_on", "moved_back", "clock_moved_on")


def _notice(before: Session, after: Session, event: e.Event, actor: Person | None) -> Notice | None:
    by = actor.name if actor else None
    if type(event) in _PLAIN:
        alone = isinstance(event, e.TimeAnnounced) and not after.leader_present
        return Notice("time_is_up_no_leader" if alone else _PLAIN[type(event)], by)
    if type(event) in _ABOUT_A_PERSON:
        name = _name(after, getattr(event, "person", ""))
        return Notice(_ABOUT_A_PERSON[type(event)], by, {"name": name}, isinstance(event, _FOR_LEADERS))
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
