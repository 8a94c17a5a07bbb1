"""What somebody may want: every command there is, with fields that make sense or none at all."""

import random
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, get_args, get_type_hints

from ascona.core import commands as c
from ascona.core.rights import RIGHTS, TAKES_AWAY

COMMANDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(c.ByPeople)}
"""By name, straight from the union: a command that is added takes part by itself."""

FRAME = tuple(kind for kind, right in RIGHTS.items() if right.frame)
ENDS = {"EndSession", "Leave", "Remove"}
"""What makes an evening poorer: rarely."""

_NUMBERS = (-1, 0, 1, 1, 2, 3, 5, 8, 10, 13, 60, 61)
_OFTEN = {"NextPhase": 8, "Extend": 3, "AgreeToPresent": 8, "SitBack": 3, "ComeBack": 3, "TakeWord": 3, "GiveWord": 2}


def filled(do: str, draw: random.Random, people: list[str], fixed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Fields for a command, by their types; `fixed` are taken where they fit."""
    kind = COMMANDS[do]
    hints = get_type_hints(kind)
    taken: dict[str, Any] = {}
    for field in fields(kind):
        known = (fixed or {}).get(field.name)
        taken[field.name] = known if known is not None else _value(hints[field.name], field.name, draw, people)
    return taken


def _value(hint: Any, name: str, draw: random.Random, people: list[str]) -> Any:
    options = [one for one in get_args(hint) if one is not type(None)]
    if options:
        return None if draw.random() < 0.3 else _value(options[0], name, draw, people)
    if hint is bool:
        return draw.random() < 0.5
    if hint is int:
        return draw.choice(_NUMBERS)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return draw.choice([one.value for one in hint])
    return draw.choice(["Zoë", "<i>x</i>", " ", "Cy"]) if name == "name" else draw.choice([*people, "nobody"])


def polite(room: Mapping[str, Any], draw: random.Random, people: list[str]) -> tuple[str, dict[str, Any]] | None:
    """Something that this person's page offers, and what it would send; None if it offers nothing."""
    wishes: list[tuple[str, dict[str, Any], int]] = [
        (do, {}, _OFTEN.get(do, 1)) for do in room["me"]["may"] if do not in ENDS
    ]
    for chair in room["people"]:
        wishes += [(do, {"person": chair["person"]}, _OFTEN.get(do, 1)) for do in chair["may"] if do not in ENDS]
    for one in room["door"]:
        waits = {"person": one["person"], "browser": one["browser"]}
        wishes += [("Admit", waits, 1 if one["device"] else 4), ("TurnAway", waits, 1 if one["device"] else 0)]
    known = [wish for wish in wishes if wish[0] in COMMANDS]
    if not known:
        return None
    do, fixed, _ = draw.choices(known, weights=[weight for *_, weight in known])[0]
    if do == "Extend":
        fixed = {"minutes": 2}
    return do, filled(do, draw, people, fixed)


def taking(room: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What this person's page offers that only ever takes rights away; nobody is sent home for it."""
    takes = {kind.__name__ for kind in TAKES_AWAY} & COMMANDS.keys() - ENDS
    own = [(do, {}) for do in sorted(takes.intersection(room["me"]["may"]))]
    return own + [
        (do, {"person": chair["person"]}) for chair in room["people"] for do in sorted(takes.intersection(chair["may"]))
    ]


def anything(draw: random.Random, people: list[str]) -> tuple[str, dict[str, Any]]:
    """Any command, with any fields, whoever asks."""
    rare = draw.random() < 0.03
    do = draw.choice(sorted(ENDS) if rare else sorted(COMMANDS.keys() - ENDS - {"Knock"}))
    return do, filled(do, draw, people)
