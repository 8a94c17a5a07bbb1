"""Going from phase to phase: what starts, and what moves along with it."""

from datetime import datetime, timedelta

from ascona.core import events as e
from ascona.core.evolve import RING_GRACE
from ascona.core.media_plan import speakers_outside
from ascona.core.people import FLOOR_LIMIT, Role
from ascona.core.rights import Refused
from ascona.core.session import Session, SitBackStyle


def go_to(s: Session, step: int, now: datetime, *, by_clock: bool = False) -> tuple[e.Event, ...]:
    """
    Start a phase, and move roles as it says.

    Args:
        step: Index in the programme.
        by_clock: The slot of the ring ended by itself: whoever has the word keeps it for the grace.

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
    lingers = by_clock and s.ring_open and not phase.opens_ring
    events: list[e.Event] = [e.PhaseStarted(step, now, ends_at, s.ring_until if lingers else None)]
    events += _presenter_moves(s, step)
    if phase.opens_ring:
        events += ring_opens(s, ends_at, now)
    if phase.locks_door and not s.locked:
        events.append(e.Locked())
    return tuple(events)


def ring_opens(s: Session, ends_at: datetime | None, now: datetime) -> tuple[e.Event, ...]:
    """
    Open the ring until its grace after `ends_at` is over.

    Where everyone in the ring can be heard at once, everyone has the word;
    otherwise they take it in turn.
    """
    until = None if ends_at is None else max(ends_at, now) + RING_GRACE
    ring = [p.id for p in s.inside() if p.role is Role.RING and p.id in s.present]
    free = FLOOR_LIMIT - len(set(speakers_outside(s)) - set(s.floor))
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
