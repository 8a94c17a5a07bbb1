"""When a publisher's packets arrived, for the transport-cc feedback it finds its own rate by."""

from ascona.media import rtcp

_MOST = 512  # numbers covered by one report; a tenth of a second holds some seventy packets
_FORGIVEN = 200  # a gap after the last report is reported as lost up to this size


class Arrivals:
    """
    Transport-wide sequence numbers since the last report.

    Attributes:
        at: When each came, oldest first; `native` notes there, too.
    """

    def __init__(self) -> None:
        self.at: dict[int, float] = {}
        self._last: int | None = None
        self._turn = 0

    def note(self, element: bytes, now: float) -> None:
        """Note a packet by its transport-wide sequence number, two bytes."""
        if len(element) == 2:
            self.at.setdefault(int.from_bytes(element, "big"), now)

    def report(self, ssrc: int, media: int) -> bytes | None:
        """The feedback since the last one; None when nothing came."""
        if not self.at:
            return None
        arrived = self.at.copy()
        self.at.clear()
        reference = next(iter(arrived))
        steps = sorted([((number - reference + 0x8000) & 0xFFFF) - 0x8000 for number in arrived])
        highest = (reference + steps[-1]) & 0xFFFF
        first = (reference + next(step for step in steps if steps[-1] - step < _MOST)) & 0xFFFF
        if self._last is not None and 1 < (first - self._last) & 0xFFFF <= _FORGIVEN:
            first = (self._last + 1) & 0xFFFF
        self._last = highest
        self._turn += 1
        count = (highest - first + 1) & 0xFFFF
        return rtcp.transport_feedback(ssrc, media, first, count, arrived, self._turn)
