"""
The C that reads the port and sends packets on, under the address and undefined behaviour sanitizers, with whatever may
be laid before it.

    .venv/bin/python -m tests.fuzz.native [--seconds 600] [--seed 1]

It is compiled anew for this, with gcc and its libasan. What is found ends the run with a report and a status that is
not 0; the seed repeats it.
"""

import argparse
import contextlib
import ctypes
import importlib.util
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from ascona import assets
from ascona.media.numbering import Numbering
from ascona.media.packet import Malformed, Packet, Picture, read_packet, read_picture
from tests.support.streams import datagram, vp8

SOURCE = assets.PACKAGE / "media" / "native" / "port.c"
SCRIPT = Path(__file__).parents[2] / "deploy" / "compile.py"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g", "-O1")
LARGEST, TRAILER, ROOM = 1356, 144, 1500
LEAST, LARGEST_DATAGRAM = 12, 1500
EDGES = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 1 << 16, (1 << 32) - 1, (1 << 63) - 1, 1 << 64]
EDGES += [-1, -(1 << 31), -(1 << 63)]
MOMENTS = [math.nan, math.inf, -math.inf, 1e300, -1e11, 0.0, 5, None, "noon"]

encrypted: Counter[str] = Counter()
lots = random.Random()  # noqa: S311 - not for keys


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))
def protect(keys: int, packet: int, length: Any) -> int:
    """In libsrtp's place: it may write a trailer, refuse, or say nonsense."""
    encrypted["packets"] += 1
    if not 12 <= length[0] <= LARGEST:
        os.abort()  # its trailer would not fit
    trailer = lots.choice([0, 16, TRAILER])
    ctypes.memset(packet + length[0], 0xAA, trailer)
    length[0] = lots.choice([-1, -(1 << 31), ROOM + 1, (1 << 31) - 1]) if lots.random() < 0.01 else length[0] + trailer
    return int(lots.random() < 0.02)


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int))
def unprotect(keys: int, packet: int, length: Any) -> int:
    """In libsrtp's place: it may take a trailer off, refuse, or say nonsense."""
    encrypted["opened"] += 1
    if lots.random() < 0.01:
        length[0] = lots.choice([-1, 0, 11, -(1 << 31), ROOM + 1, (1 << 31) - 1])
    return int(lots.random() < 0.02)


def number(most: int) -> Any:
    """Mostly one that is in range."""
    if lots.random() < 0.97:
        return lots.randint(0, most)
    return lots.choice([*EDGES, None, "one", 1.5])


