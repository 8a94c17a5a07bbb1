"""
Every state that a small session can reach, searched with the real rules.

Bounds: two leaders, a presenter, a member, one person of the ring; four phases of
a minute; time in steps of half a minute, as far as half a minute past a deadline
(later is no different); at most one line lost at a time, both leaders' counting
as one; a phase is extended only when a minute or less is left. Versions and
absolute time are taken out of a state, since nothing but their differences counts.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from tests.support.group import NOON, Evening, invited, programme
from tests.support.invariants import assert_safe

from ascona.core import commands as c
from ascona.core.clock import due
from ascona.core.decide import decide
from ascona.core.evolve import evolve
from ascona.core.grounds import Ground, Move
from ascona.core.media_plan import Kind
from ascona.core.people import Role
from ascona.core.programme import AtEnd, Programme
from ascona.core.rights import RIGHTS, Refused
from ascona.core.session import Session

PEOPLE = {"ada": Role.LEADER, "ben": Role.CO_LEADER, "pia": Role.MEMBER, "max": Role.MEMBER, "eve": Role.RING}
PHASES = ("account", "fantasies", "ring", "re_entry")
LINES = (frozenset({"ada", "ben"}), frozenset({"pia"}), frozenset({"eve"}))
EVERYONE = frozenset(PEOPLE)

TICK = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
VERSION = 100  # of every state; a command at the version before was decided on an older frame

BY_LEADERS: tuple[c.ByPeople, ...] = (
    c.NextPhase(),
    c.PreviousPhase(),
    c.Hold(),
    c.Resume(),
    c.Extend(1),
    c.SetAtEnd(AtEnd.ANNOUNCE, whole_evening=False),
    c.EndSession(),
    c.SitBack(),
    c.Protect(True),
    c.CloseRing(),
    c.OpenRing(),
)
BY_OTHERS: tuple[tuple[str, c.ByPeople], ...] = (
    ("pia", c.ComeBack()),
    ("pia", c.Leave()),
    ("eve", c.TakeWord()),
    ("eve", c.PassWord("eve")),
    ("max", c.NextPhase()),
    ("pia", c.Extend(1)),
    ("eve", c.OpenRing()),
)
EVERY_COMMAND = (*(("ada", command) for command in BY_LEADERS), *BY_OTHERS)
FRAME = tuple(command for command in BY_LEADERS if RIGHTS[type(command)].frame)


@dataclass
class Search:
    """Breadth first; what was seen is never visited again."""

    seen: set[Session] = field(default_factory=set)
    todo: deque[Session] = field(default_factory=deque)
    tried: int = 0
    phases: set[str] = field(default_factory=set)

    def add(self, session: Session) -> None:
        state = normal(session)
        if state not in self.seen:
            self.seen.add(state)
            self.todo.append(state)


def small() -> Programme:
    by_id = {phase.id: phase for phase in programme().phases}
    phases = tuple(replace(by_id[id], minutes=1, at_end=AtEnd.ADVANCE) for id in PHASES)
    return Programme("small", phases)


def first_state() -> Session:
    group = Evening(invited(PEOPLE, small()))
    group.arrive(*PEOPLE)
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia", c.AgreeToPresent())
    group.do("ada", c.OpenSession())
    return normal(group.session)


def normal(session: Session) -> Session:
    """The same state with `NOON` for now and no history."""
    return replace(
        session,
        version=VERSION,
        moves=(Move(VERSION),) * len(Ground),
        people=tuple(replace(person, moved=Move(VERSION)) for person in session.people),
        ends_at=clamped(session.ends_at),
        ring_until=clamped(session.ring_until),
    )


def clamped(moment: datetime | None) -> datetime | None:
    return None if moment is None else max(moment, NOON - TICK)


def later(session: Session) -> Session:
    ends_at = session.ends_at and session.ends_at - TICK
    ring_until = session.ring_until and session.ring_until - TICK
    return normal(replace(session, ends_at=ends_at, ring_until=ring_until))


def after(
    session: Session, command: c.Command, by: str | None, version: int = VERSION, seen: int | None = None
) -> Session | None:
    """The session after a command; None: it was refused."""
    try:
        events = decide(session, command, by, NOON, version, seen)
    except Refused:
        return None
    return reduce(lambda state, event: evolve(state, event, by), events, session)


def lines(session: Session) -> Iterator[Session]:
    if session.present == EVERYONE:
        yield from (replace(session, present=EVERYONE - line) for line in LINES)
    else:
        yield replace(session, present=EVERYONE)


def within_bounds(session: Session, command: c.ByPeople) -> bool:
    left = session.left if session.left is not None else session.ends_at and session.ends_at - NOON
    return not isinstance(command, c.Extend) or left is None or left <= MINUTE


def try_everything(search: Search, state: Session) -> None:
    for by, command in EVERY_COMMAND:
        if by in state.present and within_bounds(state, command):
            search.tried += 1
            result = after(state, command, by)
            if result is not None:
                assert_once(state, result, command, by)
                search.tried += assert_nothing_is_made_of_a_second_press(state, result)
                search.add(result)
    if "ada" in state.present:
        search.tried += assert_older_frames_are_refused(state)
    try_the_clock(search, state)
    search.add(later(state))
    for changed in lines(state):
        search.add(changed)


def assert_once(before: Session, result: Session, command: c.ByPeople, by: str) -> None:
    """A command said twice takes effect once, and of two leaders at once one moves the frame."""
    again = after(result, command, by)
    assert again is None or normal(again) == normal(result), f"{command} by {by} took effect twice"
    if isinstance(command, FRAME_COMMANDS):
        assert again is None
        assert by in {"ada", "ben"}
        assert all(after(result, other, "ben") is None for other in FRAME), f"{command}: two steps at once"
    else:
        assert (result.step, result.ends_at, result.left) == (before.step, before.ends_at, before.left)


def assert_nothing_is_made_of_a_second_press(before: Session, result: Session) -> int:
    """Whoever presses for what stood there before, already shown what is there now, does nothing."""
    moved = {ground for ground in Ground if result.move(ground) != before.move(ground)}
    late = [(by, other) for by, other in EVERY_COMMAND if moved.intersection(RIGHTS[type(other)].on)]
    for by, other in late:
        assert after(result, other, by, result.version, VERSION) is None, f"{other} by {by}: two steps for one"
    return len(late)


def assert_older_frames_are_refused(state: Session) -> int:
    assert all(after(state, command, "ben", VERSION - 1) is None for command in FRAME)
    return len(FRAME)


def try_the_clock(search: Search, state: Session) -> None:
    spoken = due(state)
    ends_at, ring_until = state.ends_at, state.ring_until
    moments = {moment + shift for moment in (ends_at, ring_until, NOON) if moment for shift in (-TICK, 0 * TICK, TICK)}
    for moment in moments:
        for word in (c.MinuteLeft(moment), c.TimeIsUp(moment), c.RingTimeIsUp(moment)):
            search.tried += 1
            result = after(state, word, None)
            if result is None:
                continue
            assert moment in {ends_at, ring_until}
            assert spoken is not None
            assert spoken[0] <= NOON
            assert state.leader_present or result.step == state.step
            assert after(result, word, None) is None, "the clock said the same twice"
            search.add(result)
    if spoken is not None and spoken[0] <= NOON:
        assert after(state, spoken[1], None) is not None, "what is due can be said"


FRAME_COMMANDS = tuple(type(command) for command in FRAME)


def assert_holds(state: Session) -> None:
    plan = assert_safe(state)
    heard = {route.sender for route in plan.routes if route.kind is Kind.AUDIO}
    assert "eve" not in heard or state.ring_open
    assert not state.ring_open or state.phase_id in {"ring", "re_entry"}
    assert state.ring_open or state.ring_until is None
    assert not (state.protected and "max" in heard)


def test_in_every_state_of_a_small_session_the_rules_hold(say):
    search = Search()
    search.add(first_state())
    while search.todo:
        state = search.todo.popleft()
        search.phases.add(state.phase_id)
        assert_holds(state)
        try_everything(search, state)

    say(f"search: {len(search.seen)} states, {search.tried} commands tried, complete")
    assert search.phases == {*PHASES, "ended"}
    assert any(state.back for state in search.seen)
    assert any(state.phase_id == "re_entry" and state.ring_open for state in search.seen)
