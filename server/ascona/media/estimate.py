"""How much one listener's line carries: pure, from what their browser reports."""

from bisect import bisect, insort

from ascona.media.losses import Losses
from ascona.media.missing import SUPPOSED_ROUND_TRIP_SECONDS
from ascona.media.trial import FEW_LOST, LESS, QUEUE_SECONDS, Trial, Verdict

START = 2_500_000.0
"""Bits a second of a line nothing is known of: thirteen small pictures and their voices."""

GROWTH, SLOW_GROWTH = 0.1, 0.05
"""By how much of itself the estimate grows in a second in which all is well; and over a line known to be narrow."""

LEAST_GROWTH = 25_000.0
"""Bits a second that it grows by at least, each second: else little would stay little."""

REST_SECONDS, LONGEST_REST_SECONDS = 3.0, 48.0
"""How long it does not grow after it has fallen: twice as long each time that growing made it fall again."""

LONGEST_ROUND_TRIP_SECONDS = 6.0
"""Whatever an answer says; nothing is waited for as long."""

MORE_LOST, MANY_LOST = 0.05, 0.10
"""Parts lost that are too much: beyond the air's, and at all while nothing has shown that we are to blame."""

MOST_LOST, FLOOD_LOST = 0.25, 0.5
"""Parts lost above which the line is taken to be full before anything has been tried: and full even of voices alone."""

BARE, BARE_PACKETS = 1.1, 100
"""
So many times what the voices take must arrive, where that is known from so many packets, of a line that carries them.

Without a picture only voices are reported, each every five seconds: whoever waited to be sure would let them suffer.
"""

CROWD_SECONDS = 0.15
"""A round trip so much longer than the shortest one, where too much is lost as well, means that the line is full."""

HUSH_SECONDS, AFTER_HUSH_SECONDS = 1.0, 4.0
"""Without any report for so long, nothing may have passed; what is reported as lost for so long after is of then."""

LATE_SECONDS = 0.4
"""From one review to the next: more, and we were late ourselves, so that no round trip says anything of the line."""

LOST_CAUSE, GOOD_AGAIN, LOST_CAUSE_SECONDS = 0.15, 0.10, 5.0
"""Parts lost above which, for so long, pictures are hopeless; and below which they are worth trying again."""

_FORGETTING_SECONDS = 10.0  # in which the air's part is believed to be less when less is lost
_ROUND_TRIPS_SECONDS = 1.5  # over which the shortest one counts, by when our reports left,
_ENOUGH_TRIPS = 3  # or over the last so many: four voices alone bring about one a second
_LONGEST_ROUND_TRIPS_SECONDS = 6.0
_DRIFT = 0.002  # seconds a second by which the shortest round trip is forgotten: lines change
_BELIEVED_SECONDS = 1.5  # how long a receiver's own estimate is remembered
_BELOW_FULL = 0.85  # what arrives fills the line; to empty its queue, less must be sent
_STEP_SECONDS = 0.5  # between two falls


