"""The media plane as a table: which gates are open, and whose connection is up. It notes every change."""

import asyncio
from collections.abc import Callable, Sequence

from ascona.core.invariants import Wiring
from ascona.core.media_plan import MediaPlan, Route
from ascona.core.sound_line import whose
from tests.simulation.weather import Weather

_SLOTS = 64  # of every line: more than any room has


class Shut(Exception):
    """The plan could not be followed, and every gate is shut."""


class Exchange:
    """
    One room's gates and connections. As a worker beside the server it outlives it; otherwise `forget` is called.

    Attributes:
        plan: In force.
        lines: Whose connection is up, by line, with the name of the window it leads to.
    """

    def __init__(self, weather: Weather, changed: Callable[[], None]) -> None:
        self.plan = MediaPlan()
        self.lines: dict[str, str] = {}
        self._weather = weather
        self._changed = changed
        self._calls: dict[str, str] = {}

    def open_room(self, _room: str, _slots: int) -> None: ...

    def close_room(self, _room: str) -> None:
        self.forget()

    def forget(self) -> None:
        """Everything in memory is lost."""
        self.plan, self.lines, self._calls = MediaPlan(), {}, {}
        self._changed()

    async def follow(self, _room: str, plan: MediaPlan) -> None:
        before, after, fails = self._weather.switch()
        await asyncio.sleep(before)
        self.plan = MediaPlan() if fails else plan
        self._changed()
        await asyncio.sleep(after)
        if fails:
            raise Shut

    async def enforce(self, room: str, plan: MediaPlan) -> None:
        await self.follow(room, plan)

    async def wiring(self, _room: str) -> Wiring:
        await asyncio.sleep(self._weather.between(0.0, 0.005))
        slots = self.plan.slots
        up = [one for one in self.plan.routes if one.sender in self.lines and one.receiver in self.lines]
        return Wiring(dict.fromkeys(self.lines, _SLOTS), frozenset((one, slots[one.sender]) for one in up))

    async def leave(self, _room: str, person: str) -> None:
        await asyncio.sleep(self._weather.between(0.0, 0.005))
        self.hang_up(person)

    def hang_up(self, person: str, window: str | None = None) -> None:
        """A connection goes down; where a window is named, only if it leads there."""
        if window is None or self._calls.get(person) == window:
            self._calls.pop(person, None)
        if person in self.lines and window in {None, self.lines[person]}:
            del self.lines[person]
            self._changed()

    async def answer(self, _room: str, person: str, offer: str) -> str:
        """`offer` is the name of the window that calls."""
        await asyncio.sleep(self._weather.between(0.001, 0.02))
        self._calls[person] = offer
        if self.lines.get(person) not in {None, offer}:
            del self.lines[person]
        return f"answer to {offer}"

    def come_up(self, person: str, window: str) -> None:
        """The handshake is over."""
        if self._calls.get(person) == window:
            self.lines[person] = window
            self._changed()

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None: ...

    @property
    def open(self) -> frozenset[Route]:
        """Between people, whichever of their devices has it."""
        return frozenset(Route(whose(one.sender), whose(one.receiver), one.kind) for one in self.plan.routes)

    @property
    def receivers(self) -> set[str]:
        """People to whom something can flow now."""
        return {whose(line) for line in {route.receiver for route in self.plan.routes} & self.lines.keys()}
