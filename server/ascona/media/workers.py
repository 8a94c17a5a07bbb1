"""Several processes that forward, each with rooms and a port of its own: a switchboard for the web process."""

import asyncio
import contextlib
import fcntl
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ascona.core.invariants import Wiring
from ascona.core.media_plan import MediaPlan, Route
from ascona.core.pictures import Pictures
from ascona.media import wire
from ascona.media.gate import Counts
from ascona.media.link import Gone
from ascona.media.offer import OfferRefused
from ascona.media.post import PATIENCE_SECONDS, Post, find
from ascona.media.switchboard import Told, to_nobody
from ascona.private import keep_file, keep_folder

SOCKET_PATH_LIMIT = 107
"""Bytes of a Unix socket's path that the kernel takes (unix(7): 108 with the zero at its end)."""


class CannotWork(Exception):
    """There can be no workers; the message is for whoever runs the server."""


class NoPort(OSError):
    """A worker cannot have its port; `number` says which worker."""

    def __init__(self, number: int, error: OSError) -> None:
        super().__init__(error.errno, error.strerror)
        self.number = number


@dataclass(slots=True)
class Room:
    """
    A room as it has to be, wherever it is.

    Attributes:
        post: Where it is; None until somebody comes.
        plan: The last one.
        connected: Who can receive, as its worker last said.
        shown: How high each slot's picture stands on people's screens.
        told: What pages are to know of pictures, where a worker that was found said so before anybody opened the room.
    """

    slots: int
    post: Post | None = None
    plan: MediaPlan | None = None
    connected: frozenset[str] = frozenset()
    shown: dict[str, list[int]] = field(default_factory=dict)
    told: dict[str, Pictures] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkerFigures:
    """
    One worker's figures.

    Attributes:
        up: Whether it is there.
        people: Whose lines are up.
        replaced: How often another has come in its place.
        long_turns, longest, tasks: As in `wire.State`.
    """

    up: bool
    rooms: int
    people: int
    replaced: int
    long_turns: int
    longest: float
    tasks: int


