"""How much one listener's line carries: pure, from what their browser reports."""

from collections import deque

START = 2_500_000.0
"""Bits a second of a line nothing is known of: thirteen small pictures and their voices."""

GROWTH = 0.1
"""By how much of itself the estimate grows in a second in which all is well."""

LEAST_GROWTH = 25_000.0
"""Bits a second that it grows by at least, each second: else little would stay little."""

REST_SECONDS = 3.0
"""How long it does not grow after it has fallen."""

LOSS_SECONDS = 0.5
"""Over how long losses are counted."""

FEW_LOST, MANY_LOST, MOST_LOST = 0.03, 0.10, 0.25
"""Parts lost: up to the first more may be sent, above the second it is too much, above the third far too much."""

QUEUE_SECONDS = 0.35
"""A round trip so much longer than the shortest one stands in a queue that we have filled; less is a busy machine."""

CROWD_SECONDS = 0.15
"""The same where too much is lost as well: then it is not the air that loses it, the line is full."""

LOST_CAUSE, GOOD_AGAIN, LOST_CAUSE_SECONDS = 0.15, 0.10, 5.0
"""Parts lost above which, for so long, pictures are hopeless; and below which they are worth trying again."""

_ROUND_TRIPS_SECONDS = 1.5  # over which the shortest one counts
_DRIFT = 0.002  # seconds a second by which the shortest round trip is forgotten: lines change
_BELIEVED_SECONDS = 1.5  # how long a receiver's own estimate is remembered
_ENOUGH_TRIPS = 3
_ENOUGH = 20  # packets, to speak of a loss
_BELOW_FULL = 0.85  # what arrives fills the line; to empty its queue, less must be sent
_STEP_SECONDS = 0.5  # between two falls: the reports of the first must have come


class Estimate:
    """
    Bits a second that one listener can be sent, voices included.

    It falls when reports show losses or a queue, and grows when they show neither. A receiver's own estimate (REMB)
    says how far to fall; alone it is not believed, because a busy machine takes its own delays for the line's, and
    Chromium sends none before its own camera has sent something.

    Attributes:
        bits: As far as is known.
        hopeless: So much is lost that no picture would be whole.
        fell_at: When it fell last.
        crowded: The last review found the line full of voices alone.
    """

    def __init__(self, now: float) -> None:
        self.bits = START
        self.hopeless = False
        self.fell_at = float("-inf")
        self.crowded = False
        self._reviewed_at = now
        self._highest: dict[int, int] = {}
        self._expected = self._lost = 0.0
        self._counted_since = now
        self._loss = 0.0  # of the last count
        self._lossy_since: float | None = None
        self._shortest: float | None = None
        self._round_trips: deque[tuple[float, float]] = deque()
        self._believed: dict[tuple[int, ...], tuple[float, float]] = {}

    def count(self, ssrc: int, highest: int, lost_part: float) -> None:
        """Take in one report block: the newest number seen, with its cycles, and the part lost since the last block."""
        before = self._highest.get(ssrc)
        self._highest[ssrc] = highest
        fresh = (highest - before) & 0xFFFFFFFF if before is not None else 0
        if 0 < fresh < 0x8000:
            self._expected += fresh
            self._lost += fresh * lost_part

    def time(self, round_trip: float, now: float) -> None:
        """Take in how long a report of ours and its answer were under way, in seconds."""
        self._round_trips.append((now, round_trip))
        if self._shortest is None or round_trip < self._shortest:
            self._shortest = round_trip

    def believe(self, bits: float, ssrcs: tuple[int, ...], now: float) -> None:
        """Take in what the receiver itself believes of these streams (REMB); some do so for each stream."""
        self._believed = {
            others: kept
            for others, kept in self._believed.items()
            if not set(others) & set(ssrcs) and now - kept[1] < _BELIEVED_SECONDS
        }
        self._believed[ssrcs] = bits, now

    def review(self, voices: float, pictures: float, now: float) -> float:
        """
        Draw conclusions from what has been reported; returns the bits a second left for pictures.

        Args:
            voices, pictures: Bits a second that are being sent now.
        """
        passed, self._reviewed_at = now - self._reviewed_at, now
        counted, self.crowded = self._count_up(now), False
        queue = self._queue(passed, now)
        if queue > QUEUE_SECONDS or (counted and self._loss > MANY_LOST):
            self._fall(self._loss if counted else 0.0, queue, voices, pictures, now)
        elif now - self.fell_at > REST_SECONDS and self._loss <= FEW_LOST:
            # Only what is used is found out about.
            most = max(self.bits, 1.5 * (voices + pictures) + 500_000.0)
            self.bits = min(most, self.bits + passed * max(LEAST_GROWTH, GROWTH * self.bits))
        return max(0.0, self.bits - voices)

    def _count_up(self, now: float) -> bool:
        """Whether enough has been reported to know the loss anew."""
        if now - self._counted_since < LOSS_SECONDS or self._expected < _ENOUGH:
            return False
        self._loss = self._lost / self._expected
        self._counted_since, self._expected, self._lost = now, 0.0, 0.0
        if self._loss < GOOD_AGAIN:
            self._lossy_since, self.hopeless = None, False
        elif self._loss > LOST_CAUSE:
            self._lossy_since = now if self._lossy_since is None else self._lossy_since
            self.hopeless = self.hopeless or now - self._lossy_since >= LOST_CAUSE_SECONDS
        return True

    def _queue(self, passed: float, now: float) -> float:
        """Seconds that the last round trips took longer than the shortest of all."""
        while self._round_trips and now - self._round_trips[0][0] > _ROUND_TRIPS_SECONDS:
            self._round_trips.popleft()
        if self._shortest is None:
            return 0.0
        self._shortest += _DRIFT * passed
        if len(self._round_trips) < _ENOUGH_TRIPS:
            return 0.0
        return min(round_trip for _, round_trip in self._round_trips) - self._shortest

    def _fall(self, loss: float, queue: float, voices: float, pictures: float, now: float) -> None:
        if now - self.fell_at < _STEP_SECONDS:
            return
        self.fell_at = now
        sent = min(self.bits, voices + pictures)
        full = queue > QUEUE_SECONDS or loss > MOST_LOST  # else it may be the air that loses something
        arrives = sent * (1.0 - loss) * _BELOW_FULL if full else sent * (1.0 - loss / 2)
        believed = [bits for bits, at in self._believed.values() if now - at < _BELIEVED_SECONDS]
        if believed and sum(believed) < pictures:
            arrives = min(sent, voices + sum(believed))
        self.bits = max(voices, arrives)  # voices are sent whatever the line
        self.crowded = arrives <= voices and loss > MANY_LOST and queue > CROWD_SECONDS
