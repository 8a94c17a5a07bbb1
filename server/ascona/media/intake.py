"""What has come of one of a publisher's streams: which numbers, how much, and what is kept for whoever misses it."""

from ascona.media.packet import Packet

KEPT = 512
"""Packets of a picture kept for listeners who miss one, some four seconds; numbers known of every stream."""

NEVER = float("-inf")


class Intake:
    """
    The moving half of a `Track`; it may also be kept in C (`native/`), with the same names.

    Attributes:
        highest: The newest sequence number; -1 before the first packet.
        cycles: What is to be added to it for each time that numbers have wrapped around.
        received: Packets since this numbering began.
        octets: Bytes that have come, with so many for the headers of each packet as count.
        heard_at: When the last packet came; `NEVER` before the first.
    """

    __slots__ = ("_headers", "_keeps", "_kept", "_seen", "cycles", "heard_at", "highest", "octets", "received")

    def __init__(self, headers: int, keeps: bool) -> None:
        """
        Args:
            headers: Bytes to count for the headers of each packet.
            keeps: Keep packets, to be repeated.
        """
        self._headers = headers
        self._keeps = keeps
        self.highest = -1
        self.octets = 0
        self.heard_at = NEVER
        self._forget()

    def _forget(self) -> None:
        self.cycles = self.received = 0
        self._seen = [-1] * KEPT
        self._kept: list[Packet | None] = [None] * (KEPT if self._keeps else 0)

    def begin(self, sequence: int) -> None:
        """Begin a new numbering there: an old packet's number may be another's now."""
        self._forget()
        self.highest = sequence

    def has(self, sequence: int) -> bool:
        """Whether the packet of this number has come, if it is one of the last `KEPT`."""
        return self._seen[sequence % KEPT] == sequence

    def take(self, packet: Packet, now: float) -> None:
        """Note a packet, and keep it."""
        place = packet.sequence % KEPT
        self._seen[place] = packet.sequence
        self.received += 1
        self.octets += len(packet.payload) + self._headers
        self.heard_at = now
        if self._keeps:
            self._kept[place] = packet

    def kept(self, sequence: int) -> Packet | None:
        """The packet with this number, if it is still there."""
        packet = self._kept[sequence % KEPT] if self._keeps else None
        return packet if packet is not None and packet.sequence == sequence else None
