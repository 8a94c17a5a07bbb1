"""What it costs to send one packet on: the server's own objects, beside the bare calls that no server can do without.

    .venv/bin/python -m tests.load.forwarding [--listeners 9] [--bytes 1000] [--rounds 100] [--json]

In Python, and in C where that was compiled.

One publisher's picture goes to so many listeners: real keys, real UDP on loopback, a socket for each listener, and
every packet counted there. All figures are processor time of this one process. The rounds of what is compared take
turns, and each figure is that of its quickest tenth of rounds, least disturbed by what else the machine does; read the
ratios rather than the microseconds.
"""

import argparse
import asyncio
import itertools
import json
import os
import socket
import statistics
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aioice import stun
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from ascona.core.media_plan import Kind
from ascona.media.answer import Sources
from ascona.media.checks import Check, is_answer, is_request
from ascona.media.connection import TURN_SECONDS, Connection
from ascona.media.handshake import Identity
from ascona.media.mux import Mux
from ascona.media.offer import read_offer
from ascona.media.packet import HEADER
from tests.support.streams import VIDEO_TYPE, datagram, vp8
from tests.unit.media.test_handshake import SRTP_PROFILES, Peer
from tests.unit.media.test_offer import CHROMIUM

IN_A_ROUND = 32  # packets in; more would not fit the kernel's default buffers
SETTLING = 5  # rounds before the first that counts
APART = 0.02  # seconds from one packet to the next on the server's clock, however fast they come here
SSRC = 7
PATIENCE = 10.0

SENDTO = "sendto"
PLAIN = "pylibsrtp's protect, sendto"
BARE = "libsrtp in place, sendto"
IN_PYTHON = "a packet out, its arrival included"
IN_C = "the same, sent on in C"
ARRIVING = "a packet in, every gate shut"
TURNS = "a silent person's second"
STRANGERS = "a stranger's check"