class Estimate:
    """
    Bits a second that one listener can be sent, voices included.

    It falls when reports show losses or a queue, and grows when they show neither. Each fall is a trial: what does
    not shrink when less is sent, be it a loss or a delay, is the way's own and no reason to send less; the fall is
    taken back. A receiver's own estimate (REMB) says how far to fall; alone it is not believed, because a busy machine
    takes its own delays for the line's, and Chromium sends none before its own camera has sent something.

    Attributes:
        bits: As far as is known.
        losses: How much gets lost.
        air: Part that is lost however little is sent.
        narrow: The last trial has shown that the line is full when more is sent.
        hopeless: So much is lost that no picture would be whole.
        fell_at: When it fell last.
        crowded: The last review found that the line does not even carry the voices.
    """

    def __init__(self, now: float) -> None:
        self.bits = START
        self.air = 0.0
        self.narrow = self.hopeless = self.crowded = False
        self.fell_at = float("-inf")
        self._rest = REST_SECONDS
        self.losses = Losses()
        self._trial: Trial | None = None
        self._reviewed_at = now
        self._told_at = float("inf")  # before the first report nothing is missed: its losses count from then on
        self._hush_at = float("-inf")
        self._lossy_since: float | None = None
        self._shortest: float | None = None
        self._round_trips: list[tuple[float, float]] = []  # when the report left, and seconds
        self._believed: dict[tuple[int, ...], tuple[float, float]] = {}

    def count(self, ssrc: int, highest: int, lost: int, now: float) -> None:
        """Take in one report block: the newest number seen, with its cycles, and all packets lost so far."""
        if now - self._told_at > HUSH_SECONDS:
            self._hush_at = now
        self._told_at = now
        self.losses.count(ssrc, highest, lost, now)

    def time(self, round_trip: float, left_at: float) -> None:
        """Take in how long a report of ours, which left then, and its answer were under way, in seconds."""
        round_trip = min(round_trip, LONGEST_ROUND_TRIP_SECONDS)
        insort(self._round_trips, (left_at, round_trip))
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
        passed, self._reviewed_at, self.crowded = now - self._reviewed_at, now, False
        self.losses.pass_time(passed)
        self._hope(passed, now)
        queue = self._conclude(voices, pictures, self._queue(passed, now), passed, now)
        # Losses of voices alone, without a queue, say nothing of what the line carries.
        telling = pictures > 0.0 or self.narrow or queue > CROWD_SECONDS
        if queue > QUEUE_SECONDS or (telling and self.losses.surely_above(self._bearable)):
            self._fall(queue, voices, pictures, now)
        elif self._trial is None and now - self.fell_at > self._rest and not self._full:
            # Only what is used is found out about.
            most = max(self.bits, 1.5 * (voices + pictures) + 500_000.0)
            growth = (SLOW_GROWTH if self.narrow else GROWTH) * self.bits
            self.bits = min(most, self.bits + passed * max(LEAST_GROWTH, growth))
        return max(0.0, self.bits - voices)

    @property
    def doubtful(self) -> bool:
        """Whether round trips are needed soon, to tell a full line from bad air."""
        return self._trial is not None or self.losses.latest > MORE_LOST

    @property
    def round_trip(self) -> float:
        """Seconds there and back, by the last reports; without any, as short as it ever was, or as is supposed."""
        known = SUPPOSED_ROUND_TRIP_SECONDS if self._shortest is None else self._shortest
        return min((trip for _, trip in self._round_trips[-_ENOUGH_TRIPS:]), default=known)

    @property
    def airy(self) -> bool:
        """
        Whether repairs may well be lost like what they repair, and more of them would not fill the line.

        Not before a round trip is known: without any a queue is not known, either.
        """
        known = self._shortest is not None and self._trial is None
        return known and not self.narrow and self.losses.part > FEW_LOST

    @property
    def _bearable(self) -> float:
        """The part lost above which less is sent."""
        return self.air + MORE_LOST if self.narrow else max(MANY_LOST, self.air + MORE_LOST)

    @property
    def _full(self) -> bool:
        """Whether a line that is known to be narrow has begun to lose more than the air does."""
        return self.narrow and self.losses.surely_above(self.air + FEW_LOST)

    def _hope(self, passed: float, now: float) -> None:
        """See whether pictures are hopeless, and whether the air has become better."""
        part = self.losses.part
        if not self.losses.known:
            return
        if part < self.air:
            self.air += (part - self.air) * min(1.0, passed / _FORGETTING_SECONDS)
        if part <= LOST_CAUSE or self._lossy_since is None:
            self._lossy_since = now if part > LOST_CAUSE else None
        elif now - self._lossy_since >= LOST_CAUSE_SECONDS:
            self.hopeless = True
        if part < GOOD_AGAIN:
            self.hopeless = False

    def _queue(self, passed: float, now: float) -> float | None:
        """Seconds that the last round trips took longer than the shortest of all; None: not known."""
        if passed > LATE_SECONDS:
            self._round_trips.clear()
        del self._round_trips[: bisect(self._round_trips, (now - _LONGEST_ROUND_TRIPS_SECONDS,))]
        if self._shortest is None:
            return None
        self._shortest += _DRIFT * passed
        if len(self._round_trips) < _ENOUGH_TRIPS:
            return None
        latest = bisect(self._round_trips, (now - _ROUND_TRIPS_SECONDS,))
        first = min(latest, len(self._round_trips) - _ENOUGH_TRIPS)
        return min(round_trip for _, round_trip in self._round_trips[first:]) - self._shortest

    def _conclude(self, voices: float, pictures: float, delay: float | None, passed: float, now: float) -> float:
        """End the trial once it has shown whose the losses or the delay are; returns what is left of the queue."""
        trial, queue = self._trial, delay or 0.0
        if trial is None:
            return queue
        trial.go_on(voices + pictures, passed)
        trial.learn(self.losses.before)
        hushed = trial.began - self._hush_at <= AFTER_HUSH_SECONDS and trial.queue <= QUEUE_SECONDS
        flooded = trial.loss > FLOOD_LOST and not hushed
        needed = BARE * voices if trial.counted >= BARE_PACKETS else voices
        self.crowded = flooded and trial.arrived < needed
        verdict, part = trial.verdict(self.losses, delay, self.air, now), self.losses.part
        if verdict is None:
            return queue
        self._trial = None
        if verdict is Verdict.OURS:
            self.narrow = True
            if part < MANY_LOST and not trial.still_lost:
                self.air = part
        elif verdict is Verdict.NOT_OURS:
            self.narrow = False
            self.bits, self._rest = max(self.bits, trial.bits), REST_SECONDS
            self.air = min(LOST_CAUSE, part)
            if trial.queue > QUEUE_SECONDS and self._shortest is not None:
                self._shortest += queue  # that is how long the way is now
                return 0.0
        return queue

    def _fall(self, queue: float, voices: float, pictures: float, now: float) -> None:
        if now - self.fell_at < _STEP_SECONDS:
            return
        before, loss, sent = self.bits, self.losses.latest, min(self.bits, voices + pictures)
        full = self.narrow or queue > QUEUE_SECONDS or loss > MOST_LOST
        arrives = sent * (1.0 - loss) * (_BELOW_FULL if full else 1.0)
        believed = [bits for bits, at in self._believed.values() if now - at < _BELIEVED_SECONDS]
        if believed and sum(believed) < pictures:
            arrives = min(sent, voices + sum(believed))
        self.bits = max(voices, arrives)  # voices are sent whatever the line
        ours = queue > CROWD_SECONDS or self.narrow
        self.crowded |= ours and loss > MANY_LOST and (voices + pictures) * (1.0 - loss) < voices
        if now - self.fell_at > self._rest:  # it has been growing
            soon = now - self.fell_at < self._rest + LONGEST_REST_SECONDS
            self._rest = min(2.0 * self._rest, LONGEST_REST_SECONDS) if soon else REST_SECONDS
        self.fell_at = now
        if pictures <= 0.0 or self.bits > LESS * before:
            return  # there is nothing left to try
        if self._trial is None:
            self._trial = Trial(now, before, voices + pictures, loss, queue)
        else:
            self._trial.begin_again(voices + pictures)
        self.losses.begin_again(now)
