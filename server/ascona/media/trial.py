"""Less is sent for a while, because much was lost or stood in a queue: was it what we sent? Pure."""

from dataclasses import dataclass
from enum import Enum

from ascona.media.losses import Count, Losses

QUEUE_SECONDS = 0.35
"""A round trip so much longer than the shortest one stands in a queue that we may have filled."""

FEW_LOST = 0.03
"""A part lost, beyond what is known to be the air's, of which nothing follows."""

PATIENCE_SECONDS = 5.0
"""How long a queue may take to show that it shrinks when less is sent."""

LONGEST_SECONDS = 15.0
"""Until a trial that has shown nothing ends: a browser reports each voice every five seconds, or every seven."""

LESS = 0.95
"""Part of what was sent: only if less than that is sent now can it have helped."""

_LOSS_LEFT, _QUEUE_LEFT = 0.6, 0.8  # parts of a loss and of a queue: what is left of our own is less


class Verdict(Enum):
    """Whose the losses or the delay were."""

    OURS = "ours"
    NOT_OURS = "not ours"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Trial:
    """
    A fall of the estimate, and what came of it.

    Attributes:
        began: When.
        bits: The estimate before, in bits a second.
        sent: Bits a second that were sent before.
        loss: Part lost before.
        queue: Seconds that round trips took longer before.
        counted: Packets that the loss is known from.
    """

    began: float
    bits: float
    sent: float
    loss: float
    queue: float
    counted: float = 0.0
    _sent_lately: float = 0.0  # before the last fall, where not surely more was lost; 0: `sent` is of that fall
    _seconds: float = 0.0
    _bits_since: float = 0.0

    def go_on(self, sent: float, seconds: float) -> None:
        """So much has been sent for so long."""
        self._seconds += seconds
        self._bits_since += seconds * sent

    def begin_again(self, sent: float) -> None:
        """Less still is sent from now on."""
        self._seconds = self._bits_since = 0.0
        self._sent_lately = sent

    def learn(self, before: Count) -> None:
        """So much was lost before the last fall, as has turned out since: the first reports are of few packets."""
        if before.part is None:
            return
        if self._sent_lately and before.surely_above(self.loss):
            self.sent, self._sent_lately = self._sent_lately, 0.0
        if not self._sent_lately:
            self.loss, self.counted = before.part, before.expected

    @property
    def less(self) -> float:
        """What has been sent since then, as a part of what was sent before."""
        return self._bits_since / (self._seconds * self.sent) if self._seconds and self.sent else 1.0

    @property
    def arrived(self) -> float:
        """Bits a second that arrived of what was sent before."""
        return self.sent * (1.0 - self.loss)

    @property
    def still_lost(self) -> float:
        """Part that would still be lost if the line were full, and all of the loss for that."""
        return max(0.0, 1.0 - (1.0 - self.loss) / self.less) if self.less else 0.0

    def verdict(self, losses: Losses, queue: float | None, air: float, now: float) -> Verdict | None:
        """
        What it has shown; None: nothing yet.

        Args:
            losses: Of what has been sent since it began.
            queue: Seconds that round trips take longer now; None: not known.
            air: Part known to be lost however little is sent.
        """
        if now - self.began > LONGEST_SECONDS:
            return Verdict.UNKNOWN
        if self.less > LESS or not losses.known:
            return None
        if self.queue > QUEUE_SECONDS:
            if self._seconds < PATIENCE_SECONDS or queue is None:
                return None
            shrunk = queue < _QUEUE_LEFT * self.queue or losses.part > air + FEW_LOST
        else:
            shrunk = losses.part < self.still_lost + _LOSS_LEFT * (self.loss - self.still_lost)
            if not shrunk and losses.part > self.loss + FEW_LOST:
                return Verdict.UNKNOWN  # it became worse: something else has happened
        return Verdict.OURS if shrunk else Verdict.NOT_OURS
