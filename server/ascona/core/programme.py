"""Programmes: the phases of an evening as data, with what each of them allows."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

PHASE_LIMIT = 40
"""Phases in one programme: four cases of ten phases."""

MINUTES_LIMIT = 180
"""Minutes in one phase."""

PROGRAMME_BYTES_LIMIT = 16 * 1024
"""Size of a programme's file. A parser may take quadratic time over a nasty one."""

PHASE_IDS = (
    "arrive",
    "follow_ups",
    "choose",
    "account",
    "questions",
    "fantasies",
    "ring",
    "answer",
    "suggestions",
    "re_entry",
    "reflection",
    "close",
    "debrief",
)
"""The phases that pages have names for, in the order of a long evening."""


class AtEnd(StrEnum):
    """What the end of a phase's minutes does."""

    ANNOUNCE = "announce"  # says so, and waits for a leader
    ADVANCE = "advance"  # goes on to the next phase by itself


class Group(StrEnum):
    """Whom a phase's rights name."""

    EVERYONE = "everyone"
    LEADERS = "leaders"
    CIRCLE = "circle"  # members, and the presenter unless sitting back
    PRESENTER = "presenter"  # unless sitting back
    FLOOR = "floor"  # people outside the circle who have been given the word
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Phase:
    """
    One step of a programme, and what it allows.

    Attributes:
        minutes: None: until a leader moves on.
        heard, seen: Whose sound and picture are forwarded.
        hears: Who receives at all.
        presenter_sits_back: The presenter listens, in the session's style.
        chooses_presenter: Leaders may ask somebody to present; a case that was
            presented before is over.
        needs_presenter: Cannot start without one.
        opens_ring: The outer ring may take the word, until 60 s after the end.
        may_protect: Leaders may close the members' microphones around the presenter.
        locks_door: Nobody new comes in from here on; a lost line is not new.
        waits_for_presenter: Minutes the group waits for a presenter whose line is lost, its clock standing still.
        after_the_end: Does not count towards the evening's agreed length.
    """

    id: str
    minutes: float | None = None
    heard: frozenset[Group] = frozenset({Group.LEADERS, Group.CIRCLE})
    seen: frozenset[Group] = frozenset({Group.LEADERS, Group.CIRCLE})
    hears: frozenset[Group] = frozenset({Group.EVERYONE})
    at_end: AtEnd = AtEnd.ANNOUNCE
    presenter_sits_back: bool = False
    chooses_presenter: bool = False
    needs_presenter: bool = False
    opens_ring: bool = False
    may_protect: bool = False
    locks_door: bool = False
    waits_for_presenter: float = 0
    after_the_end: bool = False


@dataclass(frozen=True, slots=True)
class Programme:
    """A named, ordered list of phases. A phase may stand in it more than once: a second case."""

    name: str
    phases: tuple[Phase, ...]

    @property
    def minutes(self) -> float:
        """The evening's agreed length, in minutes."""
        return sum(phase.minutes or 0 for phase in self.phases if not phase.after_the_end)

    def case_of(self, step: int) -> int:
        """Which case of the evening a step belongs to, from 1."""
        return max(1, sum(phase.chooses_presenter and phase.id == "choose" for phase in self.phases[: step + 1]))


