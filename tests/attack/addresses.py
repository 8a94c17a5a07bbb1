"""
What somebody can do with an address that is not theirs: packets in another's name, checks overheard and sent again.

Run it with `.venv/bin/python -m tests.attack.addresses [ATTACK ...] [--seconds 3] [--python]`. It starts itself again
in a network of its own, where source addresses may be forged and nothing can leave, and prints JSON, a line an attack:

- `bystander`: bytes that came in the bystander's name, and bytes that the bystander got for them;
- `hears`, `is_heard`: of Ben's voice at Ada's and of Ada's at Ben's, packets that were lost, and all that were sent;
- `answered`: Ada's own checks that were answered while it lasted, and all of them.

Ada sits behind a router in which a stranger listens. Ben is in her room, Mallory too, and Oda in another one.
"""

import argparse
import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aioice

from ascona.core.media_plan import Kind
from ascona.media.switchboard import Switchboard
from tests.network.ground import alone, run
from tests.support.media import ROOM, Client, check, loopback_addresses, people, plan, until
from tests.support.nat import Nat, Side, is_check, nat

ANOTHER_ROOM = "another room"
BYSTANDER, STRANGER = "10.66.0.1", "10.66.0.2"
"""Somebody who has nothing to do with any of it; somebody who overhears."""

SETTLING = 15  # packets of a voice
OWN_CHECKS = 10  # a second
PATIENCE = 5.0  # seconds
BEGINNING = 0.5  # seconds of an attack before Ada moves
STRANGERS_PORTS = 5
QUICK_PORT = 6000

Datagram = bytes
Where = tuple[str, int]


class Forger:
    """Sends UDP from whatever address it likes; needs a network where it is root."""

    def __init__(self, server: Where) -> None:
        self._server = server
        self._raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._raw.setblocking(False)
        self.sent: dict[Where, int] = {}

    def send(self, datagram: Datagram, source: Where) -> None:
        """In somebody's name."""
        length = 8 + len(datagram)
        addresses = socket.inet_aton(source[0]) + socket.inet_aton(self._server[0])
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, socket.IPPROTO_UDP, 0) + addresses
        udp = struct.pack("!HHHH", source[1], self._server[1], length, 0)  # no checksum: IPv4 allows that
        self._raw.sendto(ip + udp + datagram, self._server)
        self.sent[source] = self.sent.get(source, 0) + len(datagram)

    def close(self) -> None:
        self._raw.close()


@dataclass
class Scene:
    """Who is there, and what a stranger has overheard of Ada."""

    forger: Forger
    way: Nat
    ada: Client
    ben: Client
    bystander: Side
    got: list[int]
    answers: dict[str, str]
    overheard: list[Datagram] = field(default_factory=list)
    was: Where | None = None
    asked: int = 0
    answered: int = 0

    @property
    def at_adas(self) -> Where:
        """Where Ada seems to be."""
        return ("127.0.0.1", self.way.outside.port)

    @property
    def before(self) -> Where:
        """Where Ada seemed to be before she moved, if she has."""
        return self.was or self.at_adas

    def outrun(self, datagram: Datagram) -> bool:
        """A stranger overhears what Ada sends, and each of her checks comes from there first."""
        if is_check(datagram):
            self.forger.send(datagram, (STRANGER, QUICK_PORT))
        return True

    async def move(self) -> None:
        """Ada's router has another mind, and lets nothing in where she was."""
        self.was = self.at_adas
        before = await self.way.rebind()
        before._passed_on = lambda datagram, server: None
        self.own_check(nominated=True)
        heard, hears = self.ben.packets(0, Kind.AUDIO), self.ada.packets(1, Kind.AUDIO)
        await until(lambda: self.ben.packets(0, Kind.AUDIO) > heard + SETTLING)
        await until(lambda: self.ada.packets(1, Kind.AUDIO) > hears + SETTLING)

    def own_check(self, nominated: bool = False) -> None:
        """Ada's browser checks its way, as it does all the time."""
        self.asked += 1
        request = check(self.answers["ada"], nominated=nominated)
        if nominated:
            self.overheard.append(request)
        if self.way.passes(request):
            self.way.send(request)


Attack = Callable[[Scene, int], None]
"""Does what it does at one of its turns."""


def _reflect(scene: Scene, turn: int) -> None:
    if turn == 0:
        scene.forger.send(check(scene.answers["mallory"]), (BYSTANDER, scene.bystander.port))


def _claim(who: str) -> Attack:
    def claim(scene: Scene, turn: int) -> None:
        scene.forger.send(check(scene.answers[who]), scene.at_adas)

    return claim


def _replay(ports: int) -> Attack:
    def replay(scene: Scene, turn: int) -> None:
        copy = scene.overheard[turn % len(scene.overheard)]
        scene.forger.send(copy, (STRANGER, 5000 + turn % ports))

    return replay


def _replay_in_her_name(scene: Scene, turn: int) -> None:
    scene.forger.send(scene.overheard[turn % len(scene.overheard)], scene.at_adas)


def _bring_back(scene: Scene, turn: int) -> None:
    """Ada moves on; what was overheard before comes again from where she was."""
    scene.forger.send(scene.overheard[0], scene.before)


def _outrun(scene: Scene, turn: int) -> None:
    scene.way.passes = scene.outrun


@dataclass(frozen=True)
class Row:
    """An attack, so many times a second; `moves`: Ada's router has another mind once it has begun."""

    attack: Attack
    rate: float
    moves: bool = False


