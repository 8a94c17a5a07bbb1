"""Going from phase to phase: what starts, and what moves along with it."""

from datetime import datetime, timedelta

from ascona.core import events as e
from ascona.core.evolve import RING_GRACE, evolve
from ascona.core.media_plan import floor
from ascona.core.people import FLOOR_LIMIT, Role
from ascona.core.programme import Group, Phase
from ascona.core.rights import Refused
from ascona.core.session import Session, SitBackStyle


def go_to(s: Session, step: int, now: datetime, *, by_clock: bool = False) -> tuple[e.Event, ...]:
    """
    Start a phase, and move roles as it says.

    Args:
        step: Index in the programme.
        by_clock: The slot of the ring ended by itself: whoever has the word keeps it for the grace,
            unless leaders are among themselves from here on.

    Raises:
        Refused: `first_phase`, `last_phase`, `no_presenter`.
    """
    if step < 0:
        raise Refused("first_phase")
    if step >= len(s.programme.phases):
        raise Refused("last_phase")
    phase = s.programme.phases[step]
    if phase.needs_presenter and s.presenter is None:
        raise Refused("no_presenter")
    ends_at = None if phase.minutes is None else now + timedelta(minutes=phase.minutes)
    lingers = by_clock and s.ring_open and not phase.opens_ring and Group.EVERYONE in phase.hears
    started = e.PhaseStarted(step, now, ends_at, s.ring_until if lingers else None)
    events: list[e.Event] = [started, *_presenter_moves(s, step)]
    if phase.opens_ring:
        events += ring_opens(evolve(s, started, None), ends_at, now)
    if not s.locked and any(passed.locks_door for passed in _passed(s, step)):
        events.append(e.Locked())
    return tuple(events)


def _passed(s: Session, step: int) -> tuple[Phase, ...]:
    """The phases from the one after that at hand to the new one: what skips a phase locks the door like it."""
    begin = 0 if s.step is None else s.step + 1
    return s.programme.phases[min(begin, step) : step + 1]


def ring_opens(s: Session, ends_at: datetime | None, now: datetime) -> tuple[e.Event, ...]:
    """
    Open the ring until its grace after `ends_at` is over.

    Where everyone in the ring can be heard at once, everyone has the word;
    otherwise they take it in turn.
    """
    until = None if ends_at is None else max(ends_at, now) + RING_GRACE
    ring = [p.id for p in s.inside() if p.role is Role.RING and p.id in s.present]
    free = FLOOR_LIMIT - len(set(floor(s)) - set(ring))
    words = ring if len(ring) <= free else []
    return (e.RingOpened(until), *(e.WordGiven(id) for id in words if id not in s.floor))


def _presenter_moves(s: Session, step: int) -> list[e.Event]:
    phase = s.programme.phases[step]
    if s.presenter is None:
        return []
    if phase.chooses_presenter and s.step is not None and _case_was_told(s, step):
        return [e.PresenterReleased(s.presenter)]
    if phase.presenter_sits_back and not s.back and s.sit_back is not SitBackStyle.OFF:
        return [e.SatBack(s.presenter)]
    if s.back and not phase.presenter_sits_back:
        return [e.CameBack(s.presenter)]
    return []


def _case_was_told(s: Session, step: int) -> bool:
    """A case is over once its account has been heard and a later choice of a case begins."""
    return s.step is not None and step > s.step and any(p.needs_presenter for p in s.programme.phases[: s.step + 1])
