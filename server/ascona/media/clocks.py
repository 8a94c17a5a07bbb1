"""A publisher's clock, seen from ours: every stream of theirs is put on the same translation, so that lips match."""

_JUMP_SECONDS = 2.0  # a report that is further off comes from a clock that was set
_FOLLOWING = 0.001  # seconds a second: more than two machines' crystals drift apart, less than anybody notices


class PeerClock:
    """
    Translates the NTP time of sender reports (RFC 3550 section 6.4.1) into seconds of our own clock.

    Where exactly the translation puts a moment matters little, as long as it puts a voice and its picture there
    together. So it hardly follows the single report, which may have been long under way.
    """

    __slots__ = ("_noted_at", "_offset")

    def __init__(self) -> None:
        self._offset: float | None = None
        self._noted_at = 0.0

    def note(self, ntp: int, now: float) -> None:
        """Take in a report of this NTP timestamp (64 bits) that has come now."""
        offset = now - ntp / (1 << 32)
        if self._offset is None or abs(offset - self._offset) > _JUMP_SECONDS:
            self._offset = offset
        else:
            most = _FOLLOWING * (now - self._noted_at)
            self._offset += max(-most, min(most, offset - self._offset))
        self._noted_at = now

    def ours(self, ntp: int) -> float | None:
        """When that was, by our clock; None before the first report."""
        return None if self._offset is None else ntp / (1 << 32) + self._offset
