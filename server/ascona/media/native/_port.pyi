"""What `port.c` offers."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, final

from ascona.core.media_plan import Kind
from ascona.media.intake import Intake
from ascona.media.numbering import Numbering
from ascona.media.output import Output
from ascona.media.packet import Packet, Picture
from ascona.media.track import Track

class Sorter(Protocol):
    """Knows who is where, and takes what is not usual; read once, when the port is opened."""

    @property
    def places(self) -> dict[Any, Any]:
        """By address as the `socket` module gives it: something with a `line`, which may be None."""

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds of a clock that only goes forward."""

    def receive(self, datagram: bytes, address: tuple[Any, ...], /) -> None:
        """A datagram as it came."""

class Receiver(Protocol):
    """What a line asks while it is open."""

    def within_rate(self, payload_type: int, size: int, now: float, /) -> bool:
        """Whether one more genuine packet of so many bytes is taken."""

    def receive_packet(self, packet: bytes, now: float, /) -> None:
        """A packet that was decrypted, and is not usual."""

@final
class Port:
    """Reads one UDP socket, and sends through it."""

    def receive(self, behind: bool, /) -> int:
        """
        Deal with what has come, as far as one call to the kernel brings it: so many datagrams, 64 at most.

        Any error of what it calls passes through; the datagrams behind it wait for the next call.

        Args:
            behind: Pass over what may be pictures.
        """

    def fan_out(self, outputs: tuple[Output, ...], packet: Packet, picture: Picture | None, now: float, /) -> None:
        """
        Send a packet on to everybody who may have it.

        Raises:
            ValueError: If a number is out of range, or a picture's are not in its payload.
        """

    def line(self) -> Line:
        """A way from and to one more person, not aimed anywhere, and shut."""

    def close(self) -> None:
        """Forget the socket, before it is closed."""

@final
class Line:
    """The way from and to one person on which packets do not pass through Python."""

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

    def open(self, keys: int, owner: object, receiver: Receiver, /) -> None:
        """
        Decrypt the packets of the streams that are bound, from now on.

        Args:
            keys: Where libsrtp has them in memory,
            owner: as long as this object lives.
        """

    def heard(self) -> tuple[Any, ...] | None:
        """Where the last genuine packet came from that was decrypted here, as the `socket` module gives it."""

    def shut(self) -> None:
        """Decrypt nothing any more, and forget everything that was bound, noted or asked."""

    def note(self, transport_wide: int, arrivals: dict[int, float], arrived: Counter[Kind], /) -> None:
        """
        Keep account of packets.

        Args:
            transport_wide: Id of the header extension with their numbers for transport-cc; 0 for none.
            arrivals: When each of these numbers came.
            arrived: How many packets came.
        """

    def intake(self, headers: int, keeps: bool, /) -> Intake:
        """The intake of a stream that comes this way; no Python object, but with the same attributes and methods."""

    def bind(self, track: Track, payload_type: int, /) -> None:
        """
        Deal with the usual packets of this track, which has an intake from here.

        Raises:
            ValueError: If it has not, or so many are bound that this cannot be one person.
        """

    def unbind(self, ssrc: int, /) -> None:
        """Deal with no packet of this stream any more."""

def open_port(
    descriptor: int,
    protect: int,
    unprotect: int,
    sorter: Sorter,
    counts: Counter[str],
    packet: type[Packet],
    read_picture: Callable[[bytes], Picture],
    /,
) -> Port:
    """
    Args:
        protect, unprotect: Where libsrtp's `srtp_protect` and `srtp_unprotect` are in memory.
        packet, read_picture: Make what Python is given.
    """
