"""A second device that carries somebody's sound: how a plan of people becomes one of lines."""

from collections.abc import Collection
from dataclasses import replace

from ascona.core.media_plan import Kind, MediaPlan, Route

_MARK = "~sound"
"""At the end of what is no person's id: those are drawn from letters and digits."""


def sound_line(person: str) -> str:
    """The line of the device that carries somebody's sound; all else of theirs goes over the line of their id."""
    return person + _MARK


def whose(line: str) -> str:
    """The person that a line belongs to."""
    return line.removesuffix(_MARK)


def apart(plan: MediaPlan, people: Collection[str]) -> MediaPlan:
    """
    The same plan where the sound of some people goes over a line of its own, from them and to them.

    So a telephone is a line like any other: it is shut unless the plan says otherwise, and only sound is ever
    planned for it. Of two devices in one room, one alone is heard and one alone plays.
    """

    def line(person: str, kind: Kind) -> str:
        return sound_line(person) if kind is Kind.AUDIO and person in people else person

    routes = frozenset(
        Route(line(route.sender, route.kind), line(route.receiver, route.kind), route.kind) for route in plan.routes
    )
    slots = {sound_line(person): plan.slots[person] for person in people if person in plan.slots}
    return replace(plan, routes=routes, slots={**plan.slots, **slots}) if people else plan
