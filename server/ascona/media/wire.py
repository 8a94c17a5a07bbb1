"""What the web process and a media worker say to one another: JSON, each message with its length before it."""

import asyncio
import os
import socket
import struct
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from ascona.core.invariants import Wiring
from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.core.pictures import Pictures
from ascona.media.gate import Counts
from ascona.media.offer import OfferRefused

LARGEST_MESSAGE = 4 << 20
"""Bytes; the plan of a circle of twelve with a ring of a hundred takes 60,000."""

UNREAD_LIMIT = 8 << 20
"""Bytes that may wait for the other end to read; then it is taken for gone."""

_LENGTH = 4  # bytes before a message that say how long it is
_PEER = struct.Struct("3i")  # pid, uid, gid: unix(7), SO_PEERCRED


class Broken(Exception):
    """The other end is gone, or says what cannot be understood."""


class Message(NamedTuple):
    """
    Args:
        number: Of a call, and of the answer to it; 0 for news, which nobody answers.
        name: What is called or told; in an answer empty, or the error's name.
        content: Its arguments; in an answer the result, or the error's text.
    """

    number: int
    name: str
    content: Any


@dataclass(frozen=True, slots=True)
class Brief:
    """
    What a worker is told at its start. One that was told something else is replaced.

    Attributes:
        host, port, announced, streams, native: As for `Switchboard.listening`.
        unled_seconds: How long it forwards without a web process, or a word of it; then it shuts every gate.
        alone_seconds: How long it is there without one.
        version: Of Ascona.
    """

    host: str
    port: int
    announced: tuple[tuple[str, int], ...]
    streams: bool
    unled_seconds: float
    alone_seconds: float
    version: str
    native: bool = True


class State(NamedTuple):
    """
    What a worker says of itself.

    Args:
        totals: What it has turned away, by reason.
        long_turns: How many turns of its loop took too long.
        tasks: Of its loop.
        longest: Seconds of the longest turn lately.
    """

    totals: dict[str, int]
    long_turns: int
    tasks: int = 0
    longest: float = 0.0


class Hello(NamedTuple):
    """
    The first that a worker says to whoever comes to lead it.

    Args:
        port, streams, native: As they came out.
        rooms: Who is connected in each room it has.
    """

    brief: Brief
    port: int
    streams: bool
    native: bool
    rooms: dict[str, list[str]]
    state: State

    def suits(self, brief: Brief) -> bool:
        """Whether it does what one would that is told this; a port it was free to choose may now be asked for."""
        return replace(self.brief, port=brief.port) == brief and brief.port in (0, self.port)


Reach = tuple[str, Kind, list[str]]
"""Everybody whom one sender's sound or picture may reach."""

Way = tuple[str, Kind, int, list[str]]
"""Everybody whom one sender's sound or picture reaches in one slot."""

BRIEF = TypeAdapter(Brief)

TROUBLE = TypeAdapter(tuple[int, str] | None)
"""What a worker writes when it is ready, or cannot be: the number and text of an `OSError`."""

CALLS: Mapping[str, TypeAdapter[Any]] = {
    "open_room": TypeAdapter(tuple[str, int]),
    "close_room": TypeAdapter(tuple[str]),
    "answer": TypeAdapter(tuple[str, str, str]),
    "follow": TypeAdapter(tuple[str, int, list[Reach], dict[str, int]]),
    "enforce": TypeAdapter(tuple[str, int, list[Reach], dict[str, int]]),
    "leave": TypeAdapter(tuple[str, str]),
    "shows": TypeAdapter(tuple[str, str, list[int]]),
    "counters": TypeAdapter(tuple[str]),
    "wiring": TypeAdapter(tuple[str]),
    "traffic": TypeAdapter(tuple[()]),
    "state": TypeAdapter(tuple[()]),
    "end": TypeAdapter(tuple[()]),
}
"""What a worker can be asked, and with what: the methods of `Switchboard`, and two of its own."""

RESULTS: Mapping[str, TypeAdapter[Any]] = {
    "answer": TypeAdapter(str),
    "counters": TypeAdapter(list[tuple[str, str, Kind, int, int]]),
    "wiring": TypeAdapter(tuple[dict[str, int], list[Way]]),
    "traffic": TypeAdapter(Counts),
    "state": TypeAdapter(State),
}
"""What comes back, where anything does."""

NEWS: Mapping[str, TypeAdapter[Any]] = {
    "hello": TypeAdapter(tuple[Hello]),
    "connected": TypeAdapter(tuple[str, frozenset[str]]),
    "told": TypeAdapter(tuple[str, str, Pictures]),
}
"""What a worker tells without being asked."""

