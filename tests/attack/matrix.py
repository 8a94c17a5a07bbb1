"""
Who may do what, when: every message by everybody, in every phase of every programme, in every state of a room.

The tables below are written by hand and read nothing of `core/rights.py`. All of it, some hundred thousand cases:
`.venv/bin/python -m tests.attack.matrix`. The everyday suite takes each phase and each state of one programme once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from ascona import assets
from ascona.core import commands as c
from ascona.core.programme import Group, Programme
from ascona.core.session import Session
from tests.attack.rooms import NEVER_KNOCKED, OURS, PEOPLE, House, order, peopled
from tests.support.group import Evening, invited, programme

# L leader, C co-leader, P presenter (Pia, where somebody presents), M member (Max), R ring, O observer, S supervisor;
# not inside: D at the door, U never knocked, T turned away, V gone, K a leader who is gone, X removed.
WHO = {
    "L": "ada", "C": "ben", "P": "pia", "M": "max", "R": "eve", "O": "flo", "S": "sol",
    "D": "dot", "U": "una", "T": "tom", "V": "lou", "K": "kim", "X": "rex",
}  # fmt: skip
INSIDE = "LCPMROS"

# What a message needs besides the right person. Words of a session's state; none asks the rules.
WORDS: dict[str, Callable[[Session], bool]] = {
    "always": lambda s: True,
    "ended": lambda s: s.ended,
    "before the end": lambda s: not s.ended,
    "lobby": lambda s: not s.ended and s.step is None,
    "in a phase": lambda s: not s.ended and s.step is not None,
    "unlocked": lambda s: not s.ended and not s.locked,
    "has a next phase": lambda s: s.step is not None and s.step + 1 < len(s.programme.phases),
    "has a phase before": lambda s: bool(s.step),
    "next can start": lambda s: s.presenter is not None or not s.programme.phases[s.step + 1].needs_presenter,
    "the one before can start": lambda s: s.presenter is not None or not s.programme.phases[s.step - 1].needs_presenter,
    "clock runs": lambda s: s.ends_at is not None,
    "clock is held": lambda s: s.left is not None,
    "has a clock": lambda s: s.ends_at is not None or s.left is not None,
    "no case is told": lambda s: (
        s.presenter not in s.present or s.step is None or s.programme.phases[s.step].chooses_presenter
    ),
    "Max is asked": lambda s: s.asked == "max",
    "Pia presents": lambda s: s.presenter == "pia",
    "sits back": lambda s: s.back,
    "in the circle": lambda s: s.presenter == "pia" and not s.back,
    "may be protected": lambda s: s.programme.phases[s.step].may_protect,
    "ring can open": lambda s: s.ring_open or s.programme.phases[s.step].opens_ring or _floor_is_heard(s),
    "floor is heard": lambda s: s.ring_open or _floor_is_heard(s),
    "ring is open": lambda s: s.ring_open,
    "Flo can speak": lambda s: "flo" in s.word or _free(s) > 0,
    "Eve can speak": lambda s: "eve" in s.word or _free(s) > 0,
    "Eve has the word": lambda s: "eve" in s.word,
}


def _floor_is_heard(s: Session) -> bool:
    return Group.FLOOR in s.programme.phases[s.step].heard


def _free(s: Session) -> int:
    """Two outside the circle may speak at once; one of these places is the supervisor's where they are heard."""
    phase = s.programme.phases[s.step]
    supervised = Group.SUPERVISOR in phase.heard | phase.seen and "sol" not in s.word
    return sum(one is None for one in s.word) - supervised


# Every message: who may send it, and when. More than one line: any of them will do. Whatever is not here is refused.
TABLE: dict[str, list[tuple[str, str]]] = {
    "Knock": [("LCPMROSDK", "before the end"), ("UTV", "unlocked"), (INSIDE + "DUTVKX", "ended")],
    "Leave": [(INSIDE + "DK", "before the end"), ("TV", "unlocked"), (INSIDE + "DTVKX", "ended")],
    "Admit": [("LC", "before the end")],
    "AdmitEveryone": [("LC", "before the end")],
    "TurnAway": [("LC", "before the end")],
    "Remove": [("LC", "before the end")],
    "Lock": [("LC", "before the end")],
    "Unlock": [("LC", "before the end")],
    "OpenSession": [("LC", "lobby")],
    "NextPhase": [("LC", "in a phase, has a next phase, next can start")],
    "PreviousPhase": [("LC", "in a phase, has a phase before, the one before can start")],
    "GoToPhase": [("LC", "in a phase")],
    "Extend": [("LC", "in a phase, has a clock")],
    "Hold": [("LC", "in a phase, clock runs")],
    "Resume": [("LC", "in a phase, clock is held")],
    "SetAtEnd": [("LC", "before the end")],
    "ShowClock": [("LC", "before the end")],
    "EndSession": [("LC", "before the end")],
    "ChoosePresenter": [("LC", "before the end, no case is told")],
    "AgreeToPresent": [("M", "before the end, Max is asked, no case is told")],
    "DeclineToPresent": [("M", "before the end, Max is asked")],
    "SitBack": [("LCP", "in a phase, in the circle")],
    "ComeBack": [("LCP", "in a phase, sits back")],
    "Signal": [("P", "in a phase, sits back")],
    "Protect": [("LC", "in a phase, Pia presents, may be protected")],
    "OpenRing": [("LC", "in a phase, ring can open")],
    "CloseRing": [("LC", "in a phase")],
    "GiveWord": [("LC", "in a phase, floor is heard, Flo can speak")],
    "TakeWord": [("R", "in a phase, ring is open, Eve can speak")],
    "PassWord": [("LCR", "in a phase, Eve has the word")],
    "MoveToRing": [("LC", "before the end")],
    "InviteToCircle": [("LC", "before the end")],
    "offer": [(INSIDE, "before the end")],
    "line": [("LCS", "always")],
    "devices": [(INSIDE + "DK", "before the end"), ("TV", "unlocked"), (INSIDE + "DTVKX", "ended")],
    "shows": [(INSIDE, "before the end")],
}

