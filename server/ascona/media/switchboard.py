"""All rooms of this process on one port: what the rest of the server knows of the media plane."""

import asyncio
import contextlib
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog

from ascona.core.invariants import Wiring
from ascona.core.media_plan import MediaPlan, Route
from ascona.core.pictures import Pictures
from ascona.media.answer import Sources, write_answer
from ascona.media.connection import TURN_SECONDS, Connection
from ascona.media.gate import Counts
from ascona.media.handshake import Identity
from ascona.media.mux import Mux
from ascona.media.offer import Offer, OfferRefused, read_offer
from ascona.media.room import Room

__all__ = ["Counts", "OfferRefused", "Switchboard", "Told"]

Told = Callable[[str, str, Pictures], None]
"""Takes a room, a person, and what that person's page is to know of pictures from now on."""

log = structlog.get_logger()


def to_nobody(room: str, person: str, pictures: Pictures) -> None:
    pass


def _token(length: int) -> str:
    return secrets.token_hex(length // 2)


class Switchboard:
    """
    All rooms of this process on one port, UDP and, for whom UDP does not reach, TCP.

    Nobody is forwarded to anybody until `follow` says so, and whoever is not named there is not.

    Attributes:
        streams: Whether TCP connections are taken.
    """

    def __init__(
        self,
        mux: Mux,
        addresses: Sequence[tuple[str, int]],
        clock: Callable[[], float],
        wall: Callable[[], float],
        counts: Counter[str],
        told: Told = to_nobody,
        connected: Callable[[str], None] = lambda room: None,
    ) -> None:
        self._mux = mux
        self.streams = False
        self._addresses = addresses
        self._clock = clock
        # It goes on like the clock even if the machine's time is set: voices and lips are matched by it.
        self._epoch = wall() - clock()
        self._counts = counts
        self._told = told
        self._told_connected = connected
        self._identity = Identity()
        self._rooms: dict[str, Room] = {}
        self._gone = Counts(0, 0)
        self._turns = asyncio.create_task(self._turn_by_turn())

    @classmethod
    async def listening(
        cls,
        host: str,
        port: int,
        announced: Sequence[tuple[str, int]] | None = None,
        streams: bool = True,
        told: Told = to_nobody,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        native: bool = True,
        connected: Callable[[str], None] = lambda room: None,
    ) -> "Switchboard":
        """
        Take the media port.

        Args:
            host: An address of this machine, or all of them: `0.0.0.0`, with IPv6 `::`.
            port: 0 takes any free one.
            announced: Where browsers reach the port, best first, port 0 meaning the one taken; None announces `host`,
                or for all addresses those that lead out of this machine.
            streams: Take TCP connections at the same number, unless another program does.
            told: Called on every change, from within the loop that forwards: it must return at once.
            clock: Seconds of a clock that only goes forward.
            wall: Seconds since 1970.
            native: Send packets on in C where it was compiled.
            connected: Called with a room when `connected` has changed there.

        Raises:
            OSError: If the port is taken, or the address is not this machine's.
        """
        counts: Counter[str] = Counter()
        mux = Mux(host, port, clock, counts, native)
        taken: int = mux.address[1]
        announced = announced or [(name, taken) for name in own_addresses(host)]
        switchboard = cls(
            mux, [(name, number or taken) for name, number in announced], clock, wall, counts, told, connected
        )
        if streams:
            with contextlib.suppress(OSError):  # https at the same number, say; UDP does without
                await mux.accept_streams()
                switchboard.streams = True
        return switchboard

    @property
    def native(self) -> bool:
        """Whether packets are sent on in C."""
        return self._mux.native is not None

    @property
    def port(self) -> int:
        """The port's number, as it came out."""
        return int(self._mux.address[1])

    @property
    def ports(self) -> list[int]:
        """All ports: this one."""
        return [self.port]

    def open_room(self, room: str, slots: int) -> None:
        """Make a room with so many slots; one that is open stays as it is."""
        if room in self._rooms:
            return
        numbers: set[int] = set()
        while len(numbers) < 3 * slots:
            numbers.add(1 + secrets.randbelow((1 << 32) - 1))
        drawn = iter(numbers)
        sources = [Sources(next(drawn), next(drawn), next(drawn)) for _ in range(slots)]
        self._rooms[room] = Room(sources, self._clock, partial(self._told, room))

    def close_room(self, room: str) -> None:
        """Close everybody's connection and forget the room."""
        closing = self._rooms.pop(room, None)
        if closing is not None:
            closing.close()
            self._gone += closing.traffic()

    async def answer(self, room: str, person: str, offer: str) -> str:
        """
        Answer somebody's offer (SDP).

        The same connection with new ICE credentials is restarted; any other second offer replaces the first.

        Raises:
            OfferRefused: See `read_offer`; `room_closed` if there is no such room.
        """
        try:
            if room not in self._rooms:
                raise OfferRefused("room_closed")
            place = self._rooms[room]
            connection = self._connection(room, person, read_offer(offer, len(place.slots)))
        except OfferRefused as refusal:
            self._counts[f"refused_{refusal.reason}"] += 1
            raise
        # Always from the first offer: those of restarts list only what was negotiated.
        return write_answer(
            connection.offer,
            connection.transport.credentials,
            place.slots,
            self._addresses,
            connection.version,
            self.streams,
        )

    def _connection(self, name: str, who: str, offer: Offer) -> Connection:
        room = self._rooms[name]
        person = room.person(who)
        earlier = person.connection
        if earlier is not None and earlier.open and offer.restarts(earlier.offer):
            earlier.restart(offer)
            return earlier
        if earlier is not None:
            earlier.close()
        person.connection = Connection(
            offer=offer,
            slots=room.slots,
            ssrc=1 + secrets.randbelow((1 << 32) - 1),
            arrived=person.arrived,
            mux=self._mux,
            identity=self._identity,
            changed=lambda: self._changed(name, room),
            began=self._clock(),
            epoch=self._epoch,
            bits=secrets.randbits,
            later=self._later,
            token=_token,
            counts=self._counts,
        )
        return person.connection

    def _changed(self, name: str, room: Room) -> None:
        try:
            room.settle()
        finally:
            self._told_connected(name)

    async def follow(self, room: str, plan: MediaPlan) -> None:
        """
        Carry out a plan; when this returns, the lists of who gets what are changed.

        It shuts before it opens. It may name people who are not connected yet: their gates follow when they are.

        Raises:
            KeyError: If there is no such room.
            ValueError: If the plan contradicts itself. After this or any other error, every gate of the room is shut.
        """
        self._rooms[room].follow(plan)

    async def enforce(self, room: str, plan: MediaPlan) -> None:
        """
        Carry out a plan, and shut whatever it does not name, also what nobody here has opened.

        Raises:
            KeyError: If there is no such room.
            ValueError: As `follow`.
        """
        self._rooms[room].enforce(plan)

    def shut(self) -> None:
        """Shut every gate of every room, until its next plan."""
        for room in self._rooms.values():
            room.enforce(MediaPlan())

    async def wiring(self, room: str) -> Wiring:
        """What would be forwarded with the next packet, as the lists have it; nothing in a room that is not there."""
        return self._rooms[room].wiring() if room in self._rooms else Wiring()

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None:
        """
        Take note of what somebody's page shows; it holds until the next time, and whatever connection they have.

        Args:
            heights: Of each slot's picture, in device pixels; 0, or no number, where none is shown.
        """
        if room in self._rooms:
            self._rooms[room].shows(person, heights)

    async def leave(self, room: str, person: str) -> None:
        """Close somebody's connection and free everything that was theirs."""
        if room in self._rooms:
            self._rooms[room].remove(person)

    def connected(self, room: str) -> frozenset[str]:
        """Who can receive: keys agreed, and checks within the last 30 seconds."""
        return self._rooms[room].connected() if room in self._rooms else frozenset()

    def counters(self, room: str) -> Mapping[Route, Counts]:
        """Packets forwarded and dropped, by sender, receiver and kind, since both came."""
        return self._rooms[room].counters() if room in self._rooms else {}

    async def traffic(self) -> Counts:
        """Packets forwarded and dropped since this process began."""
        return sum((room.traffic() for room in self._rooms.values()), self._gone)

    def totals(self) -> Counter[str]:
        """
        What this process has turned away, by reason; nothing of it says who.

        Also how often a picture was taken from a listener (`pictures_paused`) or went on in another layer
        (`layers_switched`).
        """
        return self._counts.copy()

    async def close(self) -> None:
        """Close everything and give the port back."""
        self._turns.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._turns
        for room in list(self._rooms):
            self.close_room(room)
        self._mux.close()

    def _later(self, seconds: float, look: Callable[[float], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, lambda: look(self._clock()))

    async def _turn_by_turn(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(TURN_SECONDS)
            turn += 1
            now = self._clock()
            for room in list(self._rooms.values()):
                for connection in room.connections():
                    self._tick(connection, now, turn)
                room.tick(now, turn)

    def _tick(self, connection: Connection, now: float, turn: int) -> None:
        try:
            connection.tick(now, turn)
        except Exception:  # ours to mend; the others in the room go on, and this browser comes again
            log.exception("connection_failed")
            self._counts["failed"] += 1
            with contextlib.suppress(Exception):  # closing moves gates, and everybody's turns depend on this task
                connection.close()


def own_addresses(host: str) -> list[str]:
    """The addresses to announce for one that is listened on."""
    if host not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return [host]
    ways = [(socket.AF_INET, "192.0.2.1")] + ([(socket.AF_INET6, "2001:db8::1")] if host == "::" else [])
    return [address for family, goal in ways if (address := _way_out(family, goal))] or ["127.0.0.1"]


def _way_out(family: socket.AddressFamily, goal: str) -> str | None:
    """The address of this machine from which the kernel would go there."""
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((goal, 9))  # sends nothing
        return str(probe.getsockname()[0])
    return None
