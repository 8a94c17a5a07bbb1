"""Who is told what comes in over a transport."""

from typing import Protocol


class Receiver(Protocol):
    """Who is told what comes in."""

    def within_rate(self, payload_type: int, size: int, now: float) -> bool:
        """Whether one more packet of so many bytes is taken, of all that are genuine."""

    def receive_packet(self, packet: bytes, now: float) -> None:
        """An RTP packet that was decrypted."""

    def changed(self) -> None:
        """`sending` has changed: the line has come up, or gone down."""

    def receive_media(self, datagram: bytes, now: float) -> None:
        """Something that may be SRTP or SRTCP has come."""


class Nobody:
    """Who is told once a transport has been closed: it and its connection would keep each other alive."""

    def within_rate(self, payload_type: int, size: int, now: float) -> bool:
        return False

    def receive_packet(self, packet: bytes, now: float) -> None:
        pass

    def changed(self) -> None:
        pass

    def receive_media(self, datagram: bytes, now: float) -> None:
        pass