ABOUT = {
    "Admit": {"person": "dot"}, "TurnAway": {"person": "dot"}, "Remove": {"person": "zoe"},
    "ChoosePresenter": {"person": "zoe"}, "MoveToRing": {"person": "zoe"}, "InviteToCircle": {"person": "eve"},
    "GiveWord": {"person": "flo"}, "PassWord": {"person": "eve"}, "Knock": {"name": "Another"},
    "GoToPhase": {"step": 0}, "Extend": {"minutes": 2}, "SetAtEnd": {"at_end": "advance", "whole_evening": True},
    "ShowClock": {"on": True}, "Protect": {"on": True},
}  # fmt: skip
PLAIN: dict[str, dict[str, object]] = {
    "offer": {"sdp": "v=0"},
    "line": {"text": "Between us"},
    "devices": {"microphone": True, "camera": True},
    "shows": {"heights": [360]},
}


def expected(message: str, letter: str, session: Session) -> bool:
    """Whether the table lets somebody do this now."""
    return any(
        letter in letters and all(WORDS[word](session) for word in when.split(", ")) for letters, when in TABLE[message]
    )


# --- rooms ---


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
    for name, group in _before_and_after(evening):
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
        if not phase.needs_presenter:
            yield from _without_a_case(evening, step)


def _before_and_after(evening: Programme) -> Iterator[tuple[str, Evening]]:
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
    ended = _phase(evening, len(evening.phases) - 1)
    ended.do("ada", c.EndSession())
    yield "ended", ended


def _without_a_case(evening: Programme, step: int) -> Iterator[tuple[str, Session]]:
    phase = evening.phases[step]
    group = _phase(evening, step, presenter=False)
    yield f"{phase.id}, no case", peopled(group.session)
    group.do("ada", c.ChoosePresenter("max"))
    yield f"{phase.id}, asked", peopled(group.session)


# --- trying ---

FREE_OF_ANSWER = {"devices", "shows"}
"""Messages whose acknowledgement says nothing: whether they are let through shows in what they do."""

IN_NAME = {"recorded", "answered", "shows"}
"""What is done in somebody's name: always that of whose connection it is."""


async def tried(room: Session, counts: Counter[str]) -> list[str]:
    """Everybody tries everything in this room; whatever is not as the table says."""
    wrong = []
    for letter, who in WHO.items():
        session = replace(room, present=room.present | {who})
        house = House(session)
        await house.open()
        await house.connect(who)
        for message in TABLE:
            house.ours.session = session
            house.ours.devices.clear()
            fault = await _fault(house, message, letter, who)
            counts["cases"] += 1
            counts["permitted"] += expected(message, letter, session)
            if fault:
                wrong.append(f"{message} by {who} ({letter}): {fault}")
            if message == "Knock" and who in NEVER_KNOCKED:
                await house.close()
                house = House(session)
                await house.open()
                await house.connect(who)
        await house.close()
    return wrong


async def _fault(house: House, message: str, letter: str, who: str) -> str | None:
    before = house.ours.session
    if message in PLAIN:
        answer = await house.send(who, message, PLAIN[message])
    else:
        answer = await house.send(who, "command", order(message, before.version, **ABOUT.get(message, {})))
    may = expected(message, letter, before)
    refused = answer is not None and ("refused" in answer or "error" in answer)
    if message in FREE_OF_ANSWER:
        refused = not house.done
    if refused != (not may):
        return f"{'refused' if refused else 'permitted'}, {answer}"
    if refused and (house.done or house.ours.session is not before):
        return f"refused, and yet {house.done}"
    if any(one.room != OURS or (one.by != who and one.what in IN_NAME) for one in house.done):
        return f"done in another's name: {house.done}"
    return None


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


async def in_rooms(those: Iterable[tuple[str, Session]]) -> tuple[Counter[str], list[str]]:
    """How many cases there were in these rooms, and whatever was not as the table says."""
    counts: Counter[str] = Counter()
    wrong = []
    for name, session in those:
        counts["rooms"] += 1
        wrong += [f"{session.programme.name}, {name}: {fault}" for fault in await tried(session, counts)]
    return counts, wrong


def main() -> None:
    everywhere = chain.from_iterable(rooms(programme(name)) for name in assets.presets())
    counts, wrong = asyncio.run(in_rooms(everywhere))
    told = f"{counts['cases']} cases in {counts['rooms']} rooms, {counts['permitted']} of them permitted"
    print("\n".join([*wrong, f"{told}; {len(wrong)} not as the table says"]))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
