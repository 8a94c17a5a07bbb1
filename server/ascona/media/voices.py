"""When those whom a listener hears are to speak leaner: the line does not even carry their voices."""

from ascona.media.answer import VOICE_BITS
from ascona.media.estimate import Estimate
from ascona.media.track import VOICE_HEADERS

PLAIN = VOICE_BITS + 50 * 8.0 * VOICE_HEADERS
"""Bits a second of a voice as it usually comes, in fifty packets."""

ROOM_TO_SPARE = 1.2
"""So many times what voices take as they usually come, before they do so again."""

LEAN_SECONDS, LONGEST_SECONDS = 120.0, 480.0
"""How long they have the line to themselves: twice as long each time, because pictures that do not fit cost voices."""

TRIAL_SECONDS = 10.0
"""How long pictures then show what the line carries, before the voices themselves try it."""


class Voices:
    """
    What one listener's line makes of the voices they hear; hardly ever changes its mind.

    Attributes:
        lean: Whether they are to be leaner.
        alone: Whether they have the line to themselves.
    """

    def __init__(self) -> None:
        self.lean = self.alone = False
        self._seconds = LEAN_SECONDS
        self._until = float("-inf")

    def review(self, count: int, estimate: Estimate, now: float) -> None:
        """
        Draw conclusions from the estimate's last review.

        Args:
            count: Voices whose gates are open.
        """
        tried = self.lean and now >= self._until
        if (tried and estimate.fell_at >= self._until) or (estimate.crowded and not self.lean):
            self.lean, self._until = True, now + self._seconds
            self._seconds = min(2 * self._seconds, LONGEST_SECONDS)
        elif tried and now >= self._until + TRIAL_SECONDS and estimate.bits >= ROOM_TO_SPARE * PLAIN * count:
            self.lean = False
        self.alone = now < self._until