class Output:
    """What a gate may hold, and worse."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.numbering: Any = world.numbering()

    def forward(self, packet: Packet, picture: object, now: float) -> None:
        chance = lots.random()
        if chance < 0.9:
            self._anchor(packet, now)
        elif chance < 0.96:
            self._world.change()
        elif chance < 0.98:
            self._world.send()
        elif chance < 0.985:
            raise ZeroDivisionError

    def _anchor(self, packet: Packet, now: float) -> None:
        """Go on from this packet, as a real output does."""
        at = self.numbering
        if hasattr(at, "waiting"):
            at.waiting, at.sent_at, at.late = False, now, 0.0
            at.sequence, at.timestamp = packet.sequence + at.sequence_offset & 0xFFFF, packet.timestamp
            at.timestamp_offset = 0


class Place:
    """Who is at an address."""

    def __init__(self, line: Any) -> None:
        self.line = line if lots.random() < 0.98 else lots.choice([None, 5])


class Track:
    """What a line may be bound to, and worse."""

    def __init__(self, world: "World", line: Any) -> None:
        self.ssrc: Any = number(3)
        self.kind: Any = lots.choice(["audio", "video", []])
        self.intake: Any = line.intake(65, lots.choice([True, False])) if lots.random() < 0.98 else None
        self.outputs: Any = tuple(world.outputs) if lots.random() < 0.98 else lots.choice([None, [], ("x",)])


class World:
    """Ports, lines and outputs that come and go in any order, and what comes and is sent on meanwhile."""

    def __init__(self, native: Any) -> None:
        self._native = native
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._end.bind(("127.0.0.1", 0))
        self._now = 0.0
        self._sequence = self._heard = 0
        self._deep = 0
        self._at = self._socket.getsockname()
        self._functions = [ctypes.cast(one, ctypes.c_void_p).value for one in (protect, unprotect)]
        self.places: dict[Any, Any] = {}
        self.tracks: list[Track] = []
        self.port = self.opened()
        self.outputs: list[Output] = []
        self.lines = [self.line()]
        self.outputs.append(Output(self))

    def opened(self) -> Any:
        return self._native.open_port(self._socket.fileno(), *self._functions, self, Counter(), Packet, read_picture)

    def line(self) -> Any:
        line = self.port.line()
        if lots.random() < 0.9:
            line.aim(1, object(), self._end.getsockname())
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            self.come(line)
        return line

    def come(self, line: Any) -> None:
        """Have what comes from the one address there is come to this line."""
        line.open(1, object(), self)
        line.note(3, {}, Counter() if lots.random() < 0.98 else lots.choice([None, 5]))
        self.bind(line)
        self.places[self._end.getsockname()] = Place(line)

    def bind(self, line: Any) -> None:
        self.tracks = [*self.tracks[-5:], Track(self, line)]
        line.bind(self.tracks[-1], lots.choice([96, 96, 111, 5]))

    # --- what a port and a line ask ---

    def clock(self) -> Any:
        self._disturb()
        return self._now if lots.random() < 0.98 else lots.choice(MOMENTS)

    def receive(self, datagram: bytes, address: Any) -> None:
        self._disturb()

    def within_rate(self, payload_type: int, size: int, now: float) -> Any:
        assert LEAST <= size <= LARGEST_DATAGRAM
        self._disturb()
        return lots.random() < 0.98

    def receive_packet(self, packet: bytes, now: float) -> None:
        """Go on from this packet, as a real track does."""
        self._disturb()
        try:
            read, _ = read_packet(packet)
        except Malformed:
            return
        for track in self.tracks:
            if track.ssrc == read.ssrc and hasattr(track.intake, "take"):
                track.intake.begin(read.sequence)
                track.intake.take(read, now)
                track.intake.kept(number(0xFFFF))
                track.outputs = tuple(self.outputs)

    def _disturb(self) -> None:
        if lots.random() < 0.02 and self._deep < 3:
            self._deep += 1
            try:
                lots.choice([self.change, self.turn, self.send, self.hear])()
            finally:
                self._deep -= 1

    def hear(self) -> None:
        """Some datagrams come, most of them as browsers send them."""
        for _ in range(lots.choice([1, 1, 3, 70])):
            self._heard = (self._heard + lots.choice([1, 1, 1, 1, 1, 1, 0, 2, 300])) & 0xFFFF
            element = lots.choice([b"\x31\x01\x02", b"\xa0h\x31\x01\x02", b"", lots.randbytes(9)])
            payload = lots.choice([vp8(5), vp8(5), vp8(5, key=True), lots.randbytes(lots.randrange(30)), bytes(1400)])
            packet = bytearray(datagram(96, self._heard, self._heard * 9, lots.randrange(4), payload, element))
            while lots.random() < 0.2:
                packet[lots.randrange(min(40, len(packet)))] = lots.randrange(256)
            self._end.sendto(lots.choice([packet, packet, packet, packet[: lots.randrange(60)]]), self._at)
        self._now += 0.01
        self.port.receive(lots.random() < 0.1)

    def numbering(self) -> Any:
        if lots.random() < 0.02:
            return lots.choice([None, Numbering(1, 2, 90_000, 5.0), self.lines[0], self.port])
        element = lots.choice([0, 3 << 28 | 2 << 24])
        rate, patience = (90_000, 5.0) if lots.random() < 0.9 else lots.choice([(48_000, 0.5), (0, math.nan)])
        return lots.choice(self.lines).numbering(7, 96, element, rate, patience, 5, 6)

    def change(self) -> None:
        """One of the things that happen between two packets."""
        line, output = lots.choice(self.lines), lots.choice(self.outputs)
        match lots.randrange(9):
            case 0:
                line.rest()
            case 1 | 2:
                host = lots.choice(["127.0.0.1", "127.0.0.1", "::1", "nowhere", ""])
                line.aim(1, object(), lots.choice([self._end.getsockname(), (host, 9), (host, 9, 0, 0), (), ("x",)]))
            case 3:
                self.lines.append(self.line())
            case 4:
                self.outputs.append(Output(self))
            case 5 if len(self.lines) > 30:
                self.lines = self.lines[lots.randrange(1, 29) :]
            case 6 if len(self.outputs) > 30:
                self.outputs = self.outputs[lots.randrange(1, 29) :]
            case 7 if lots.random() < 0.05:
                self.port.close()
                self.port = self.opened()
            case 8 if not isinstance(output.numbering, Numbering):
                name = lots.choice([name for name in Numbering.__slots__ if not name.startswith("_")])
                setattr(output.numbering, name, lots.choice([*EDGES, *MOMENTS, True, lots.randint(0, 1 << 15)]))

    def turn(self) -> None:
        """One of the things that happen to whoever sends."""
        line = lots.choice(self.lines)
        assert line.heard() in (None, self._end.getsockname())
        match lots.randrange(5):
            case 0 if lots.random() < 0.2:
                line.shut()
            case 1 | 2:
                self.come(line)
            case 3:
                line.unbind(number(3))
            case 4 if self.tracks:
                track = lots.choice(self.tracks)
                track.outputs = tuple(self.outputs)
                name = lots.choice(["highest", "cycles", "received", "octets", "heard_at"])
                if track.intake is not None and lots.random() < 0.1:
                    setattr(track.intake, name, lots.choice([*EDGES, *MOMENTS, True]))

    def send(self) -> None:
        """One packet for whoever is there."""
        if self._deep > 3:
            return
        self._deep += 1
        payload: Any = lots.randbytes(lots.choice([0, 1, 2, 3, 5, 30, 1000, 1336, 1337, 1344, 1345, 1500, 3000]))
        packet = Packet(lots.choice([0, 0x80]), 96, number(0xFFFF), number((1 << 32) - 1), 7, payload)
        if lots.random() < 0.01:
            packet.payload = lots.choice([None, "text", bytearray(9)])
        most = lots.choice([0x7FFF, 0x7FFF, 0x7F, number(0xFFFF)])
        picture = Picture(True, True, b"", lots.choice([None, number(0x7FFF)]), most, lots.choice([None, number(0xFF)]))
        self._now += lots.uniform(0, 0.1)
        if lots.random() < 0.95:
            self._sequence = (self._sequence + lots.choice([0, 1, 1, 1, 2, 300, 0xFFFF])) & 0xFFFF
            packet.sequence, packet.timestamp = self._sequence, int(self._now * 90_000) & 0xFFFFFFFF
        now = self._now if lots.random() < 0.98 else lots.choice(MOMENTS)
        try:
            self.port.fan_out(tuple(self.outputs), packet, lots.choice([None, picture]), now)
        finally:
            self._deep -= 1


def attack(library: str, seconds: float, seed: int) -> None:
    """In the process that has the sanitizers."""
    specification = importlib.util.spec_from_file_location("_port", library)
    assert specification is not None
    assert specification.loader is not None
    native = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(native)
    lots.seed(seed)
    warnings.simplefilter("ignore", RuntimeWarning)  # a number that does not fit is cut to size, and said so
    outcomes: Counter[str] = Counter()
    world = World(native)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if lots.random() < 0.0005:
            world = World(native)
        for act in (world.change, world.send, world.turn, world.hear, world.send, world.hear):
            try:
                act()
            except (ValueError, TypeError, OverflowError, AttributeError, ZeroDivisionError, RuntimeError) as error:
                outcomes[type(error).__name__] += 1
            else:
                outcomes["done"] += 1
    print(dict(outcomes | encrypted))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--library", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.library:
        attack(given.library, given.seconds, given.seed)
        return 0
    specification = importlib.util.spec_from_file_location("compile", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    compile_py = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(compile_py)
    runtime = subprocess.run(["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "_port.abi3.so")
        assert compile_py.compile_to(library, SOURCE, *SANITIZERS), "gcc does not compile it"
        options = {"LD_PRELOAD": runtime.strip(), "PYTHONMALLOC": "malloc", "ASAN_OPTIONS": "detect_leaks=0"}
        command = [sys.executable, "-m", "tests.fuzz.native", "--library", library, *sys.argv[1:]]
        return subprocess.run(command, env=os.environ | options, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
