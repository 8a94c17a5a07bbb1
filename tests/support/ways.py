"""The two ways on which packets are sent on, in Python and in C, so that a test can be taken on both."""

import ctypes
import socket
from collections import Counter
from typing import Any

from ascona.media.output import FanOut, fan_out

_protects = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))


@_protects
def _plain(keys: int, packet: int, length: Any) -> int:
    """In libsrtp's place: a packet stays as it is."""
    return 0


PLAIN = ctypes.cast(_plain, ctypes.c_void_p).value


class End:
    """Where a listener's packets come out that did not pass through Python."""

    line: Any = None

    def received(self) -> list[bytes]:
        return []


class Python:
    """Every packet for every listener by `Output.forward`."""

    fan_out: FanOut = staticmethod(fan_out)

    def end(self) -> End:
        return End()

    def close(self) -> None:
        pass


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


class C:
    """What is usual in C, unencrypted, over real sockets."""

    def __init__(self, native: Any) -> None:
        """
        Args:
            native: The compiled module.
        """
        self.counts: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = native.open_port(self._socket.fileno(), PLAIN, self.counts)
        self.fan_out: FanOut = self.port.fan_out
        self._ends: list[Socket] = []

    def end(self) -> Socket:
        self._ends.append(Socket(self.port.line()))
        return self._ends[-1]

    def close(self) -> None:
        self.port.close()
        self._socket.close()
        for end in self._ends:
            end.close()


chosen: Python | C = Python()


def choose(way: Python | C) -> None:
    """For every listener from now on."""
    global chosen
    chosen = way