ERRORS: Mapping[str, type[Exception]] = {error.__name__: error for error in (OfferRefused, KeyError, ValueError)}
"""Errors of a call that mean the same at the other end; any other is a `RuntimeError` there."""


def understood(shapes: Mapping[str, TypeAdapter[Any]], name: str, content: Any) -> Any:
    """
    What was said under this name, in its proper shape.

    Raises:
        Broken: If it has another, or nobody knows the name.
    """
    if name not in shapes:
        raise Broken("a message that nobody knows")
    try:
        return shapes[name].validate_python(content)
    except ValidationError:
        raise Broken("a message of another shape") from None


def told_plan(plan: MediaPlan) -> tuple[int, list[Reach], dict[str, int]]:
    """A plan as it is sent: a tenth of its routes, one by one."""
    reach: defaultdict[tuple[str, Kind], list[str]] = defaultdict(list)
    for route in plan.routes:
        reach[route.sender, route.kind].append(route.receiver)
    return plan.version, [(*sent, receivers) for sent, receivers in reach.items()], dict(plan.slots)


def read_plan(version: int, reach: Sequence[Reach], slots: Mapping[str, int]) -> MediaPlan:
    """The plan that was sent."""
    routes = (Route(sender, receiver, kind) for sender, kind, receivers in reach for receiver in receivers)
    return MediaPlan(version, frozenset(routes), slots)


class Line:
    """One end of a connection between the two."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def peer(self) -> tuple[int, int]:
        """Process and user at the other end, as the kernel knows them."""
        connected: socket.socket = self._writer.get_extra_info("socket")
        pid, user, _ = _PEER.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        return pid, user

    def of_our_user(self) -> bool:
        """Whether the other end runs as the same user as this one."""
        return self.peer()[1] == os.geteuid()

    async def read(self) -> Message:
        """
        Wait for the next message.

        Raises:
            Broken: At the end, and when it is too long or no message at all.
        """
        try:
            length = int.from_bytes(await self._reader.readexactly(_LENGTH))
            if length > LARGEST_MESSAGE:
                raise Broken("a message that is too long")
            number, name, content = from_json(await self._reader.readexactly(length))
        except (asyncio.IncompleteReadError, OSError):
            raise Broken("the end") from None
        except (ValueError, TypeError):
            raise Broken("no message") from None
        if not (isinstance(number, int) and isinstance(name, str)):
            raise Broken("no message")
        return Message(number, name, content)

    def write(self, number: int, name: str, content: bytes) -> None:
        """
        Send a message; its content is JSON already.

        Raises:
            Broken: If the other end is gone, or has not read for long, or the message is too long.
        """
        body = b'[%d,"%b",%b]' % (number, name.encode(), content)
        if len(body) > LARGEST_MESSAGE:
            raise Broken("a message that is too long")
        if self._writer.is_closing() or self._writer.transport.get_write_buffer_size() > UNREAD_LIMIT:
            raise Broken("nobody reads")
        self._writer.write(len(body).to_bytes(_LENGTH) + body)

    def close(self) -> None:
        """Hang up."""
        self._writer.transport.abort()


def told_counters(counters: Mapping[Route, Counts]) -> list[tuple[str, str, Kind, int, int]]:
    """Counters as they are sent."""
    return [(at.sender, at.receiver, at.kind, one.forwarded, one.dropped) for at, one in counters.items()]


def read_counters(rows: Sequence[tuple[str, str, Kind, int, int]]) -> dict[Route, Counts]:
    """The counters that were sent."""
    return {Route(sender, receiver, kind): Counts(on, off) for sender, receiver, kind, on, off in rows}


def told_wiring(wiring: Wiring) -> tuple[Mapping[str, int], list[Way]]:
    """A wiring as it is sent."""
    reach: defaultdict[tuple[str, Kind, int], list[str]] = defaultdict(list)
    for route, slot in wiring.open:
        reach[route.sender, route.kind, slot].append(route.receiver)
    return wiring.lines, [(*sent, receivers) for sent, receivers in reach.items()]


def read_wiring(lines: Mapping[str, int], ways: Sequence[Way]) -> Wiring:
    """The wiring that was sent."""
    return Wiring(lines, frozenset((Route(way[0], receiver, way[1]), way[2]) for way in ways for receiver in way[3]))


def added(totals: Sequence[Mapping[str, int]]) -> Counter[str]:
    """The sum of what several have counted."""
    together: Counter[str] = Counter()
    for one in totals:
        together.update(one)
    return together
