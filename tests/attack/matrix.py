"""
Who may do what, when: every message by everybody, in every phase of every programme, in every state of a room.

The tables below are written by hand and read nothing of `core/rights.py`. All of it, some hundred thousand cases:
`.venv/bin/python -m tests.attack.matrix`. The everyday suite takes each phase and each state of one programme once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain

from ascona import assets
from ascona.core.clock import due
from ascona.core.decide import decide
from ascona.core.lines import noted
from ascona.core.programme import Group
from ascona.core.session import Session
from tests.attack.evenings import ALONE_SINCE, after, rooms
from tests.attack.rooms import NEVER_KNOCKED, OURS, House, order
from tests.support.group import NOON, programme

# L leader, C co-leader, P presenter (Pia, where somebody presents), M member (Max), R ring, O observer, S supervisor;
# not inside: D at the door, U never knocked, T turned away, V gone, K a leader who is gone, X removed.
# l, p, m: whoever holds the used link of Ada, Pia or Max in another browser, while these are inside or away.
WHO = {
    "L": "ada", "C": "ben", "P": "pia", "M": "max", "R": "eve", "O": "flo", "S": "sol",
    "D": "dot", "U": "una", "T": "tom", "V": "lou", "K": "kim", "X": "rex",
    "l": "ada/thief", "p": "pia/thief", "m": "max/thief",
}  # fmt: skip
INSIDE = "LCPMROS"
THIEVES = "lpm"

# What a message needs besides the right person. Words of a session's state; none asks the rules.
WORDS: dict[str, Callable[[Session], bool]] = {
    "always": lambda s: True,
    "ended": lambda s: s.ended,
    "before the end": lambda s: not s.ended,
    "lobby": lambda s: not s.ended and s.step is None,
    "in a phase": lambda s: not s.ended and s.step is not None,
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
    "Pia has not come back": lambda s: s.presenter == "pia" and s.wait_is_over,
    "Max may be asked to hold the frame": lambda s: (
        s.deputy == "max" and s.leaderless_since == ALONE_SINCE and not {"ada", "ben"} & s.present and s.holder is None
    ),
    "Max is asked to hold the frame": lambda s: s.deputy == "max" and s.deputy_asked_by is not None,
    "Max holds the frame": lambda s: s.holder == "max",
    "Max is asked about a device": lambda s: any(one.person == "max" for one in s.asking),
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
    "Knock": [("LCPMROSDKUTV" + THIEVES, "before the end"), (INSIDE + "DUTVKX", "ended")],
    "Leave": [(INSIDE + "DKTV" + THIEVES, "before the end"), (INSIDE + "DTVKX", "ended")],
    "Admit": [("LC", "before the end")],
    "AdmitEveryone": [("LC", "before the end")],
    "TurnAway": [("LC", "before the end")],
    "Remove": [("LC", "before the end")],
    "AllowDevice": [("M", "before the end, Max is asked about a device")],
    "RefuseDevice": [("M", "before the end, Max is asked about a device")],
    "Lock": [("LC", "before the end")],
    "Unlock": [("LC", "before the end")],
    "OpenSession": [("LC", "lobby")],
    "NextPhase": [
        ("LC", "in a phase, has a next phase, next can start"),
        ("M", "in a phase, has a next phase, next can start, Max holds the frame"),
    ],
    "PreviousPhase": [
        ("LC", "in a phase, has a phase before, the one before can start"),
        ("M", "in a phase, has a phase before, the one before can start, Max holds the frame"),
    ],
    "GoToPhase": [("LC", "in a phase"), ("M", "in a phase, Max holds the frame")],
    "Extend": [("LC", "in a phase, has a clock"), ("M", "in a phase, has a clock, Max holds the frame")],
    "Hold": [("LC", "in a phase, clock runs"), ("M", "in a phase, clock runs, Max holds the frame")],
    "Resume": [("LC", "in a phase, clock is held"), ("M", "in a phase, clock is held, Max holds the frame")],
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
    "GoOnWaiting": [
        ("LC", "in a phase, Pia has not come back"),
        ("M", "in a phase, Pia has not come back, Max holds the frame"),
    ],
    "ChooseAnother": [("LC", "in a phase, Pia has not come back")],
    "NameDeputy": [("LC", "before the end")],
    "ReleaseDeputy": [("LC", "before the end")],
    "AskDeputy": [("P", "in a phase, Max may be asked to hold the frame")],
    "HoldFrame": [("M", "in a phase, Max is asked to hold the frame")],
    "DeclineFrame": [("M", "in a phase, Max is asked to hold the frame")],
    "OpenRing": [("LC", "in a phase, ring can open")],
    "CloseRing": [("LC", "in a phase")],
    "GiveWord": [("LC", "in a phase, floor is heard, Flo can speak")],
    "TakeWord": [("R", "in a phase, ring is open, Eve can speak")],
    "PassWord": [("LCR", "in a phase, Eve has the word")],
    "MoveToRing": [("LC", "before the end")],
    "InviteToCircle": [("LC", "before the end")],
    "offer": [(INSIDE, "before the end")],
    "line": [("LCS", "always")],
    "devices": [(INSIDE, "always")],
    "shows": [(INSIDE, "before the end")],
}

ABOUT = {
    "Admit": {"person": "dot"}, "TurnAway": {"person": "dot"}, "Remove": {"person": "zoe"},
    "ChoosePresenter": {"person": "zoe"}, "MoveToRing": {"person": "zoe"}, "InviteToCircle": {"person": "eve"},
    "NameDeputy": {"person": "zoe"}, "GiveWord": {"person": "flo"}, "PassWord": {"person": "eve"},
    "Knock": {"name": "Another", "agreed": True},
    "AllowDevice": {"browser": "thief"}, "RefuseDevice": {"browser": "thief"},
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


def _with(session: Session, who: str) -> Session:
    """Somebody's line is up, and the clock has said what it says to that at once."""
    session = noted(replace(session, present=session.present | {who}), NOON)
    while (spoken := due(session)) and spoken[0] <= NOON:
        session = after(session, *decide(session, spoken[1], None, NOON, session.version))
    return session


FREE_OF_ANSWER = {"devices", "shows"}
"""Messages whose acknowledgement says nothing: whether they are let through shows in what they do."""

IN_NAME = {"recorded", "answered", "shows"}
"""What is done in somebody's name: always that of whose connection it is."""


async def tried(room: Session, counts: Counter[str]) -> list[str]:
    """Everybody tries everything in this room; whatever is not as the table says."""
    wrong = []
    for letter, who in WHO.items():
        session = _with(room, who.partition("/")[0])
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
    names = {who, who.partition("/")[0]} if message == "Knock" else {who}  # that another browser asks is recorded
    if any(one.room != OURS or (one.by not in names and one.what in IN_NAME) for one in house.done):
        return f"done in another's name: {house.done}"
    return None


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
