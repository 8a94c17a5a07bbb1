"""Time as one more voice: when it has something to say next, and what follows when it says so."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import get_args

from ascona.core import absence
from ascona.core import commands as c
from ascona.core import events as e
from ascona.core.phases import go_to
from ascona.core.programme import AtEnd
from ascona.core.rights import Refused
from ascona.core.session import Session

NOTICE = timedelta(minutes=1)
"""How long before a phase advances by itself everyone is told."""

ANYTHING: frozenset[type[c.Command]] = frozenset(get_args(c.ByClock))


def due(session: Session, only: Collection[type[c.Command]] = ANYTHING) -> tuple[datetime, c.ByClock] | None:
    """When the clock speaks next, and what it says, of these; None: not before somebody acts."""
    spoken = [(at, command) for at, command in _to_say(session) if type(command) in only]
    return min(spoken, key=lambda at_command: at_command[0]) if spoken else None


def _to_say(s: Session) -> Iterator[tuple[datetime, c.ByClock]]:
    if s.phase is None:
        return
    if s.ends_at is not None and not s.time_announced:
        if _advances(s) and not s.minute_announced:
            yield s.ends_at - NOTICE, c.MinuteLeft(s.ends_at)
        else:
            yield s.ends_at, c.TimeIsUp(s.ends_at)
    if s.ring_until is not None:
        yield s.ring_until, c.RingTimeIsUp(s.ring_until)
    yield from absence.to_say(s)


def by_clock(s: Session, command: c.ByClock, now: datetime) -> tuple[e.Event, ...]:
    """
    What follows when the clock speaks.

    Raises:
        Refused: `stale_version` when a leader was faster: another step, an extension, a hold.
    """
    at = {said: when for when, said in _to_say(s)}.get(command)
    if at is None:
        raise Refused("stale_version")
    if now < at:
        raise Refused("not_now")
    if isinstance(command, c.OfAbsence):
        return absence.by_clock(s, command, now)
    match command:
        case c.MinuteLeft():
            return (e.MinuteAnnounced(),)
        case c.TimeIsUp():
            return _time_is_up(s, now)
        case c.RingTimeIsUp():
            return (e.RingClosed(),)


def _advances(s: Session) -> bool:
    """Whether the next phase comes by itself; after the last one only a leader ends the session."""
    return s.at_end is AtEnd.ADVANCE and s.step is not None and s.step + 1 < len(s.programme.phases)


def _time_is_up(s: Session, now: datetime) -> tuple[e.Event, ...]:
    """The next phase, where leaders chose that and one is there; otherwise only a word."""
    if not _advances(s) or not s.leader_present or s.step is None:
        return (e.TimeAnnounced(),)
    try:
        return go_to(s, s.step + 1, now, by_clock=True)
    except Refused:  # nobody has a case yet: that is for the group to say, never for the clock
        return (e.TimeAnnounced(),)