class Workers:
    """
    What `Switchboard` is for one process, for several.

    A room stays with the worker it was given to when the first person came. Its plan is kept here: whoever
    replaces that worker gets it before anybody is let in.

    Attributes:
        patience: Seconds that a worker's answer may take.
    """

    def __init__(
        self,
        folder: Path,
        briefs: Sequence[wire.Brief],
        told: Told = to_nobody,
        back: Callable[[str], None] = lambda room: None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """
        Args:
            folder: For sockets; it is made, for this user only.
            briefs: What each worker is told.
            told: As for `Switchboard`.
            back: Called with a room whose worker was replaced: whoever was in it is to offer again.

        Raises:
            CannotWork: If the folder or the system will not do, or another web process uses the folder.
        """
        _check_system()
        paths = [_path(folder, number) for number in range(len(briefs))]
        self.patience = patience
        self._folder = folder
        self._told = told
        self._back = back
        self._lock = _locked(folder)
        self._rooms: dict[str, Room] = {}
        self._found: dict[str, Room] = {}
        self._counts: Counter[str] = Counter()
        self._traffic = [Counts(0, 0)] * len(briefs)
        self._gone = Counts(0, 0)
        self._posts = [
            Post(path, brief, self._reopen, self._lost, self._hear, lambda: self.patience)
            for path, brief in zip(paths, briefs, strict=True)
        ]

    async def start(self) -> None:
        """
        Take over the workers that are there, and bring those that are not.

        Raises:
            NoPort: If one cannot take its port, or cannot be started.
            Unkillable: If one was there that will not do, and it could not be ended.
        """
        await dismiss(self._folder, keep=len(self._posts))
        started = await asyncio.gather(*(post.start() for post in self._posts), return_exceptions=True)
        for number, trouble in enumerate(started):
            if trouble is not None:
                await self.close()
                raise NoPort(number, trouble) if isinstance(trouble, OSError) else trouble

    @property
    def ports(self) -> list[int]:
        """The workers' ports, as they came out."""
        return [post.hello.port for post in self._posts]

    @property
    def pids(self) -> list[int | None]:
        """Their process numbers; None where there is none just now."""
        return [post.pid for post in self._posts]

    @property
    def streams(self) -> bool:
        """Whether all of them take TCP connections."""
        return all(post.hello.streams for post in self._posts)

    @property
    def native(self) -> bool:
        """Whether all of them send packets on in C."""
        return all(post.hello.native for post in self._posts)

    def open_room(self, room: str, slots: int) -> None:
        """Make a room with so many slots; one that is open stays as it is, also with a worker that was found."""
        if room in self._rooms:
            return
        place = self._rooms[room] = self._found.pop(room, Room(slots))
        place.slots = slots
        for person, pictures in place.told.items():
            self._told(room, person, pictures)
        place.told.clear()

    def close_room(self, room: str) -> None:
        """Close everybody's connection and forget the room."""
        closing = self._rooms.pop(room, None)
        if closing is not None and closing.post is not None:
            closing.post.say("close_room", room)

    def close_unopened(self) -> None:
        """Close the rooms that workers still had and nobody has opened here: nobody leads them."""
        unopened, self._found = self._found, {}
        for name, room in unopened.items():
            if room.post is not None:
                room.post.say("close_room", name)

    async def answer(self, room: str, person: str, offer: str) -> str:
        """
        Answer somebody's offer (SDP).

        Raises:
            OfferRefused: As `Switchboard.answer`; `media_away` while there is no worker for the room.
        """
        if room not in self._rooms:
            raise self._refused("room_closed")
        try:
            return str(await (await self._post_of(room)).ask("answer", room, person, offer))
        except Gone:
            raise self._refused("media_away") from None

    def _refused(self, reason: str) -> OfferRefused:
        self._counts[f"refused_{reason}"] += 1
        return OfferRefused(reason)

    async def _post_of(self, name: str) -> Post:
        """Where the room is; the worker that has least to do where it is nowhere yet."""
        room = self._rooms[name]
        if room.post is None:
            room.post = min(self._posts, key=self._load)
            self._open(name, room)
        await room.post.ready()
        return room.post

    def _load(self, post: Post) -> tuple[bool, int, int]:
        """Packets grow with the square of the people in a room; those who are not there yet cannot be counted."""
        rooms = [room for room in self._rooms.values() if room.post is post]
        return not post.up, sum(len(room.connected) ** 2 for room in rooms), len(rooms)

    async def follow(self, room: str, plan: MediaPlan) -> None:
        """
        Carry out a plan; when this returns, nothing is forwarded that it does not allow.

        A worker that does not answer in time has been ended then, and whoever replaces it starts with this plan.

        Raises:
            KeyError: If there is no such room.
            ValueError: If the plan contradicts itself, or is older than the last: every gate of the room is shut.
            Unkillable: If a worker neither answered nor could be ended.
        """
        await self._carry_out("follow", room, plan)

    async def enforce(self, room: str, plan: MediaPlan) -> None:
        """
        Carry out a plan, and shut whatever it does not name, also what nobody here has opened.

        Raises:
            KeyError, ValueError, Unkillable: As `follow`.
        """
        await self._carry_out("enforce", room, plan)

    async def _carry_out(self, how: str, room: str, plan: MediaPlan) -> None:
        place = self._rooms[room]
        place.plan = plan
        if place.post is None:
            return
        try:
            await place.post.ask(how, room, *wire.told_plan(plan))
        except Gone:  # and with it everything it forwarded
            return
        except Exception:
            place.plan = None
            raise

    async def wiring(self, room: str) -> Wiring:
        """
        What would be forwarded with the next packet, as its worker's lists have it; nothing without a worker.

        Raises:
            Unkillable: As `follow`.
        """
        place = self._rooms.get(room)
        if place is None or place.post is None:
            return Wiring()
        try:
            return wire.read_wiring(*await place.post.ask("wiring", room))
        except Gone:
            return Wiring()

    async def leave(self, room: str, person: str) -> None:
        """Close somebody's connection and free everything that was theirs."""
        place = self._rooms.get(room)
        if place is None:
            return
        place.shown.pop(person, None)
        if place.post is not None:
            with contextlib.suppress(Gone):
                await place.post.ask("leave", room, person)

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None:
        """Take note of what somebody's page shows, as `Switchboard.shows` does."""
        place = self._rooms.get(room)
        if place is None:
            return
        place.shown[person] = list(heights)
        if place.post is not None:
            place.post.say("shows", room, person, place.shown[person])

    def connected(self, room: str) -> frozenset[str]:
        """Who can receive."""
        place = self._rooms.get(room) or self._found.get(room)
        return place.connected if place is not None else frozenset()

    async def counters(self, room: str) -> Mapping[Route, Counts]:
        """Packets forwarded and dropped, by sender, receiver and kind, since both came."""
        place = self._rooms.get(room)
        if place is None or place.post is None:
            return {}
        try:
            return wire.read_counters(await place.post.ask("counters", room))
        except Gone:
            return {}

    async def traffic(self) -> Counts:
        """Packets forwarded and dropped, as far as it was asked before a worker ended; it only grows."""
        answers = await asyncio.gather(*(post.ask("traffic") for post in self._posts), return_exceptions=True)
        for number, answer in enumerate(answers):
            if isinstance(answer, Counts):
                last = self._traffic[number]
                if answer.forwarded < last.forwarded or answer.dropped < last.dropped:  # of another worker
                    self._gone += last
                self._traffic[number] = answer
        return sum(self._traffic, self._gone)

    def totals(self) -> Counter[str]:
        """What has been turned away, by reason, as of a second ago."""
        everybodys = [self._counts, *(one for post in self._posts for one in (post.earlier, post.state.totals))]
        return wire.added(everybodys)

    def workers(self) -> list[WorkerFigures]:
        """How each worker is."""
        return [self._figures_of(post) for post in self._posts]

    def _figures_of(self, post: Post) -> WorkerFigures:
        rooms, said = [room for room in self._rooms.values() if room.post is post], post.state
        people = sum(len(room.connected) for room in rooms)
        return WorkerFigures(post.up, len(rooms), people, post.replaced, said.long_turns, said.longest, said.tasks)

    async def close(self) -> None:
        """End the workers."""
        await asyncio.gather(*(post.close() for post in self._posts), return_exceptions=True)
        self._lock.close()

    async def abandon(self) -> None:
        """Leave the workers forwarding, as the sudden end of this process would."""
        await asyncio.gather(*(post.abandon() for post in self._posts))
        self._lock.close()

    # --- what posts tell ---

    def _reopen(self, post: Post) -> None:
        """A worker has come. One that was found has its rooms; a new one gets them before anybody is in them."""
        for name, people in post.hello.rooms.items():
            self._found[name] = Room(0, post, None, frozenset(people))
        for name, room in self._rooms.items():
            if room.post is post:
                self._open(name, room)
                self._back(name)

    def _open(self, name: str, room: Room) -> None:
        if room.post is not None:
            room.post.say("open_room", name, room.slots)
            if room.plan is not None:
                room.post.say("follow", name, *wire.told_plan(room.plan))
            for person, heights in room.shown.items():
                room.post.say("shows", name, person, heights)

    def _lost(self, post: Post) -> None:
        for room in self._rooms.values():
            if room.post is post:
                room.connected = frozenset()

    def _hear(self, post: Post, name: str, content: tuple[Any, ...]) -> None:
        match name:
            case "connected":
                place = self._rooms.get(content[0]) or self._found.get(content[0])
                if place is not None and place.post is post:
                    place.connected = content[1]
            case "told" if content[0] in self._rooms:
                self._told(*content)
            case "told" if content[0] in self._found:
                self._found[content[0]].told[content[1]] = content[2]


async def dismiss(folder: Path, keep: int = 0) -> None:
    """
    End the workers that an earlier web process has left in this folder.

    Args:
        keep: So many, from the first, may stay.
    """
    for path in _left(folder, keep):
        found = await find(path, lambda name, content: None)
        if found is not None:
            process, link = found
            await process.end()
            await link.close()


def _left(folder: Path, keep: int) -> list[Path]:
    numbers = {path: path.name.removeprefix("worker-") for path in folder.glob("worker-*")}
    return [path for path, number in numbers.items() if number.isdecimal() and int(number) >= keep]


def _check_system() -> None:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError) as error:
        raise CannotWork("This system cannot watch over workers. Do without: --media-workers 0.") from error


def _path(folder: Path, number: int) -> Path:
    path = (folder / f"worker-{number}").absolute()
    length = len(os.fsencode(path))
    if length > SOCKET_PATH_LIMIT:
        raise CannotWork(
            f"The path of {folder} is {length - SOCKET_PATH_LIMIT} bytes too long for workers' sockets. "
            "Choose a data folder with a shorter one, or --media-workers 0."
        )
    return path


def _locked(folder: Path) -> TextIO:
    """One web process at a time; the kernel unlocks the folder when it ends, however it ends."""
    try:
        keep_folder(folder)
        keep_file(folder / "lock")
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise CannotWork(f"The folder {folder} cannot be used for workers: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CannotWork(f"Another Ascona runs with {folder}. Give this one a data folder of its own.") from error
    return lock
