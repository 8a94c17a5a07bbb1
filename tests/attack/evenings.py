"""Every room of a programme's evening, by phase and by what may have happened in it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from ascona.core import commands as c
from ascona.core import events as e
from ascona.core.browsers import Asking
from ascona.core.evolve import evolve
from ascona.core.people import Browser
from ascona.core.programme import Programme
from ascona.core.session import Session
from tests.attack.rooms import PEOPLE, peopled
from tests.support.group import NOON, Evening, invited

ALONE_SINCE = NOON - timedelta(minutes=2)
"""When the leaders were lost, where that is long ago."""


def _lobby(evening: Programme) -> Evening:
    group = Evening(invited(PEOPLE, evening))
    group.arrive(*PEOPLE)
    return group


def _with_presenter(group: Evening) -> None:
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia", c.AgreeToPresent())


def _phase(evening: Programme, step: int, presenter: bool = True) -> Evening:
    group = _lobby(evening)
    if presenter:
        _with_presenter(group)
    group.do("ada", c.OpenSession())
    if step:
        group.do("ada", c.GoToPhase(step))
    return group


MAY_COME_BEFORE: dict[str, tuple[tuple[str, c.ByPeople], ...]] = {
    "as it begins": (),
    "held": (("ada", c.Hold()),),
    "unlocked": (("ada", c.Unlock()),),
    "locked": (("ada", c.Lock()),),
    "protected": (("ada", c.Protect(True)),),
    "ring open": (("ada", c.OpenRing()), ("ada", c.GiveWord("eve"))),
    "floor full": (("ada", c.GiveWord("eve")), ("ada", c.GiveWord("sol"))),
    "sits back": (("ada", c.SitBack()),),
    "came back": (("ada", c.ComeBack()),),
    "signals": (("pia", c.Signal()),),
    "extended": (("ada", c.Extend(2)),),
}
"""What leaders and the presenter may have done meanwhile; a state that a phase does not allow is left out."""


def rooms(evening: Programme) -> Iterator[tuple[str, Session]]:
    """Every room of a programme's evening: phase and state, and the session."""
    for name, group in _before_andafter(evening):
        yield name, peopled(group.session)
    for step, phase in enumerate(evening.phases):
        for state, commands in MAY_COME_BEFORE.items():
            group = _phase(evening, step)
            if all(group.refused(by, command) is None and (group.do(by, command) or True) for by, command in commands):
                yield f"{phase.id}, {state}", peopled(group.session)
        leaderless = _phase(evening, step).session
        yield f"{phase.id}, no leader", peopled(replace(leaderless, present=leaderless.present - {"ada", "ben"}))
        away = _phase(evening, step).session
        yield f"{phase.id}, presenter away", peopled(replace(away, present=away.present - {"pia"}))
        yield from _without_leaders(evening, step)
        if phase.waits_for_presenter:
            yield from _waiting_in_vain(evening, step)
        if not phase.needs_presenter:
            yield from _without_a_case(evening, step)


def _before_andafter(evening: Programme) -> Iterator[tuple[str, Evening]]:
    yield "lobby", _lobby(evening)
    presented = _lobby(evening)
    _with_presenter(presented)
    yield "lobby, a case", presented
    asked = _lobby(evening)
    asked.do("ada", c.ChoosePresenter("max"))
    yield "lobby, asked", asked
    locked = _lobby(evening)
    locked.do("ada", c.Lock())
    yield "lobby, locked", locked
    for name, group in (("lobby", _lobby(evening)), (evening.phases[1].id, _phase(evening, 1))):
        group.session = group.session.with_asking("max", Asking("max", Browser("thief")))
        yield f"{name}, a device of Max's asks", group
    ended = _phase(evening, len(evening.phases) - 1)
    ended.do("ada", c.EndSession())
    yield "ended", ended


def _without_leaders(evening: Programme, step: int) -> Iterator[tuple[str, Session]]:
    """Max is deputy, and nobody leads for longer than the group has to bear."""
    group = _phase(evening, step)
    group.do("ada", c.NameDeputy("max"))
    alone = replace(group.session, present=group.session.present - {"ada", "ben"}, leaderless_since=ALONE_SINCE)
    phase = evening.phases[step].id
    yield f"{phase}, nobody holds the frame", peopled(alone)
    asked = after(alone, e.DeputyAsked("max", "pia"))
    yield f"{phase}, a deputy is asked", peopled(asked)
    yield f"{phase}, a deputy holds the frame", peopled(after(asked, e.FrameTaken("max")))


def _waiting_in_vain(evening: Programme, step: int) -> Iterator[tuple[str, Session]]:
    group = _phase(evening, step)
    group.do("ada", c.NameDeputy("max"))
    group.lose("pia")
    waited = after(group.session, e.PresenterAwaited(NOON, timedelta(minutes=4), holds=True), e.WaitEnded())
    phase = evening.phases[step].id
    yield f"{phase}, waited in vain", peopled(waited)
    alone = replace(waited, present=waited.present - {"ada", "ben"}, leaderless_since=ALONE_SINCE)
    yield f"{phase}, waited in vain with a deputy", peopled(after(alone, e.FrameTaken("max")))


def after(session: Session, *events: e.Event) -> Session:
    return reduce(lambda so_far, event: evolve(so_far, event, None), events, session)


def _without_a_case(evening: Programme, step: int) -> Iterator[tuple[str, Session]]:
    phase = evening.phases[step]
    group = _phase(evening, step, presenter=False)
    yield f"{phase.id}, no case", peopled(group.session)
    group.do("ada", c.ChoosePresenter("max"))
    yield f"{phase.id}, asked", peopled(group.session)


def some_rooms(evening: Programme) -> dict[str, Session]:
    """Every phase as it begins, and every other state in the first phase that allows it."""
    chosen: dict[str, Session] = {}
    states = set()
    for name, session in rooms(evening):
        _, _, state = name.partition(", ")
        if state not in states - {"as it begins"}:
            chosen[name] = session
        states.add(state)
    return chosen
