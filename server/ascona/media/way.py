"""The way from the port to one listener, by UDP."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from ascona.media.handshake import Outbound, SrtpError


def _refuse(_end: int) -> memoryview:
    raise SrtpError("nothing may leave")


class Way:
    """
    Sends what lies in `handshake.room`, encrypted there.

    Attributes:
        aimed: Whether anything can leave here; what cannot takes the way of `Output.forward`.
    """

    __slots__ = ("_address", "_counts", "_seal", "_sendto", "aimed")

    def __init__(self, sendto: Callable[[memoryview, Any], int], counts: Counter[str]) -> None:
        """
        Args:
            sendto: The port's.
            counts: Where losses are counted.
        """
        self._sendto = sendto
        self._counts = counts
        self.rest()

    def aim(self, outbound: Outbound, address: tuple[Any, ...]) -> None:
        """Send there from now on."""
        self._seal: Callable[[int], memoryview] = outbound.seal
        self._address: tuple[Any, ...] | None = address
        self.aimed = True

    def rest(self) -> None:
        """Send nothing from now on, and forget the keys."""
        self._seal = _refuse
        self._address = None
        self.aimed = False

    def send(self, end: int) -> None:
        """Encrypt and send so many bytes, or lose them."""
        try:
            self._sendto(self._seal(end), self._address)
        except SrtpError:
            self._counts["not_protected"] += 1
        except OSError:  # a full buffer is a lost packet, as anywhere on the way
            self._counts["unsent"] += 1


NOWHERE = Way(lambda _datagram, _address: 0, Counter())
"""Never aimed."""
