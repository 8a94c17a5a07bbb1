"""A listener behind a line that loses, queues or narrows, in a time of its own: estimate, screen and voices at work."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from types import SimpleNamespace
from typing import Any

from ascona.media.estimate import Estimate
from ascona.media.output import Output
from ascona.media.reports import ASK_SECONDS
from ascona.media.viewer import Viewer

TURN = 0.05  # seconds, as the server's clock
_PICTURE_BYTES, _PICTURE_HEADERS = 900, 65
_RATES = {"l": 150_000.0, "h": 500_000.0}
_VOICE_BITS, _LEAN_BITS = 36_000.0, 27_000.0  # a second, headers included, as circles speak
_VOICE_SECONDS, _PICTURE_SECONDS = 5.0, 1.0  # between two reports of a stream, give or take half: as browsers do


@dataclass(frozen=True, slots=True)
class Way:
    """
    What lies between server and listener.

    Attributes:
        loss: Part lost by chance, whatever is sent.
        bits: It carries in a second; 0: no end of them.
        waits: Seconds that its queue holds; with hardly any it is a policer.
        trip: Seconds there and back.
        lag: Seconds more that the listener's busy machine takes.
        cut: Nothing passes, either way.
    """

    loss: float = 0.0
    bits: float = 0.0
    waits: float = 0.3
    trip: float = 0.05
    lag: float = 0.0
    cut: bool = False


class _Stream:
    """One slot's sound or picture, and what its receiver counts."""

    def __init__(self, ssrc: int, every: float, chance: Random) -> None:
        self.ssrc = ssrc
        self.sent = self.lost = 0
        self.owed = 0.0
        self._every, self._chance = every, chance
        self.due, self._told_at = chance.uniform(0.0, every), chance.uniform(-every, 0.0)
        self._told: list[tuple[float, float]] = []  # when sender reports leave and arrive that are not answered yet

    def send(self, packets: float, loss: float) -> int:
        """So many packets more or less, evenly over time; how many leave now."""
        self.owed += packets
        number = int(self.owed)
        self.owed -= number
        self.sent += number
        self.lost += sum(self._chance.random() < loss for _ in range(number))
        return number

    def tell(self, now: float, delay: float, every: float, arrives: bool) -> None:
        """Our own sender report, when one is due."""
        if now - self._told_at >= every:
            self._told_at = now
            if arrives:
                self._told.append((now, now + delay))

    def answered(self, now: float) -> tuple[float, float] | None:
        """When the newest sender report that is there left, and how long it was under way; each is answered once."""
        there = [told for told in self._told if told[1] <= now]
        self._told = self._told[len(there) :]
        return (there[-1][0], there[-1][1] - there[-1][0]) if there else None

    def reports(self, now: float) -> bool:
        if now < self.due:
            return False
        self.due = now + self._every * self._chance.uniform(0.5, 1.5)
        return True


class _Camera:
    """Layers that are there as soon as they are shown."""

    def __init__(self) -> None:
        self.layer: str | None = None
        self.output: Any = SimpleNamespace(source=None)

    def rates(self, now: float) -> Mapping[str, float]:
        return _RATES

    def show(self, output: Output, layer: str | None, now: float, at_once: bool = False) -> None:
        self.layer = layer
        self.output.source = None if layer is None else SimpleNamespace(rate=_RATES[layer])


