"""What is recorded, replayed beside the server: the history that everything seen is compared with."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from pydantic import TypeAdapter

from ascona.core import commands as c
from ascona.core.absence import AT_ONCE
from ascona.core.browsers import Asking
from ascona.core.clock import ANYTHING, due
from ascona.core.decide import decide
from ascona.core.events import Event, Recorded
from ascona.core.evolve import evolve
from ascona.core.grounds import Ground
from ascona.core.lines import DEPUTY_AFTER
from ascona.core.media_plan import Route, media_plan
from ascona.core.people import LEADERS, Browser
from ascona.core.rights import RIGHTS, Refused, stands_since
from ascona.core.session import LIVE, Session
from ascona.live import outage
from tests.simulation.wishes import COMMANDS
from tests.support.invariants import assert_safe

LATE = timedelta(seconds=5)
"""How late the clock may speak where nothing held it up."""


@dataclass(frozen=True)
class Order:
    """
    A command as a page sent it.

    Attributes:
        since: What was recorded by then.
        seen: The version that had been read, as the page says.
    """

    by: str
    command: Any
    version: int
    since: int
    seen: int | None = None

    @classmethod
    def read(cls, by: str, browser: Browser, message: dict[str, Any], since: int) -> "Order":
        kind = COMMANDS[message["do"]]
        fields = {name: value for name, value in message.items() if name in kind.__dataclass_fields__}
        command = TypeAdapter(kind).validate_python(fields)
        if isinstance(command, c.Knock):
            command = replace(command, browser=browser)
        return cls(by, command, message["version"], since, message.get("seen"))


class Chronicle:
    """
    Attributes:
        states: The session after so many events, whoever was there.
        orders: What pages sent, by who and key.
    """

    def __init__(self, first: Session, wrong: Callable[[str], None]) -> None:
        self.states = [first]
        self.orders: dict[tuple[str, str], Order] = {}
        self.written: dict[tuple[str | None, str], int] = {}
        self._records: list[Recorded] = []
        self._wrong = wrong
        self._allowed: dict[int, frozenset[Route]] = {}

    @property
    def version(self) -> int:
        """Recorded so far."""
        return len(self.states) - 1

    def sent(self, by: str, browser: Browser, message: dict[str, Any]) -> None:
        """A page sends this; only what can be read is kept."""
        try:
            self.orders.setdefault((by, message["key"]), Order.read(by, browser, message, self.version))
        except ValueError:
            return

    def write(self, records: list[Recorded], seen: Session | None, held_up: float, owed: outage.Order | None) -> None:
        """
        Take what has just been recorded, of one order.

        Args:
            seen: The server's session when it was decided: who is there, and whatever else is not recorded.
            held_up: Seconds since the server or its journal was last away.
            owed: The order, where it took effect before it could be recorded.
        """
        before, first = self.states[-1], records[0]
        if (first.by, first.key) in self.written:
            self._wrong(f"{first.key} is carried out twice")
        now = replace(before, **{name: getattr(seen, name) for name in LIVE} if seen else {})
        self._justify(now, records, held_up, owed)
        for record in records:
            after = evolve(self.states[-1], record.event, record.by)
            self.states.append(after)
            self._records.append(record)
            for present in (after.present, frozenset(person.id for person in after.people)):
                try:
                    assert_safe(replace(after, present=present))
                except AssertionError as error:
                    self._wrong(f"version {after.version} is not safe: {error}")
        self.written[first.by, first.key] = self.version

    def _justify(self, before: Session, records: list[Recorded], held_up: float, owed: outage.Order | None) -> None:
        """Whether the rules made this of what somebody sent, and nothing else."""
        first = records[0]
        events = tuple(record.event for record in records)
        if owed is not None:  # after whatever else turned out to be recorded
            if self._follows(before, owed.command, owed.by, records, before.version) != events:
                self._wrong(f"{type(owed.command).__name__}, owed by {owed.by}, made {_named(events)}")
            if owed.by is not None and (
                (sent := self.orders.get((owed.by, owed.key))) is None or sent.command != owed.command
            ):
                self._wrong(f"{owed.by} never sent {owed.key}, which made {_named(events)}")
            return None
        if first.by is None:
            return self._clock_spoke(before, records, events, held_up)
        order = self.orders.get((first.by, first.key))
        if order is None:
            return self._wrong(f"{first.by} never sent {first.key}, which made {_named(events)}")
        right = RIGHTS[type(order.command)]
        framed = before.move(Ground.FRAME).version
        if right.frame and not framed <= order.version <= before.version:
            self._wrong(f"{first.by} moved the frame from version {order.version}, which {framed} has moved")
        if order.seen is not None and order.seen < stands_since(before, order.command).version:
            self._wrong(f"{first.by} had read {order.seen}, and what was pressed for has moved: {_named(events)}")
        version = before.version if isinstance(order.command, c.Knock) else order.version
        if self._follows(before, order.command, first.by, records, version, order.seen) != events:
            self._wrong(f"{type(order.command).__name__} by {first.by} made {_named(events)}, not what the rules say")
        return None

    def _clock_spoke(self, before: Session, records: list[Recorded], events: tuple[Event, ...], held_up: float) -> None:
        words = [word for kind in ANYTHING if (word := due(before, {kind}))]  # of two that are due either may be first
        spoken = [
            due_at for due_at, word in words if self._follows(before, word, None, records, before.version) == events
        ]
        if not spoken:
            return self._wrong(f"the clock made {_named(events)}, not what the rules say")
        asked_at = max(spoken[0], self._records[-1].at if self._records else spoken[0])
        late = spoken[0] > AT_ONCE and records[0].at - asked_at > LATE  # a line that comes back is in no history
        if late and held_up > LATE.total_seconds():
            self._wrong(f"the clock spoke {records[0].at - asked_at} late: {_named(events)}")
        return None

    def _follows(
        self,
        before: Session,
        command: c.Command,
        by: str | None,
        records: list[Recorded],
        version: int,
        seen: int | None = None,
    ) -> tuple[Event, ...] | str:
        try:
            return tuple(decide(before, command, by, records[0].at, version, seen))
        except Refused as refusal:
            return refusal.reason

    def empty(self, order: Order, now: datetime, owed: Sequence[Order] = ()) -> bool:
        """
        Whether this changes nothing, in some state since it was sent: then there is nothing to record.

        Args:
            owed: What may have taken effect before it, unrecorded.
        """
        for before in chain.from_iterable(_either_way(state, now) for state in self.states[order.since :]):
            for one in (before, self._with(before, owed, now), _asked_before(before, order)):
                with suppress(Refused):
                    if not decide(one, order.command, order.by, now, one.version):
                        return True
        return False

    def spent(self, order: Order, now: datetime) -> bool:
        """Whether this had nothing left to take away, in some state since it was sent."""
        for state in self.states[order.since :]:
            try:
                if not decide(state, order.command, order.by, now, state.version):
                    return True
            except Refused:
                return True
        return False

    @staticmethod
    def _with(state: Session, owed: Sequence[Order], now: datetime) -> Session:
        for order in owed:
            with suppress(Refused):
                for event in decide(state, order.command, order.by, now, state.version):
                    state = evolve(state, event, order.by)
        return state

    def allowed(self, since: int, owed: Sequence[Order] = (), now: datetime | None = None) -> frozenset[Route]:
        """
        What may be forwarded while versions from this one on are on their way, were everybody there.

        Args:
            owed: What took effect although it is not recorded: only ever takes away.
            now: At which it is decided.
        """
        plans = [self._plan(version) for version in range(since, len(self.states))]
        if owed and now:
            plans = [plan & self._after(version, owed, now) for version, plan in enumerate(plans, start=since)]
        return frozenset().union(*plans)

    def _after(self, version: int, owed: Sequence[Order], now: datetime) -> frozenset[Route]:
        state = self.states[version]
        everybody = frozenset(person.id for person in state.people)
        return media_plan(self._with(replace(state, present=everybody), owed, now)).routes

    def _plan(self, version: int) -> frozenset[Route]:
        if version not in self._allowed:
            state = self.states[version]
            everybody = frozenset(person.id for person in state.people)
            self._allowed[version] = media_plan(replace(state, present=everybody)).routes
        return self._allowed[version]

    def told(self) -> list[str]:
        """The history in a line each."""
        return [f"{one.version:4} {one.at:%H:%M:%S.%f} {one.by or 'the clock':10} {one.event}" for one in self._records]


def _either_way(state: Session, now: datetime) -> Iterator[Session]:
    """With everybody's line up, all but the presenter's, and no leader's for so long that a deputy may be asked."""
    everybody = frozenset(person.id for person in state.people)
    leaders = frozenset(person.id for person in state.people if person.role in LEADERS)
    yield replace(state, present=everybody)
    yield replace(state, present=everybody - {state.presenter})
    yield replace(state, present=everybody - leaders, leaderless_since=now - DEPUTY_AFTER)


def _asked_before(state: Session, order: Order) -> Session:
    """Where a browser knocks that has asked already: asking once more is no other question."""
    knock = order.command
    if not isinstance(knock, c.Knock):
        return state
    return state.with_asking(order.by, Asking(order.by, knock.browser, knock.sound))


def _named(events: tuple[Event, ...]) -> str:
    return ", ".join(type(event).__name__ for event in events)
