"""The people of one room and the gates between them: shut, unless the plan says otherwise."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import structlog

from ascona.core.invariants import Wiring
from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.core.pictures import Pictures
from ascona.media.answer import Sources
from ascona.media.camera import Camera
from ascona.media.connection import Connection
from ascona.media.gate import Counts, Gate
from ascona.media.inspection import sweep, wiring
from ascona.media.output import Output
from ascona.media.publisher import Publisher
from ascona.media.viewer import Viewer

TURNS_PER_REVIEW = 5
"""Of the clock, between two looks at what somebody's line carries: 250 ms."""

log = structlog.get_logger()


class Person:
    """Somebody with an offer; keeps count while connections come and go."""

    def __init__(self) -> None:
        self.arrived: Counter[Kind] = Counter()
        self.connection: Connection | None = None
        self.viewer = Viewer()
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
        self._gone = Counts(0, 0)
        self._plan: Mapping[Route, int] = {}
        self._seen: defaultdict[str, dict[int, tuple[Camera, Output]]] = defaultdict(dict)  # by whom, in which slot
        self._heard: defaultdict[str, list[Publisher]] = defaultdict(list)

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
            gate = self._gates.pop(route)
            gate.shut()
            self._gone += gate.counts()
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
        self._review(self.people, self.people)

    def enforce(self, plan: MediaPlan) -> None:
        """
        Carry out a plan whatever the lists hold now: first out with what it does not name, whoever put it there.

        Raises:
            ValueError: As `follow`.
        """
        try:
            placed = _placed(plan)
            sweep(self.people, lambda route, slot: placed.get(route) == slot)
            held = self.wiring().open
            for route, gate in self._gates.items():
                if (route, placed.get(route)) not in held:
                    gate.shut()  # it may take itself for open
        except Exception:
            self._plan = {}
            self._shut_all()
            raise
        self.follow(plan)

    def wiring(self) -> Wiring:
        """What would be forwarded now, as the lists have it."""
        return wiring(self.people)

    def settle(self) -> None:
        """Carry out the plan for whoever has come or gone."""
        try:
            self._settle()
        except Exception:
            self._plan = {}
            self._shut_all()
            raise
        self._review(self.people, self.people)

    def _settle(self) -> None:
        now = self._clock()
        ends = {route: self._ends(route) for route in self._gates}
        for route, gate in self._gates.items():
            if not gate.leads(*ends[route]):
                gate.shut()
        self._seen.clear()
        self._heard.clear()
        for route, gate in self._gates.items():
            publisher, output = ends[route]
            if publisher is None or output is None:
                continue
            if not gate.leads(publisher, output):
                gate.open(publisher, output, now)
            if route.kind is Kind.AUDIO:
                self._heard[route.receiver].append(publisher)
            else:
                self._seen[route.receiver][self._plan[route]] = publisher.camera, output

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

    # --- pictures ---

    def shows(self, name: str, heights: Sequence[int]) -> None:
        """Take note of how high each slot's picture is on somebody's screen."""
        self.person(name).viewer.heights = heights
        self._review([name], self.people)

    def tick(self, now: float, turn: int) -> None:
        """Review everybody's pictures now and then, each in their own turn."""
        due = [name for number, name in enumerate(self.people) if (turn + number) % TURNS_PER_REVIEW == 0]
        if due:
            self._review(due, due)

    def _review(self, names: Iterable[str], concerned: Iterable[str]) -> None:
        """Choose again what some people are sent; then tell those concerned whose news it is."""
        now = self._clock()
        try:
            for name in names:
                connection = self.people[name].connection
                if connection is not None and connection.up:
                    voices = [publisher.voice_rate for publisher in self._heard[name]]
                    self.people[name].viewer.review(self._seen[name], voices, connection.estimate, now)
            self._tell(concerned, now)
        except Exception:  # ours to mend; pictures stay as they are, and no voice falls silent for it
            log.exception("pictures_not_reviewed")

    def _tell(self, names: Iterable[str], now: float) -> None:
        lean = {
            publisher
            for name, person in self.people.items()
            if person.viewer.voices.lean
            for publisher in self._heard.get(name, ())
        }
        for name in names:
            person = self.people[name]
            if person.connection is None:
                continue
            publisher, paused = person.connection.publisher, person.viewer.paused
            pictures = Pictures(publisher.camera.wanted(now), paused, bool(paused), publisher in lean)
            if person.told != pictures:
                person.told = pictures
                self._told(name, pictures)

    def connected(self) -> frozenset[str]:
        """Who receives whatever the plan gives them."""
        return frozenset(name for name, person in self.people.items() if person.connection and person.connection.up)

    def counters(self) -> dict[Route, Counts]:
        """What has passed each gate and what has not."""
        return {route: gate.counts() for route, gate in self._gates.items()}

    def traffic(self) -> Counts:
        """What has passed all gates there ever were."""
        return sum((gate.counts() for gate in self._gates.values()), self._gone)

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