class ProgrammeError(ValueError):
    """A programme that cannot be used: `line` of the text (from 1), and `reason` for whoever wrote it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


def read_programme(text: str) -> Programme:
    """
    Read a programme from TOML.

    Raises:
        ProgrammeError: With the line and the reason of the first thing that is wrong.
    """
    if len(text.encode(errors="surrogatepass")) > PROGRAMME_BYTES_LIMIT:
        raise ProgrammeError(1, f"a programme has at most {PROGRAMME_BYTES_LIMIT} bytes")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        raise ProgrammeError(int(at[1]) if at else text.count("\n") + 1, f"not TOML: {error}") from error
    except (RecursionError, ValueError) as error:  # the parser says neither where nor what, so the longest line it is
        lengths = [len(line) for line in text.split("\n")]
        reason = "a number with thousands of digits, or lists within lists within lists"
        raise ProgrammeError(lengths.index(max(lengths)) + 1, reason) from error
    return _programme(table, _Lines(text))


class _Lines:
    """Finds the line a key stands on, for messages: the parser does not tell."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._starts = [number for number, line in enumerate(self._lines) if re.match(r"\s*\[\[\s*phase\s*\]\]", line)]

    def of(self, key: str, phase: int | None = None) -> int:
        begin, end = 0, len(self._lines)
        if phase is not None and phase < len(self._starts):
            begin = self._starts[phase]
            end = self._starts[phase + 1] if phase + 1 < len(self._starts) else end
        for number in range(begin, end):
            if re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", self._lines[number]):
                return number + 1
        return begin + 1


def _programme(table: dict[str, Any], lines: _Lines) -> Programme:
    for key in table:
        if key not in {"name", "phase"}:
            raise ProgrammeError(lines.of(key), f"“{key}” is not a word of a programme; “name” and [[phase]] are")
    name = table.get("name")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name):
        raise ProgrammeError(lines.of("name"), "“name” is missing, or not small letters, digits and hyphens")
    rows = table.get("phase")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ProgrammeError(1, "there is no [[phase]]")
    if len(rows) > PHASE_LIMIT:
        raise ProgrammeError(lines.of("id", PHASE_LIMIT), f"a programme has at most {PHASE_LIMIT} phases")
    return Programme(name, tuple(_phase(row, index, lines) for index, row in enumerate(rows)))


def _phase(row: dict[str, Any], index: int, lines: _Lines) -> Phase:
    known = {field.name for field in fields(Phase)}
    for key, value in row.items():
        if key not in known:
            raise ProgrammeError(lines.of(key, index), f"a phase has no “{key}”")
        reason = _CHECKS.get(key, _truth)(value)
        if reason:
            raise ProgrammeError(lines.of(key, index), f"“{key}” {reason}")
    if "id" not in row:
        raise ProgrammeError(lines.of("id", index), "a phase needs an “id”")
    if row.get("at_end") == AtEnd.ADVANCE and "minutes" not in row:
        raise ProgrammeError(lines.of("at_end", index), "a phase without “minutes” cannot advance by itself")
    groups: dict[str, Any] = {k: frozenset(map(Group, row[k])) for k in ("heard", "seen", "hears") if k in row}
    groups["at_end"] = AtEnd(row.get("at_end", AtEnd.ANNOUNCE))
    return Phase(**(row | groups))


def _id(value: object) -> str | None:
    return None if value in PHASE_IDS else f"is none of {', '.join(PHASE_IDS)}"


def _minutes(value: object) -> str | None:
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else 0
    good = 0 < number <= MINUTES_LIMIT
    return None if good else f"is a number above 0 and at most {MINUTES_LIMIT}"


def _groups(value: object) -> str | None:
    words = [group.value for group in Group]
    good = isinstance(value, list) and all(word in words for word in value)
    return None if good else f"is a list of {', '.join(words)}"


def _speakers(value: object) -> str | None:
    """Everyone at once is more than there are slots for: people outside speak from the floor."""
    if isinstance(value, list) and Group.EVERYONE in value:
        return f"cannot be “{Group.EVERYONE}”: name {', '.join(g for g in Group if g is not Group.EVERYONE)}"
    return _groups(value)


def _at_end(value: object) -> str | None:
    return None if value in list(AtEnd) else "is “announce” or “advance”"


def _truth(value: object) -> str | None:
    return None if isinstance(value, bool) else "is true or false"


_CHECKS: dict[str, Callable[[object], str | None]] = {
    "id": _id,
    "minutes": _minutes,
    "waits_for_presenter": _minutes,
    "heard": _speakers,
    "seen": _speakers,
    "hears": _groups,
    "at_end": _at_end,
}