ATTACKS = {
    "nothing": Row(lambda scene, turn: None, 1),
    "reflection": Row(_reflect, 1),
    "claimed by one of the room": Row(_claim("mallory"), 33),
    "claimed by one of another room": Row(_claim("oda"), 33),
    "replayed": Row(_replay(1), 10),
    "replayed from five ports": Row(_replay(STRANGERS_PORTS), 10),
    "replayed from where Ada was": Row(_bring_back, 10, moves=True),
    "flooded from where Ada was": Row(_bring_back, 400, moves=True),
    "outrun": Row(_outrun, 10),
    "outrun where Ada moves": Row(_outrun, 10, moves=True),
    "flooded": Row(_replay(STRANGERS_PORTS), 500),
    "flooded in Ada's name": Row(_replay_in_her_name, 500),
    "claimed in a flood": Row(_claim("oda"), 500),
}


@asynccontextmanager
async def scene(native: bool) -> AsyncIterator[Scene]:
    """Everybody connected, hearing one another."""
    aioice.ice.get_host_addresses = loopback_addresses
    switchboard = await Switchboard.listening("0.0.0.0", 0, [("127.0.0.1", 0)], native=native)  # noqa: S104 - alone here
    switchboard.open_room(ROOM, 3)
    switchboard.open_room(ANOTHER_ROOM, 3)
    forger, ada, oda = Forger(("127.0.0.1", switchboard.port)), Client(3), Client(3)
    async with nat(switchboard.port) as way, people(switchboard, "ben", "mallory", slots=3) as (ben, mallory):
        answers = {"mallory": mallory.connection.remoteDescription.sdp}
        got: list[int] = []
        bystander = Side(lambda datagram, _: got.append(len(datagram)))
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: bystander, local_addr=(BYSTANDER, 0))
        made = Scene(forger, way, ada, ben, bystander, got, answers)
        _listen_in(made)
        answers["ada"] = await way.join(switchboard, ada, "ada", ROOM)
        await oda.join(switchboard, "oda", ANOTHER_ROOM)
        answers["oda"] = oda.connection.remoteDescription.sdp
        everybody = ("ada", "ben", "mallory")
        routes = [(one, other) for one in everybody for other in everybody if one != other]
        await switchboard.follow(ROOM, plan(*routes, ada=0, ben=1, mallory=2))
        await until(lambda: min(ben.packets(0, Kind.AUDIO), ada.packets(1, Kind.AUDIO)) > SETTLING)
        yield made
        for client in (ada, oda):
            await client.close()
        bystander.transport.close()
    forger.close()
    await switchboard.close()


def _listen_in(scene: Scene) -> None:
    """Count the answers to Ada's checks."""
    down = scene.way._down

    def comes(datagram: Datagram, server: Any) -> None:
        scene.answered += datagram[:2] == b"\x01\x01"
        down(datagram, server)

    scene.way._down = comes  # type: ignore[method-assign]  # the router has no ear of its own
    scene.way.outside._passed_on = comes


async def suffer(row: Row, seconds: float, native: bool) -> dict[str, Any]:
    """Everybody goes on speaking while it lasts; what was lost of it."""
    async with scene(native) as room:
        room.own_check(nominated=True)
        await until(lambda: room.answered > 0)
        if row.moves:
            began = asyncio.create_task(_attack(row, room))
            await asyncio.sleep(BEGINNING)
            await room.move()
            began.cancel()
        room.asked = room.answered = 0
        room.got.clear()
        ears = [(room.ada, 1), (room.ben, 0)]
        before = [(ear.packets(slot, Kind.AUDIO), ear.lost(slot, Kind.AUDIO)) for ear, slot in ears]
        await _go_on(row, room, seconds)
        in_their_name = room.forger.sent.get((BYSTANDER, room.bystander.port), 0)
        found = {"bystander": [in_their_name, sum(room.got)], "answered": [room.answered, room.asked]}
        for (ear, slot), what, (came, lost) in zip(ears, ("hears", "is_heard"), before, strict=True):
            now = ear.packets(slot, Kind.AUDIO)
            with suppress(TimeoutError):  # what was lost last shows when the next packet comes, if one does
                async with asyncio.timeout(PATIENCE):
                    while ear.packets(slot, Kind.AUDIO) < now + SETTLING:
                        room.own_check(nominated=True)
                        await asyncio.sleep(0.1)
            missed = ear.lost(slot, Kind.AUDIO) - lost
            found[what] = [missed, missed + ear.packets(slot, Kind.AUDIO) - came]
        return found


async def _attack(row: Row, room: Scene) -> None:
    """For as long as Ada is on her way."""
    turn = 0
    while True:
        row.attack(room, turn)
        turn += 1
        await asyncio.sleep(1 / row.rate)


async def _go_on(row: Row, room: Scene, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    began, turn = loop.time(), 0
    while (passed := loop.time() - began) < seconds:
        if turn <= passed * row.rate:
            row.attack(room, turn)
            turn += 1
        if room.asked < passed * OWN_CHECKS:
            room.own_check()
        await asyncio.sleep(0.0 if turn <= passed * row.rate else 0.001)
    with suppress(TimeoutError):  # what is on its way arrives, on a busy machine too
        async with asyncio.timeout(PATIENCE):
            while room.answered < room.asked:
                await asyncio.sleep(0.01)


async def _all(names: list[str], seconds: float, native: bool) -> None:
    await run("ip", "link", "set", "lo", "up")
    for address in (BYSTANDER, STRANGER):
        await run("ip", "address", "add", f"{address}/32", "dev", "lo")
    for name in names:
        print(json.dumps({"attack": name, **await suffer(ATTACKS[name], seconds, native)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", help="All, unless some are named.")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--python", action="store_true", help="Send packets on in Python, although C is there.")
    given = parser.parse_args()
    alone()
    asyncio.run(_all(given.attacks or list(ATTACKS), given.seconds, not given.python))


if __name__ == "__main__":
    main()