class Listener:
    """
    Somebody who hears and sees others over a way that may change.

    Attributes:
        shown: Pictures that were sent, of those the page shows; on average since `notes`.
        unheard: Part of the voices' packets lost since then.
    """

    def __init__(self, way: Way, voices: int = 4, tall: int = 0, seed: int = 1) -> None:
        """
        Args:
            tall: How many of the pictures are large on the screen.
        """
        chance = Random(seed)  # noqa: S311 - repeatable
        self.way = way
        self.now = 0.0
        self.viewer, self.estimate = Viewer(), Estimate(0.0)
        self.viewer.heights = [360] * tall + [180] * (voices - tall)
        self._voices = [_Stream(slot, _VOICE_SECONDS, chance) for slot in range(voices)]
        self._pictures = [_Stream(100 + slot, _PICTURE_SECONDS, chance) for slot in range(voices)]
        self._cameras = [_Camera() for _ in range(voices)]
        self._waiting = 0.0  # bits
        self._under_way: deque[tuple[float, int, int, int, tuple[float, float] | None]] = deque()
        self._turn = 0
        self.notes()

    def notes(self) -> None:
        """Count from now on."""
        self._turns = self._shown = self._large = 0
        self._said, self._missed = self._voice_totals()
        self.hopeless = self.lean = 0

    @property
    def shown(self) -> float:
        return self._shown / self._turns

    @property
    def large(self) -> float:
        return self._large / self._turns

    @property
    def unheard(self) -> float:
        said, missed = self._voice_totals()
        return (missed - self._missed) / max(1, said - self._said)

    def _voice_totals(self) -> tuple[int, int]:
        return sum(one.sent for one in self._voices), sum(one.lost for one in self._voices)

    def listens(self, seconds: float, way: Way | None = None, **changes: Any) -> "Listener":
        """Time passes, behind this way from now on; counted anew."""
        self.way = replace(way or self.way, **changes)
        self.notes()
        for _ in range(round(seconds / TURN)):
            self._take_turn()
        return self

    def _take_turn(self) -> None:
        self.now += TURN
        self._turn += 1
        lean = self.viewer.voices.lean
        voice = _LEAN_BITS if lean else _VOICE_BITS
        pictures = sum(_RATES[camera.layer] for camera in self._cameras if camera.layer)
        headers = 1 + _PICTURE_HEADERS / _PICTURE_BYTES
        overflow = self._queue(len(self._voices) * voice + pictures * headers)
        loss = 1.0 if self.way.cut else 1.0 - (1.0 - self.way.loss) * (1.0 - overflow)
        for one in self._voices:
            one.send((25 if lean else 50) * TURN, loss)
        for one, camera in zip(self._pictures, self._cameras, strict=True):
            if camera.layer:
                one.send(_RATES[camera.layer] * TURN / 8 / _PICTURE_BYTES, loss)
        self._report()
        if self._turn % 5 == 0:
            views: Any = {slot: (camera, camera.output) for slot, camera in enumerate(self._cameras)}
            self.viewer.review(views, [voice] * len(self._voices), self.estimate, self.now)
        self._turns += 1
        self._shown += sum(camera.layer is not None for camera in self._cameras)
        self._large += sum(camera.layer == "h" for camera in self._cameras)
        self.hopeless += self.estimate.hopeless
        self.lean += lean

    def _queue(self, bits: float) -> float:
        """Send so many bits a second; the part that finds no place in the queue."""
        if not self.way.bits:
            self._waiting = 0.0
            return 0.0
        self._waiting += (bits - self.way.bits) * TURN
        most = self.way.waits * self.way.bits
        over = max(0.0, self._waiting - most)
        self._waiting = min(most, max(0.0, self._waiting))
        return min(1.0, over / (bits * TURN)) if bits else 0.0

    def _report(self) -> None:
        """Receivers report what has come out; the server learns of it half a trip later."""
        queue = self._waiting / self.way.bits if self.way.bits else 0.0
        there = self.way.trip / 2 + queue + self.way.lag
        for one in self._voices:
            one.tell(self.now, there, ASK_SECONDS if self.estimate.doubtful else _VOICE_SECONDS, not self.way.cut)
        for one, camera in zip(self._pictures, self._cameras, strict=True):
            if camera.layer:
                one.tell(self.now, there, _PICTURE_SECONDS, not self.way.cut)
        for one in (*self._voices, *self._pictures):
            if one.reports(self.now) and one.sent and not self.way.cut:
                answered = one.answered(self.now + there)
                self._under_way.append((self.now + there + self.way.trip / 2, one.ssrc, one.sent, one.lost, answered))
        while self._under_way and self._under_way[0][0] <= self.now:
            _, ssrc, sent, lost, answered = self._under_way.popleft()
            self.estimate.count(ssrc, sent, lost, self.now)
            if answered is not None:
                left_at, took = answered
                self.estimate.time(took + self.way.trip / 2, left_at)
