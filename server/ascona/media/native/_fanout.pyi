"""What `fanout.c` offers."""

from collections import Counter
from typing import Any, final

from ascona.media.numbering import Numbering
from ascona.media.output import Output
from ascona.media.packet import Packet, Picture

@final
class Port:
    """Sends through one UDP socket."""

    def fan_out(self, outputs: tuple[Output, ...], packet: Packet, picture: Picture | None, now: float, /) -> None:
        """
        Send a packet on to everybody who may have it.

        Raises:
            ValueError: If a number is out of range, or a picture's are not in its payload.
        """

    def line(self) -> Line:
        """A way to one more listener, not aimed anywhere."""

    def close(self) -> None:
        """Forget the socket, before it is closed."""

@final
class Line:
    """The way to one listener on which packets leave without passing through Python."""

    def aim(self, keys: int, owner: object, address: tuple[Any, ...], /) -> None:
        """
        Send there from now on.

        Args:
            keys: Where libsrtp has them in memory,
            owner: as long as this object lives.
            address: As the `socket` module gives it.

        Raises:
            ValueError: If the host is not a numeric address.
        """

    def rest(self) -> None:
        """Send nothing: all packets take the way through Python."""

    def numbering(
        self,
        ssrc: int,
        payload_type: int,
        element: int,
        rate: float,
        patience: float,
        sequence: int,
        timestamp: int,
        /,
    ) -> Numbering:
        """
        The numbering of a stream that takes this way; no Python object, but with the same attributes.

        Args:
            element: The four bytes of its abs-send-time element, the time being 0; 0 for none.
            rate: RTP timestamp units in a second.
            patience: Seconds a stream may be late.
        """

def open_port(descriptor: int, protect: int, counts: Counter[str], /) -> Port:
    """
    Args:
        protect: Where libsrtp's `srtp_protect` is in memory.
    """
