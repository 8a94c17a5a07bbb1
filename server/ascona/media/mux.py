"""One port for everybody, UDP and TCP: STUN says who is where, and only known addresses are listened to."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import structlog

from ascona.media import checks
from ascona.media.native import open_port
from ascona.media.places import Address
from ascona.media.reading import Reading
from ascona.media.stream import VOICE_BYTES, Stream, Streams

if TYPE_CHECKING:
    from ascona.media.native._port import Line, Port

BUFFER = 4 << 20
"""Bytes asked of the kernel for what has come and not been read; its default holds only some 90 video packets."""

log = structlog.get_logger()

BEHIND_SECONDS = 0.2
"""When more has come than can be read for so long, pictures are passed over until all is read: voices stay fresh. After
a stall, a core that is three quarters busy needs three times as long to catch up, and shorter ones lose nothing."""

_BATCH = 64  # datagrams read in one turn of the loop
_LARGEST_DATAGRAM = 1500
_TRIES = 20  # for a port that is free twice


class Endpoint(Protocol):
    """
    What a connection offers to the port it shares.

    Attributes:
        line: Its way through C; None where there is none.
    """

    line: "Line | None"

    def password(self, name: str) -> str | None:
        """The ICE password that belongs to one of its user name fragments."""

    def checked(self, check: checks.Check, address: Address, now: float) -> None:
        """A valid connectivity check has come from this address."""

    def holds(self, address: Address, now: float) -> bool:
        """Whether it has answered from this address, and not too long ago: then nobody else can be there."""

    def receive_handshake(self, datagram: bytes, address: Address, now: float) -> None:
        """A DTLS datagram from an address of this connection."""

    def receive_media(self, datagram: bytes, address: Address, now: float) -> None:
        """An SRTP or SRTCP datagram from an address of this connection."""


class Asked(NamedTuple):
    """
    What an answer is measured by.

    Args:
        address: Where the question went; an answer from elsewhere is none (RFC 8445 section 7.2.5.2.1).
        password: The peer's.
        answered: Is told.
    """

    address: Address
    password: str
    answered: Callable[[float], None]


class Mux:
    """
    The media port: sorts packets by their first byte (RFC 7983) and their sender.

    Attributes:
        address: Where the port is bound.
        endpoints: Connections by user name fragment.
        places: Connections by an address that is listened to for them; see `claim`.
        asked: Questions of ours by their transactions.
        native: What reads the port and sends packets on in C; None where it was not compiled, or is not wanted.
        clock: Seconds of a clock that only goes forward.
    """

    def __init__(
        self, host: str, port: int, clock: Callable[[], float], counts: Counter[str], native: bool = True
    ) -> None:
        """
        Take the port; inside a running event loop.

        Args:
            native: Read the port and send packets on in C where it was compiled.

        Raises:
            OSError: If the port is taken or the address is not this machine's.
        """
        self._host = host
        self._socket = _bound(host, port, socket.SOCK_DGRAM) if port else _bound_anywhere(host)
        self.address: tuple[Any, ...] = self._socket.getsockname()
        self.sendto: Callable[[memoryview, Any], int] = self._socket.sendto
        self.endpoints: dict[str, Endpoint] = {}
        self.places: dict[Address, Endpoint] = {}
        self.asked: dict[bytes, Asked] = {}
        self.clock = clock
        self._counts = counts
        self._full_since: float | None = None
        self._behind = False
        self.native = open_port(self._socket.fileno(), self, counts) if native else None
        read = self._read if self.native is None else partial(self._read_in_c, self.native)
        self._reading = Reading(asyncio.get_running_loop(), self._socket.fileno(), read, _BATCH, clock)
        self._streams = Streams(self.receive, self.places.__contains__, self._left, clock, counts)

    async def accept_streams(self) -> None:
        """
        Take TCP connections at the same number, too.

        Raises:
            OSError: If another program has that port.
        """
        await self._streams.listen(_bound(self._host, self.address[1], socket.SOCK_STREAM))

    def close(self) -> None:
        """Give the port back."""
        self._streams.close()
        if self.native is not None:
            self.native.close()
        if self._socket.fileno() >= 0:
            self._reading.close()
            self._socket.close()

    def send(self, datagram: bytes | memoryview, address: Address) -> None:
        """Send, or lose: a full buffer is a lost packet, as anywhere on the way."""
        if not isinstance(address, tuple):
            address.send(bytes(datagram))
            return
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            self._counts["unsent"] += 1

    def claim(self, address: Address, endpoint: Endpoint, now: float) -> bool:
        """
        Listen to an address for this connection, whose check or answer has come from there.

        Until there is an answer, the last check counts: one that another connection has sent ahead takes nothing away.

        Returns:
            False where another one has answered from there, and not too long ago.
        """
        holder = self.places.get(address)
        if holder is not None and holder is not endpoint and holder.holds(address, now):
            return False
        self.places[address] = endpoint
        return True

    def _read(self) -> int:
        for came in range(_BATCH):
            try:
                datagram, address = self._socket.recvfrom(_LARGEST_DATAGRAM + 1)
            except OSError:  # most often: nothing left to read
                self._turned(came)
                return came
            self.receive(datagram, address)
        self._turned(_BATCH)
        return _BATCH

    def _read_in_c(self, native: "Port") -> int:
        """What `_read` does. What fails is the only datagram that is lost: the others wait for the next try."""
        for _ in range(_BATCH + 1):
            try:
                came = native.receive(self._behind)
            except Exception as error:
                self._failed(error)
            else:
                self._turned(came)
                return came
        return 0

    def _turned(self, came: int) -> None:
        """A turn has read so many: as much as it may, or all there was."""
        if came < _BATCH:
            self._full_since, self._behind = None, False
        elif self._full_since is None:
            self._full_since = self.clock()
        else:
            self._behind = self.clock() - self._full_since > BEHIND_SECONDS

    def receive(self, datagram: bytes, address: Address) -> None:
        """A datagram has come, by UDP or TCP."""
        try:
            self._sort(datagram, address)
        except Exception as error:  # ours to mend, and nobody else's packets are lost for it
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Said once, counted always."""
        if not self._counts["failed_datagram"]:
            log.error("datagram_failed", exc_info=error)
        self._counts["failed_datagram"] += 1

    def _left(self, stream: Stream) -> None:
        """Nobody is at the end of a connection that has ended."""
        self.places.pop(stream, None)

    def _sort(self, datagram: bytes, address: Address) -> None:
        if not 0 < len(datagram) <= _LARGEST_DATAGRAM:
            self._counts["odd_size"] += 1
            return
        first = datagram[0]
        if first < 4:
            self._read_stun(datagram, address)
            return
        endpoint = self.places.get(address)
        if endpoint is None:
            self._counts["strangers"] += 1
        elif 127 < first < 192 and self._behind and _is_picture(datagram):
            self._counts["pictures_passed_over"] += 1
        elif 127 < first < 192:
            endpoint.receive_media(datagram, address, self.clock())
        elif 19 < first < 64:
            endpoint.receive_handshake(datagram, address, self.clock())
        else:
            self._counts["unknown_protocol"] += 1

    def _read_stun(self, datagram: bytes, address: Address) -> None:
        try:
            if checks.is_request(datagram):
                self._check(datagram, address)
            elif checks.is_answer(datagram):
                self._hear_answer(datagram, address)
            else:
                self._counts["malformed_stun"] += 1
        except ValueError:
            self._counts["malformed_stun"] += 1

    def _check(self, datagram: bytes, address: Address) -> None:
        """Pass on a connectivity check (RFC 8445 section 7.3) that proves to know a password of ours."""
        name = checks.name_in(datagram)
        if name is None:
            self._counts["malformed_stun"] += 1
            return
        endpoint = self.endpoints.get(name)
        password = endpoint.password(name) if endpoint else None
        if endpoint is None or password is None:
            self._counts["unknown_stun"] += 1
            return
        check = checks.read_check(datagram, name, password)
        if check is None:
            self._counts["unproven_stun"] += 1
        else:
            endpoint.checked(check, address, self.clock())

    def _hear_answer(self, datagram: bytes, address: Address) -> None:
        """Pass on that a question was answered, by whom it was for and from where it went."""
        asked = self.asked.get(checks.transaction_of(datagram))
        if asked is None or asked.address != address:
            self._counts["unknown_stun"] += 1
        elif not checks.proves(datagram, asked.password):
            self._counts["unproven_stun"] += 1
        else:
            asked.answered(self.clock())


def _is_picture(datagram: bytes) -> bool:
    """Whether a datagram of media may be a picture's, by what shows before it is decrypted."""
    return len(datagram) > VOICE_BYTES and not 192 <= datagram[1] <= 223


def _bound_anywhere(host: str) -> socket.socket:
    """A free UDP port; of several, one whose number TCP may have as well: other programs' connections take some."""
    for _ in range(_TRIES):
        opened = _bound(host, 0, socket.SOCK_DGRAM)
        try:
            _bound(host, opened.getsockname()[1], socket.SOCK_STREAM).close()
        except OSError:
            opened.close()
        else:
            return opened
    return _bound(host, 0, socket.SOCK_DGRAM)


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family, _, protocol, _, address = socket.getaddrinfo(
        host, port, type=kind, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
    )[0]
    opened = socket.socket(family, kind, protocol)
    try:
        if kind is socket.SOCK_DGRAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        else:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # after a restart, at once
        if family is socket.AF_INET6:
            opened.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0
            )  # `::` is IPv4, too, whatever the machine says
        opened.setblocking(False)
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened
