"""When leaders or the presenter are missing: a deputy may be asked to hold the frame, and the account waits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ascona.core import commands as c
from ascona.core import events as e
from ascona.core.door import at
from ascona.core.lines import DEPUTY_AFTER, lost_since
from ascona.core.people import Person, Place, Role
from ascona.core.phases import go_to
from ascona.core.rights import Refused
from ascona.core.session import Session

BLINK = timedelta(seconds=5)
"""How long a presenter's line may be lost before the group waits for them: many are back by then."""

AT_ONCE = datetime.min.replace(tzinfo=UTC)
"""What is due at once was due before."""


# The deputy


def name_deputy(s: Session, id: str) -> tuple[e.Event, ...]:
    if at(Place.INSIDE, s, id).role is not Role.MEMBER:
        raise Refused("not_in_circle")
    return () if id == s.deputy else (e.DeputyNamed(id),)


def release_deputy(s: Session) -> tuple[e.Event, ...]:
    return () if s.deputy is None else (e.DeputyReleased(s.deputy),)


def ask_deputy(s: Session, by: Person, now: datetime) -> tuple[e.Event, ...]:
    """Somebody of the circle asks; only the deputy says yes, and nobody is promoted by the clock."""
    deputy = s.person(s.deputy) if s.deputy else None
    alone = s.leaderless_since is not None and now >= s.leaderless_since + DEPUTY_AFTER
    if deputy is None or not alone or s.holder is not None or deputy.id in {by.id, s.presenter}:
        raise Refused("not_now")
    if deputy.id not in s.present:
        raise Refused("nobody_there")
    return () if s.deputy_asked_by else (e.DeputyAsked(deputy.id, by.id),)


def answer_as_deputy(s: Session, by: Person, *, yes: bool) -> tuple[e.Event, ...]:
    if by.id != s.deputy or s.deputy_asked_by is None or s.leader_present:
        raise Refused("not_now")
    return (e.FrameTaken(by.id),) if yes else (e.DeputyDeclined(by.id),)


# The presenter


def wait_on(s: Session, now: datetime) -> tuple[e.Event, ...]:
    """Three minutes more, or whatever the phase says."""
    if s.awaited_until is None or not s.wait_is_over:
        raise Refused("not_now")
    return (e.PresenterAwaited(now + _patience(s), s.left, s.awaited_holds),)


def choose_another(s: Session, now: datetime) -> tuple[e.Event, ...]:
    """The case ends without its presenter, and the group goes back to where it chose one."""
    if s.presenter is None or s.step is None or s.awaited_until is None or not s.wait_is_over:
        raise Refused("not_now")
    choices = [step for step in range(s.step + 1) if s.programme.phases[step].chooses_presenter]
    back = go_to(s, choices[-1], now) if choices else ()
    return (*back, e.PresenterReleased(s.presenter))


def _patience(s: Session) -> timedelta:
    return timedelta(minutes=s.phase.waits_for_presenter if s.phase else 0)


# What the clock says of them


def to_say(s: Session) -> Iterator[tuple[datetime, c.ByClock]]:
    """What the clock has to say about people who are missing, or back."""
    if s.leader_present and (s.holder or s.deputy_asked_by):
        yield AT_ONCE, c.LeaderIsBack()
    since = lost_since(s, s.presenter) if s.presenter else None
    if s.awaited_until is not None:
        if _presenter_is_here(s):
            yield AT_ONCE, c.PresenterIsBack()
        elif not s.wait_is_over:
            yield s.awaited_until, c.WaitIsOver(s.awaited_until)
    elif since is not None and _patience(s) and not s.waits_no_more:
        yield since + BLINK, c.PresenterIsMissing(since)


def by_clock(s: Session, command: c.OfAbsence, now: datetime) -> tuple[e.Event, ...]:
    match command:
        case c.LeaderIsBack():
            return (e.FrameReturned(s.holder),)
        case c.PresenterIsMissing(since):
            return (_await(s, since, now),)
        case c.WaitIsOver():
            return (e.WaitEnded(),)
        case c.PresenterIsBack():
            runs = now + s.left if s.awaited_holds and s.left is not None else None
            return (e.PresenterReturned(runs),)


def _presenter_is_here(s: Session) -> bool:
    return any(person.id == s.presenter and person.id in s.present for person in s.inside())


def _await(s: Session, since: datetime, now: datetime) -> e.Event:
    """The clock stands still from the loss on, unless it stood before or has said that time is up."""
    until = now + _patience(s)
    if s.ends_at is None or s.time_announced:
        return e.PresenterAwaited(until, s.left, holds=False)
    return e.PresenterAwaited(until, max(s.ends_at - since, timedelta()), holds=True)
