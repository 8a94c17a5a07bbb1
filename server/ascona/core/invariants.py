"""What must be true of a session at every moment: what was measured, held against what should be."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ascona.core.browsers import shut_out
from ascona.core.media_plan import MediaPlan, Route
from ascona.core.people import Browser
from ascona.core.session import Session
from ascona.core.sound_line import whose


class Invariant(StrEnum):
    """What is looked at, while the server runs."""

    FORWARDING = "forwarding"  # what is forwarded is what the plan says
    RECEIVERS = "receivers"  # nobody receives whom the others are not shown
    PLACES = "places"  # everybody is here once, by a browser that was let in
    VERSION = "version"  # what is known is what is recorded


@dataclass(frozen=True, slots=True)
class Wiring:
    """
    What the media plane of a room would do with the next packet: read from its lists, not from what it was told.

    Attributes:
        lines: Every line that is up, and how many slots it receives.
        open: Each way that a packet would take, with the slot it would arrive in. Somebody nobody knows is ``""``.
    """

    lines: Mapping[str, int] = field(default_factory=dict)
    open: frozenset[tuple[Route, int]] = frozenset()

    @property
    def receivers(self) -> frozenset[str]:
        """Everybody to whom anything would go."""
        return frozenset(route.receiver for route, _ in self.open)


@dataclass(frozen=True, slots=True)
class Seat:
    """A connection that takes part: its line, and the id of the browser that it comes from."""

    line: str
    browser: str


@dataclass(frozen=True, slots=True)
class Violation:
    """
    Attributes:
        people: Whose connections are concerned: their lines, see `core/sound_line.py`.
    """

    invariant: Invariant
    people: frozenset[str] = frozenset()


def forwarding(plan: MediaPlan, wiring: Wiring) -> list[Violation]:
    """Whether exactly what the plan names is forwarded, among those whose lines are up."""
    planned = {(route, plan.slots.get(route.sender, -1)) for route in plan.routes}
    possible = {(route, slot) for route, slot in planned if _leads_somewhere(route, slot, wiring.lines)}
    wrong = (wiring.open - planned) | (possible - wiring.open)
    return _violation(Invariant.FORWARDING, {route.receiver for route, _ in wrong}, bool(wrong))


def _leads_somewhere(route: Route, slot: int, lines: Mapping[str, int]) -> bool:
    both = route.sender in lines and route.receiver in lines and route.sender != route.receiver
    return both and 0 <= slot < lines[route.receiver]


def receivers(session: Session, shown: Collection[str], wiring: Wiring) -> list[Violation]:
    """
    Whether everybody who receives is on the screens of all, and each line is that of a person who may take part.

    Fewer may receive than are shown: somebody's sound and picture may be on its way.

    Args:
        shown: Whom everybody was last shown as being here.
    """
    may = {person.id for person in session.people if person.may_take_part}
    outside = {line for line in wiring.lines if whose(line) not in may}
    unseen = {line for line in wiring.receivers if whose(line) not in shown}
    return _violation(Invariant.RECEIVERS, unseen | outside, bool(unseen | outside))


def places(session: Session, sitting: Collection[Seat]) -> list[Violation]:
    """Whether everybody is here once, and every place is its browser's: see `browsers.py`."""
    wrong = {line for line, times in Counter(seat.line for seat in sitting).items() if times > 1}
    inside = {person.id: person for person in session.inside()}
    for seat in sitting:
        person = inside.get(whose(seat.line))
        if person is not None and not session.ended and shut_out(person, Browser(seat.browser)):
            wrong.add(seat.line)
    return _violation(Invariant.PLACES, wrong, bool(wrong))


def version(known: int, recorded: int) -> list[Violation]:
    """Whether a room knows exactly what is recorded."""
    return _violation(Invariant.VERSION, set(), known != recorded)


def _violation(invariant: Invariant, people: Collection[str], violated: bool) -> list[Violation]:
    return [Violation(invariant, frozenset(people) - {""})] if violated else []
