"""Where one stream stands: what its next packet goes on from."""

NEVER = float("-inf")
NONE = -1


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

    def __init__(self, sequence: int, timestamp: int) -> None:
        """The packet before the first: numbering starts anywhere (RFC 3550 section 5.1)."""
        self.waiting = True
        self.forwarded = self.octets = 0
        self.sequence = sequence
        self.timestamp = timestamp
        self.picture = self.base = NONE
        self.sent_at = self.late_since = NEVER
        self.sequence_offset = self.timestamp_offset = self.picture_offset = self.base_offset = 0
        self.span = 0
        self.late = 0.0