class Person:
    """A browser's end of a connection: a socket, keys, and nothing that decodes."""

    def __init__(self, mux: Mux, identity: Identity, counts: Counter[str]) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind(("127.0.0.1", 0))
        self.address = self.socket.getsockname()
        self._mux = mux
        self._server = mux.address
        self._peer = Peer()
        self.arrived: Counter[Kind] = Counter()
        self.connection = Connection(
            offer=replace(read_offer(CHROMIUM, 2), fingerprint=self._peer.fingerprint),
            slots=[Sources(10, 11, 12), Sources(20, 21, 22)],
            ssrc=5,
            arrived=self.arrived,
            mux=mux,
            identity=identity,
            changed=lambda: None,
            began=0.0,
            epoch=0.0,
            bits=lambda length: 100,
            token=lambda length: os.urandom(length // 2).hex(),
            counts=counts,
        )

    async def connect(self) -> None:
        """Agree on keys, over the sockets."""
        self.consent(0.0)
        async with asyncio.timeout(PATIENCE):
            while not self.connection.up:
                self._peer.step()
                if flight := self._peer.take():
                    self.send(flight)
                await asyncio.sleep(0.001)
                for answer in self.received():
                    if 19 < answer[0] < 64:  # of the handshake
                        self._peer.tls.bio_write(answer)

    def consent(self, now: float) -> None:
        """Be seen to be there."""
        transport = self.connection.transport
        check = Check(transport.credentials.name, os.urandom(12), nominated=True, size=100)
        transport.checked(check, self.address, now)
        for asked in [one for one in self._mux.asked.values() if one.address == self.address]:
            asked.answered(now)

    def send(self, packet: bytes) -> None:
        """Lay a packet before the server's port."""
        self.socket.sendto(packet, self._server)

    def received(self) -> list[bytes]:
        """Take what has come."""
        taken = []
        while True:
            try:
                taken.append(self.socket.recv(2048))
            except BlockingIOError:
                return taken

    def outbound(self) -> Session:
        """The keys this person sends with."""
        profile = SRTP_PROFILES[0]
        length = 2 * (profile.key_length + profile.salt_length)
        material = self._peer.tls.export_keying_material(b"EXTRACTOR-dtls_srtp", length)
        return session(profile.get_key_and_salt(material, 0))


def session(key: bytes) -> Session:
    policy = Policy(key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=SRTP_PROFILES[0].libsrtp_profile)
    policy.allow_repeat_tx = True
    return Session(policy)


class Camera:
    """Encrypted packets as Chromium sends them: two to a frame, with all the header extensions of the uplink."""

    def __init__(self, keys: Session, size: int) -> None:
        self._keys = keys
        self._filling = bytes(size - len(vp8(0)))
        self._numbers = itertools.count()

    def round(self) -> list[bytes]:
        """The next packets; a key frame comes first."""
        return [self._packet(number) for number in itertools.islice(self._numbers, IN_A_ROUND)]

    def _packet(self, number: int) -> bytes:
        frame, second_half = divmod(number, 2)
        elements = b"\x22abc" + b"\x31" + (number & 0xFFFF).to_bytes(2, "big") + b"\x401" + b"\xa0h"
        payload = vp8(frame, frame, key=number % IN_A_ROUND == 0, starts=not second_half) + self._filling
        stamp = frame * int(2 * APART * 90_000)
        return self._keys.protect(datagram(0x80 * second_half | VIDEO_TYPE, number, stamp, SSRC, payload, elements))


class Bare:
    """As many packets of the same size to the same people, without a server."""

    def __init__(self, people: list[Person], size: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._payload = bytes(size + 8)  # with the downlink's header extension
        self._encrypted = bytes(len(self._payload) + HEADER.size + 16)
        self._ends = [(session(os.urandom(44)), person.address) for person in people]
        self._numbers = itertools.count()

    async def sendto(self) -> None:
        sendto, datagram = self._socket.sendto, self._encrypted
        for _ in range(IN_A_ROUND):
            for _, address in self._ends:
                sendto(datagram, address)

    async def plain(self) -> None:
        sendto, payload, ends = self._socket.sendto, self._payload, self._ends
        for number in itertools.islice(self._numbers, IN_A_ROUND):
            for keys, address in ends:
                sendto(keys.protect(HEADER.pack(0x80, VIDEO_TYPE, number & 0xFFFF, number, SSRC) + payload), address)

    async def in_place(self) -> None:
        sendto, payload, protect = self._socket.sendto, self._payload, lib.srtp_protect
        end = HEADER.size + len(payload)
        room, length = ffi.new("char[]", 1500), ffi.new("int *")
        buffer, view = ffi.buffer(room), memoryview(ffi.buffer(room))
        ends = [(keys._srtp[0], address) for keys, address in self._ends]
        for number in itertools.islice(self._numbers, IN_A_ROUND):
            for keys, address in ends:
                HEADER.pack_into(buffer, 0, 0x80, VIDEO_TYPE, number & 0xFFFF, number, SSRC)
                buffer[HEADER.size : end] = payload
                length[0] = end
                protect(keys, room, length)
                sendto(view[: length[0]], address)

    def close(self) -> None:
        self._socket.close()


class Bench:
    """A publisher, their listeners and the port between them, on a clock by which packets come at their usual pace."""

    def __init__(self, listeners: int, native: bool) -> None:
        self._clock = itertools.count(0.0, APART).__next__
        self._counts = counts = Counter[str]()
        self._mux = Mux("127.0.0.1", 0, self._clock, counts, native)
        self.native = self._mux.native is not None
        identity = Identity()
        self.publisher, *self.listeners = (Person(self._mux, identity, counts) for _ in range(1 + listeners))
        self.outputs = [person.connection.outputs[0, Kind.VIDEO] for person in self.listeners]

    async def connect(self) -> None:
        for person in (self.publisher, *self.listeners):
            await person.connect()

    def consent(self) -> None:
        for person in (self.publisher, *self.listeners):
            person.consent(self._clock())

    def open(self) -> None:
        for output in self.outputs:
            self.publisher.connection.publisher.admit(output, self._clock())

    def shut(self) -> None:
        for output in self.outputs:
            self.publisher.connection.publisher.dismiss(output)

    async def work(self) -> None:
        """Let the server deal with a round that lies before its port."""
        arrived = self.publisher.arrived
        due = arrived[Kind.VIDEO] + IN_A_ROUND
        async with asyncio.timeout(PATIENCE):
            while arrived[Kind.VIDEO] < due:
                await asyncio.sleep(0)

    def knock(self) -> None:
        """Lay strangers' checks before the port, as long as a browser's."""
        attributes = {"USERNAME": "stranger:them", "PRIORITY": 1, "ICE-CONTROLLING": 1, "USE-CANDIDATE": None}
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        request.add_message_integrity(b"whatever they say")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(IN_A_ROUND):
                stranger.sendto(bytes(request), self._mux.address)

    async def turn_away(self) -> None:
        """Let the server deal with them."""
        due = self._counts["unknown_stun"] + IN_A_ROUND
        async with asyncio.timeout(PATIENCE):
            while self._counts["unknown_stun"] < due:
                await asyncio.sleep(0)

    async def tick(self) -> None:
        """A second's turns of the clock, for everybody."""
        now = self._clock()
        for turn in range(round(1 / TURN_SECONDS)):
            for person in (self.publisher, *self.listeners):
                person.connection.tick(now + turn * TURN_SECONDS, turn)

    def received(self) -> int:
        """Take what has come, and empty what was noted for reports; how many packets of pictures it was."""
        self.publisher.connection.publisher.feed_back()
        self.publisher.received()
        return sum(_is_packet(one) for person in self.listeners for one in person.received())

    def close(self) -> None:
        for person in (self.publisher, *self.listeners):
            person.connection.close()
            person.socket.close()
        self._mux.close()


async def connected(listeners: int) -> dict[str, Bench]:
    """Both ways of sending on, as far as they are there."""
    benches = {IN_PYTHON: Bench(listeners, False), IN_C: Bench(listeners, True)}
    if not benches[IN_C].native:
        benches.pop(IN_C).close()
    for bench in benches.values():
        await bench.connect()
        bench.received()
    return benches


async def measure(listeners: int, size: int, rounds: int) -> dict[str, Any]:
    benches = await connected(listeners)
    cameras = {name: Camera(bench.publisher.outbound(), size) for name, bench in benches.items()}
    bench = benches[IN_PYTHON]
    bare = Bare(bench.listeners, size)
    took: dict[str, list[float]] = {}

    async def time_one(name: str, run: Callable[[], Awaitable[None]], at: Bench, parts: int, leaving: int) -> None:
        began = time.thread_time()
        await run()
        took.setdefault(name, []).append((time.thread_time() - began) / parts * 1e6)
        assert at.received() == leaving, f"{name}: packets were lost, and the figure would be wrong"

    async def time_round(name: str, at: Bench, camera: Camera, parts: int, leaving: int) -> None:
        at.received()
        for packet in camera.round():
            at.publisher.send(packet)
        await time_one(name, at.work, at, parts, leaving)

    out = IN_A_ROUND * listeners
    for _ in range(SETTLING + rounds):
        for name, run in ((SENDTO, bare.sendto), (PLAIN, bare.plain), (BARE, bare.in_place)):
            await time_one(name, run, bench, out, out)
        for name, each in benches.items():
            each.consent()
            if each is bench:
                each.shut()
                await time_round(ARRIVING, each, cameras[name], IN_A_ROUND, 0)
            each.shut()
            each.open()
            await time_round(name, each, cameras[name], out, out)
        await time_one(TURNS, bench.tick, bench, 1 + listeners, 0)
        at_port = benches.get(IN_C, bench)
        at_port.knock()
        await time_one(STRANGERS, at_port.turn_away, at_port, IN_A_ROUND, 0)
    bare.close()
    for each in benches.values():
        each.close()
    return {
        "listeners": listeners,
        "bytes": size,
        "load": round(os.getloadavg()[0], 1),
        "microseconds": {
            name: round(statistics.quantiles(every[SETTLING:], n=10)[0], 2) for name, every in took.items()
        },
    }


def _is_packet(datagram: bytes) -> bool:
    """Whether it is neither a report nor a check."""
    return not (192 <= datagram[1] <= 223 or is_request(datagram) or is_answer(datagram))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=9)
    parser.add_argument("--bytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = asyncio.run(measure(given.listeners, given.bytes, given.rounds))
    if given.json:
        print(json.dumps(result))
        return
    print(f"1 sender, {result['listeners']} listeners, {result['bytes']} bytes; load of the machine {result['load']}")
    figures = result["microseconds"]
    for name, figure in figures.items():
        compared = f"{figure / figures[SENDTO]:8.2f} x {SENDTO}" if name not in (ARRIVING, TURNS) else ""
        print(f"{name:36}{figure:8.2f} µs{compared}")


if __name__ == "__main__":
    main()
