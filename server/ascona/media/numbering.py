"""Where one stream stands: what its next packet goes on from."""

from ascona.media.packet import Packet

NEVER = float("-inf")
NONE = -1

BACKWARDS = 0x8000
"""Numbers that are ahead by so many or more are behind (RFC 1982)."""

EARLY_SECONDS = 0.5
"""A timestamp so far ahead of the clock on the wall means that the publisher's clock jumped."""

FORGETTING = 0.999
"""Of lateness with each packet: two clocks drift apart."""


class Numbering:
    """
    The moving half of an `Output`; it may also be kept in C (`native/`), with the same names.

    Attributes:
        waiting: Nothing has passed since the gate opened or the source changed.
        forwarded: Packets sent since the stream began, without repairs.
        octets: Bytes of their payloads.
        sequence, timestamp: Of the newest packet sent.
        picture, base: Its VP8 picture id and TL0PICIDX; `NONE` before the first.
        sent_at: When it was sent; `NEVER` before the first.
        sequence_offset, timestamp_offset, picture_offset, base_offset: From the source's numbers to ours.
        span: How far sequence numbers have come since the gate opened.
        late: Seconds behind the earliest packet.
        late_since: When that became too much; `NEVER` while it is not.
    """

    __slots__ = (
        "_patience",
        "_rate",
        "base",
        "base_offset",
        "forwarded",
        "late",
        "late_since",
        "octets",
        "picture",
        "picture_offset",
        "sent_at",
        "sequence",
        "sequence_offset",
        "span",
        "timestamp",
        "timestamp_offset",
        "waiting",
    )

    def __init__(self, sequence: int, timestamp: int, rate: int, patience: float) -> None:
        """
        The packet before the first: numbering starts anywhere (RFC 3550 section 5.1).

        Args:
            rate: Timestamp units in a second.
            patience: Seconds behind from which on `Output` has to look.
        """
        self._rate = rate
        self._patience = patience
        self.waiting = True
        self.forwarded = self.octets = 0
        self.sequence = sequence
        self.timestamp = timestamp
        self.picture = self.base = NONE
        self.sent_at = self.late_since = NEVER
        self.sequence_offset = self.timestamp_offset = self.picture_offset = self.base_offset = 0
        self.span = 0
        self.late = 0.0

    def move_on(self, packet: Packet, now: float) -> bool:
        """Go on by a packet of the source; False, and nothing has changed, if that takes the rules of `Output`."""
        if self.waiting:
            return False
        sequence = packet.sequence + self.sequence_offset & 0xFFFF
        ahead = sequence - self.sequence & 0xFFFF
        if ahead >= BACKWARDS:
            return False
        timestamp = packet.timestamp + self.timestamp_offset & 0xFFFFFFFF
        if timestamp != self.timestamp:
            step = (timestamp - self.timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
            late = self.late * FORGETTING + (now - self.sent_at) - step / self._rate
            if not -EARLY_SECONDS <= late < self._patience:
                return False
            self.late = late if late > 0.0 else 0.0
            self.late_since = NEVER
            self.timestamp = timestamp
        self.sequence = sequence
        self.span += ahead
        self.sent_at = now
        self.forwarded += 1
        self.octets += len(packet.payload)
        return True
