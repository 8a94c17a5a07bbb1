"""The people of one room and the gates between them: shut, unless the plan says otherwise."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.core.pictures import Pictures
from ascona.media.answer import Sources
from ascona.media.connection import Connection
from ascona.media.gate import Counts, Gate
from ascona.media.offer import LAYERS
from ascona.media.output import Output
from ascona.media.publisher import Publisher

SMALL = 240
"""Device pixels up to which the smaller layer, 180 rows high, is good enough."""


class Person:
    """Somebody with an offer; keeps count while connections come and go."""

    def __init__(self) -> None:
        self.arrived: Counter[Kind] = Counter()
        self.connection: Connection | None = None
        self.heights: Sequence[int] | None = None  # as their page shows the slots; None before it has said so
        self.told: Pictures | None = None


class Room:
    """
    Carries out the last plan, for whoever is connected.

    Attributes:
        slots: SSRCs of each slot, the same for every listener.
        people: By id.
    """

    def __init__(
        self, slots: Sequence[Sources], clock: Callable[[], float], told: Callable[[str, Pictures], None]
    ) -> None:
        """
        Args:
            told: Takes a person, and what their page is to know of pictures from now on.
        """
        self.slots = slots
        self.people: dict[str, Person] = {}
        self._clock = clock
        self._told = told
        self._gates: dict[Route, Gate] = {}
        self._plan: Mapping[Route, int] = {}

    def person(self, name: str) -> Person:
        """Somebody, with a shut gate to and from everybody else."""
        if name not in self.people:
            arriving = self.people[name] = Person()
            for other in [other for other in self.people if other != name]:
                for kind in Kind:
                    self._gates[Route(name, other, kind)] = Gate(kind, arriving.arrived)
                    self._gates[Route(other, name, kind)] = Gate(kind, self.people[other].arrived)
        return self.people[name]

    def remove(self, name: str) -> None:
        """Close somebody's connection and forget them."""
        person = self.people.get(name)
        if person is None:
            return
        if person.connection is not None:
            person.connection.close()
        for route in [route for route in self._gates if name in (route.sender, route.receiver)]:
            self._gates.pop(route).shut()
        del self.people[name]

    def close(self) -> None:
        """Close every connection."""
        for name in list(self.people):
            self.remove(name)

    def follow(self, plan: MediaPlan) -> None:
        """
        Carry out a plan: first shut, then open.

        Raises:
            ValueError: If two people would share a slot at one listener; as after any error, all gates are shut then.
        """
        try:
            self._plan = _placed(plan)
            self._settle()
        except Exception:
            self._plan = {}
            self._shut_all()
            raise

    def settle(self) -> None:
        """Carry out the plan for whoever has come or gone."""
        try:
            self._settle()
        except Exception:
            self._plan = {}
            self._shut_all()
            raise

    def _settle(self) -> None:
        now = self._clock()
        ends = {route: self._ends(route) for route in self._gates}
        for route, gate in self._gates.items():
            if not gate.leads(*ends[route]):
                gate.shut()
        for route, gate in self._gates.items():
            publisher, output = ends[route]
            if publisher is not None and output is not None and not gate.leads(publisher, output):
                gate.open(publisher, output, now)

    def _ends(self, route: Route) -> tuple[Publisher | None, Output | None]:
        """What an allowed route connects; nothing where somebody is not connected, or has no such slot."""
        slot = self._plan.get(route)
        sender, receiver = self.people[route.sender].connection, self.people[route.receiver].connection
        if slot is None or sender is None or receiver is None or not (sender.up and receiver.up):
            return None, None
        return sender.publisher, receiver.outputs.get((slot, route.kind))

    def _shut_all(self) -> None:
        # The lists first: they are the enforcement, and emptying them cannot fail.
        for person in self.people.values():
            if person.connection is not None:
                person.connection.publisher.silence()
        for gate in self._gates.values():
            gate.shut()

    def shows(self, name: str, heights: Sequence[int]) -> None:
        """Take note of how high each slot's picture is on somebody's screen."""
        self.person(name).heights = heights

    def review(self, now: float) -> None:
        """Tell everyone which of their layers anybody watches, where that has changed."""
        wanted: dict[str, set[str]] = {name: set() for name in self.people}
        for route, gate in self._gates.items():
            slot = self._plan.get(route)
            if route.kind is Kind.AUDIO or slot is None or gate.leads(None, None):
                continue
            heights = self.people[route.receiver].heights
            height = SMALL if heights is None else heights[slot] if slot < len(heights) else 0
            if height:
                wanted[route.sender].add("h" if height > SMALL else "l")
        for name, layers in wanted.items():
            person = self.people[name]
            pictures = Pictures(tuple(layer for layer in LAYERS if layer in layers))
            if person.connection is not None and person.told != pictures:
                person.told = pictures
                self._told(name, pictures)

    def connected(self) -> frozenset[str]:
        """Who receives whatever the plan gives them."""
        return frozenset(name for name, person in self.people.items() if person.connection and person.connection.up)

    def counters(self) -> dict[Route, Counts]:
        """What has passed each gate and what has not."""
        return {route: gate.counts() for route, gate in self._gates.items()}

    def connections(self) -> Iterator[Connection]:
        """Everybody's connection."""
        for person in list(self.people.values()):
            if person.connection is not None:
                yield person.connection


def _placed(plan: MediaPlan) -> dict[Route, int]:
    """The slot of each route whose sender has one."""
    placed = {route: plan.slots[route.sender] for route in plan.routes if route.sender in plan.slots}
    if len({(route.receiver, route.kind, slot) for route, slot in placed.items()}) < len(placed):
        raise ValueError("two people in one slot")
    return placed
