"""The ways on which packets come in and are sent on, in Python and in C, so that a test can be taken on each."""

import ctypes
import socket
from collections import Counter
from typing import Any

from ascona.media.fanout import FanOut, by_the_rules, fan_out
from ascona.media.handshake import room
from ascona.media.packet import Packet, read_picture
from ascona.media.way import Way

_protects = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))


@_protects
def _plain(keys: int, packet: int, length: Any) -> int:
    """In libsrtp's place: a packet stays as it is."""
    return 0


PLAIN = ctypes.cast(_plain, ctypes.c_void_p).value


@_protects
def _opened(keys: int, packet: int, length: Any) -> int:
    """In libsrtp's place: a packet is plain already, or not genuine."""
    return int(ctypes.string_at(packet, length[0]).endswith(FORGED))


OPENED = ctypes.cast(_opened, ctypes.c_void_p).value
FORGED = b"forged"


class End:
    """Where a listener's packets come out that did not pass through `Output.forward`."""

    line: Any = None
    way: Way | None = None

    def received(self) -> list[bytes]:
        return []


class Inlet:
    """
    Where a publisher's packets come in.

    Attributes:
        publisher: Whose they are; set by whoever made it.
        through_python: How many of them `Publisher.receive` has seen.
    """

    line: Any = None
    publisher: Any

    def __init__(self) -> None:
        self.through_python = 0

    def receive(self, packet: bytes, now: float) -> None:
        """Let a packet come in."""
        self.receive_packet(packet, now)

    def receive_packet(self, packet: bytes, now: float) -> None:
        self.through_python += 1
        self.publisher.receive(packet, now)


class Rules:
    """Every packet through `Publisher.receive`, and for every listener through `Output.forward`."""

    fan_out: FanOut = staticmethod(by_the_rules)

    def inlet(self) -> Inlet:
        return Inlet()

    def end(self) -> End:
        return End()

    def close(self) -> None:
        pass


class Short(End):
    """A listener whose way is aimed."""

    def __init__(self) -> None:
        self._came: list[bytes] = []
        self.way = Way(self._come, Counter())
        self.way.aim(self, ("192.0.2.1", 9))

    def seal(self, end: int) -> memoryview:
        """In libsrtp's place: a packet stays as it is."""
        return memoryview(room)[:end]

    def _come(self, datagram: memoryview, address: Any) -> int:
        self._came.append(bytes(datagram))
        return len(datagram)

    def received(self) -> list[bytes]:
        taken, self._came = self._came, []
        return taken


class Python(Rules):
    """What is usual in few steps."""

    fan_out: FanOut = staticmethod(fan_out)

    def end(self) -> End:
        return Short()


class Socket(End):
    """A listener's own, on loopback."""

    def __init__(self, line: Any) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(("127.0.0.1", 0))
        self.line = line
        line.aim(1, self, self._socket.getsockname())

    def received(self) -> list[bytes]:
        taken = []
        while True:
            try:
                taken.append(self._socket.recv(2048))
            except BlockingIOError:
                return taken

    def close(self) -> None:
        self.line.rest()
        self._socket.close()


class Uplink(Inlet):
    """A publisher's own socket, on loopback."""

    def __init__(self, way: "C") -> None:
        super().__init__()
        self._way = way
        self.taken = True
        self.asked: list[tuple[int, int]] = []  # payload types and sizes
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.line = way.port.line()
        self.line.open(1, self, self)
        way.places[self.socket.getsockname()] = self

    def send(self, packet: bytes) -> None:
        """Lay a packet before the port."""
        self.socket.sendto(packet, self._way.address)

    def receive(self, packet: bytes, now: float) -> None:
        self._way.now = now
        self.send(packet)
        self._way.port.receive(False)

    def within_rate(self, payload_type: int, size: int, now: float) -> bool:
        self.asked.append((payload_type, size))
        return self.taken

    def close(self) -> None:
        self.line.shut()
        self.socket.close()


class C:
    """What is usual in C, unencrypted, over real sockets."""

    def __init__(self, native: Any) -> None:
        """
        Args:
            native: The compiled module.
        """
        self.counts: Counter[str] = Counter()
        self.now = 0.0
        self.left: list[bytes] = []  # datagrams that came, and were not opened
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = self._socket.getsockname()
        self.places: dict[Any, Any] = {}
        self.port = native.open_port(self._socket.fileno(), PLAIN, OPENED, self, self.counts, Packet, read_picture)
        self.fan_out: FanOut = self.port.fan_out
        self._ends: list[Socket | Uplink] = []

    def clock(self) -> float:
        return self.now

    def receive(self, datagram: bytes, address: tuple[Any, ...]) -> None:
        """What `Mux.receive` does with what is not usual, without decrypting it."""
        self.left.append(datagram)
        if address in self.places:
            self.places[address].receive_packet(datagram, self.now)

    def inlet(self) -> Uplink:
        self._ends.append(uplink := Uplink(self))
        return uplink

    def end(self) -> Socket:
        self._ends.append(end := Socket(self.port.line()))
        return end

    def close(self) -> None:
        self.port.close()
        self._socket.close()
        for end in self._ends:
            end.close()


chosen: Rules | C = Python()


def choose(way: Rules | C) -> None:
    """For every listener from now on."""
    global chosen
    chosen = way
