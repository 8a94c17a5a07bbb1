"""What each event makes of a session. No rules here: what was recorded has happened."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime, timedelta

from ascona.core import events as e
from ascona.core.grounds import Ground, Move
from ascona.core.people import Person, Place, Role
from ascona.core.session import NOBODY, Session

RING_GRACE = timedelta(seconds=60)
"""How long the ring's microphones stay open after its slot (session rules: "OR mics close at +60 s")."""


def evolve(session: Session, event: e.Event, by: str | None) -> Session:
    """
    The session after one event.

    Args:
        by: The person whose command it came from; None for the clock.
    """
    after = replace(_after(session, event), version=session.version + 1)
    return after.moved_grounds(_moved(session, after, event), _people_moved(session, after), Move(after.version, by))


_READ: dict[Ground, Callable[[Session], Hashable]] = {
    Ground.WAIT: lambda s: (s.awaited_until, s.wait_is_over),
    Ground.CASE: lambda s: (s.presenter, s.asked),
    Ground.BACK: lambda s: s.back,
    Ground.PROTECTION: lambda s: s.protected,
    Ground.RING: lambda s: s.ring_open,
    Ground.DEPUTY: lambda s: (s.deputy, s.deputy_asked_by, s.holder),
    Ground.LOCK: lambda s: s.locked,
}
"""What of a session each ground is."""


def _moved(before: Session, after: Session, event: e.Event) -> set[Ground]:
    moved = {ground for ground, read in _READ.items() if read(before) != read(after)}
    if isinstance(event, e.FRAME):
        moved.add(Ground.FRAME)
    if _at_the_door(before) - _at_the_door(after):
        moved.add(Ground.DOOR)
    return moved


def _at_the_door(s: Session) -> set[str]:
    return {person.id for person in s.people if person.place is Place.DOOR}


def _people_moved(before: Session, after: Session) -> set[str]:
    known = {_read(person) for person in before.people}
    return {person.id for person in after.people if _read(person) not in known}


def _read(person: Person) -> Hashable:
    """What of somebody is on leaders' screens."""
    return person.id, person.name, person.place, person.role, person.knocks and person.knocks.id


def _after(s: Session, event: e.Event) -> Session:  # noqa: C901  # one line an event, nothing nested
    match event:
        case e.Named(person, name):
            return s.named(person, name)
        case e.Agreed(person):
            return s.agreed(person)
        case e.Knocked(person, kept, browser):
            at_door = s.placed(person, Place.DOOR, kept=kept)
            return at_door.knocked(person, browser) if browser else at_door
        case e.Admitted(person, browser):
            inside = s.placed(person, Place.INSIDE)
            return inside.let_in(person, browser) if browser else inside
        case e.KnockedToo(person, browser):
            return s.knocked_too(person, browser)
        case e.BrowserAsked():
            return s  # whether it still asks is in no history: the room keeps it
        case e.BrowserLetIn(person, browser):
            return s.let_in(person, browser)
        case e.BrowserRefused(person):
            return s.with_asking(person, None)
        case e.TurnedAway(person):
            return s.placed(person, Place.INVITED)
        case e.Departed(person):
            return s.placed(person, Place.LEFT)
        case e.Removed(person):
            return s.placed(person, Place.REMOVED)
        case e.Locked():
            return replace(s, locked=True)
        case e.Unlocked():
            return replace(s, locked=False)
        case e.PhaseStarted():
            return _phase_started(s, event)
        case e.PhaseExtended(ends_at):
            return _running_until(s, ends_at)
        case e.HoldExtended(left) | e.Held(left):
            return replace(s, left=left, ends_at=None, ring_until=None if _ring_slot(s) else s.ring_until)
        case e.Resumed(ends_at):
            went_on = s.waits_no_more or s.awaited_until is not None
            return replace(_running_until(_not_waiting(s), ends_at), waits_no_more=went_on)
        case e.AtEndSet(at_end, whole_evening):
            return replace(s, at_end_here=at_end, at_end_evening=at_end if whole_evening else s.at_end_evening)
        case e.ClockShown(on):
            return replace(s, clock_shown=on)
        case e.MinuteAnnounced():
            return replace(s, minute_announced=True)
        case e.TimeAnnounced():
            return replace(s, time_announced=True)
        case e.SessionEnded():
            return _ended(s)
        case e.PresenterAsked(person, by):
            return replace(s, asked=person, asked_by=by)
        case e.PresenterDeclined():
            return replace(s, asked=None, asked_by=None)
        case e.PresenterChosen(person):
            chosen = replace(_not_waiting(s), asked=None, asked_by=None, presenter=person, back=False, signals=False)
            return _without_frame(chosen) if person == s.deputy else chosen
        case e.PresenterReleased():
            return replace(_not_waiting(s), presenter=None, back=False, signals=False, protected=False)
        case e.SatBack():
            return replace(s, back=True, signals=False)
        case e.CameBack():
            return replace(s, back=False, signals=False)
        case e.Signalled():
            return replace(s, signals=True)
        case e.Protected(on):
            return replace(s, protected=on)
        case e.PresenterAwaited(until, left, holds):
            waiting = replace(s, awaited_until=until, awaited_holds=holds, wait_is_over=False)
            return replace(waiting, left=left, ends_at=None) if holds else waiting
        case e.WaitEnded():
            return replace(s, wait_is_over=True)
        case e.PresenterReturned(ends_at):
            return _not_waiting(s) if ends_at is None else _running_until(_not_waiting(s), ends_at)
        case e.DeputyNamed(person):
            return replace(_without_frame(s), deputy=person)
        case e.DeputyReleased():
            return replace(_without_frame(s), deputy=None)
        case e.DeputyAsked(by=by):
            return replace(s, deputy_asked_by=by)
        case e.DeputyDeclined():
            return replace(s, deputy_asked_by=None)
        case e.FrameTaken(person):
            return replace(s, deputy_asked_by=None, holder=person)
        case e.FrameReturned():
            return _without_frame(s)
        case e.RingOpened(until):
            return replace(s, ring_open=True, ring_until=until)
        case e.RingClosed():
            return replace(s, ring_open=False, ring_until=None, word=NOBODY)
        case e.WordGiven(person):
            return replace(s, word=_placed(s.word, None, person))
        case e.WordPassed(person):
            return replace(s, word=_placed(s.word, person, None))
        case e.MovedToRing(person, seat, role):
            return s.moved(person, role, seat)
        case e.InvitedToCircle(person, seat):
            return s.moved(person, Role.MEMBER, seat)


def _phase_started(s: Session, event: e.PhaseStarted) -> Session:
    lingers = event.ring_until is not None
    asking = s.presenter is None or s.programme.phases[event.step].chooses_presenter
    return replace(
        _not_waiting(s),
        step=event.step,
        ends_at=event.ends_at,
        left=None,
        minute_announced=False,
        time_announced=False,
        at_end_here=None,
        asked=s.asked if asking else None,
        asked_by=s.asked_by if asking else None,
        protected=False,
        waits_no_more=False,
        ring_open=lingers,
        ring_until=event.ring_until,
        word=s.word if lingers else NOBODY,
    )


def _ended(s: Session) -> Session:
    """Nothing is left open: no question, no word, no clock."""
    still = replace(
        _not_waiting(_without_frame(s)),
        ended=True,
        ends_at=None,
        left=None,
        ring_open=False,
        ring_until=None,
        word=NOBODY,
    )
    return replace(still, asked=None, asked_by=None, back=False, signals=False, protected=False, asking=())


def _running_until(s: Session, ends_at: datetime) -> Session:
    """A new deadline: what was announced of the old one counts no longer, and the ring's slot moves along."""
    return replace(
        s,
        ends_at=ends_at,
        left=None,
        minute_announced=False,
        time_announced=False,
        ring_until=ends_at + RING_GRACE if _ring_slot(s) else s.ring_until,
    )


def _not_waiting(s: Session) -> Session:
    return replace(s, awaited_until=None, awaited_holds=False, wait_is_over=False)


def _without_frame(s: Session) -> Session:
    """The frame is with the leaders, and nobody is asked to hold it."""
    return replace(s, holder=None, deputy_asked_by=None)


def _ring_slot(s: Session) -> bool:
    return s.phase is not None and s.phase.opens_ring and s.ring_open


def _placed(word: tuple[str | None, ...], old: str | None, new: str | None) -> tuple[str | None, ...]:
    """The same floor with the first `old` replaced: nobody else moves."""
    place = word.index(old)
    return (*word[:place], new, *word[place + 1 :])
