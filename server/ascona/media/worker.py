"""A media worker: a process that forwards, as a web process tells it through a Unix socket, and for a moment alone."""

import asyncio
import gc
import json
import os
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from ascona import logs
from ascona.core.media_plan import MediaPlan
from ascona.core.pictures import Pictures
from ascona.media import wire
from ascona.media.switchboard import Switchboard
from ascona.turns import Turns

UNLED_SECONDS = 10.0
"""How long a worker forwards when its web process is gone, or says nothing; it asks how a worker is each second. Nobody
can sit back, be silenced or be removed meanwhile, so it is hardly longer than a restart takes: after 200 kills all were
heard again within 6 s (`tests/README.md`)."""

ALONE_SECONDS = 60.0
"""How long it then keeps its lines, with every gate shut: a web process that comes later still need not have them made
anew. After that it ends."""

COMING_SECONDS = 30.0
"""How long a new worker waits for the web process that has started it."""

log = structlog.get_logger()


class Worker:
    """
    Does what the web process that came last says, in that order, and tells it what changes.

    Attributes:
        over: Set when it is to end: it was asked to, or has been alone for too long.
    """

    def __init__(self, switchboard: Switchboard, brief: wire.Brief, turns: Turns) -> None:
        self.over = asyncio.Event()
        self._switchboard = switchboard
        self._brief = brief
        self._turns = turns
        self._leader: wire.Line | None = None
        self._rooms: dict[str, MediaPlan] = {}  # the last plans
        self._unled = False  # the gates are shut because whoever leads says nothing
        self._pictures: dict[str, dict[str, Pictures]] = {}  # what was told last, for who leads next
        self._calls: Mapping[str, Callable[..., Any]] = {
            "open_room": self._open_room,
            "close_room": self._close_room,
            "answer": switchboard.answer,
            "follow": self._follow,
            "enforce": self._enforce,
            "leave": self._leave,
            "shows": switchboard.shows,
            "counters": lambda room: wire.told_counters(switchboard.counters(room)),
            "wiring": self._wiring,
            "traffic": switchboard.traffic,
            "state": self._state,
            "end": self.over.set,
        }
        later = asyncio.get_running_loop().call_later
        self._alarms = [later(COMING_SECONDS, self.over.set)]

    def _wait_alone(self) -> None:
        later = asyncio.get_running_loop().call_later
        self._alarms = [
            later(self._brief.unled_seconds, self._switchboard.shut),
            later(self._brief.alone_seconds, self.over.set),
        ]

    def _stop_waiting(self) -> None:
        for alarm in self._alarms:
            alarm.cancel()

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody has come to lead; whoever led before leads no more."""
        line = wire.Line(reader, writer)
        if not line.of_our_user():
            line.close()
            return
        if self._leader is not None:
            self._leader.close()
        self._leader = line
        self._unled = False  # what is open now is for the new one's plans to say
        self._stop_waiting()
        try:
            self._tell("hello", (self._hello(),))
            for room, told in self._pictures.items():
                for person, pictures in told.items():
                    self._tell("told", (room, person, pictures))
            while self._leader is line:
                message = await self._next(line)
                if self._leader is line:  # what came before another leader did, and was not read, is void
                    await self._obey(line, message)
        except wire.Broken as broken:
            log.info("leader_gone", reason=str(broken))
        except asyncio.CancelledError:  # with this process
            pass
        finally:
            line.close()
            if self._leader is line:
                self._leader = None
                self._wait_alone()

    async def _next(self, line: wire.Line) -> wire.Message:
        """What the leader says next; gates that were shut because nothing was said are open again then."""
        alarm = asyncio.get_running_loop().call_later(self._brief.unled_seconds, self._shut)
        try:
            message = await line.read()
        finally:
            alarm.cancel()
        if self._unled and self._leader is line:
            self._unled = False
            for room, plan in self._rooms.items():
                await self._switchboard.follow(room, plan)
        return message

    def _shut(self) -> None:
        self._unled = True
        self._switchboard.shut()

    def _hello(self) -> wire.Hello:
        rooms = {room: sorted(self._switchboard.connected(room)) for room in self._rooms}
        board = self._switchboard
        return wire.Hello(self._brief, board.port, board.streams, board.native, rooms, self._state())

    def _state(self) -> wire.State:
        return wire.State(self._switchboard.totals(), self._turns.long, len(asyncio.all_tasks()), self._turns.longest())

    def connected(self, room: str) -> None:
        """Somebody's connection has come up or gone down."""
        self._tell("connected", (room, self._switchboard.connected(room)))

    def told(self, room: str, person: str, pictures: Pictures) -> None:
        """What travels of somebody's pictures has changed."""
        self._pictures.setdefault(room, {})[person] = pictures
        self._tell("told", (room, person, pictures))

    def _tell(self, name: str, content: object) -> None:
        if self._leader is not None:
            try:
                self._leader.write(0, name, wire.NEWS[name].dump_json(content))
            except wire.Broken:
                self._leader.close()

    async def _obey(self, line: wire.Line, message: wire.Message) -> None:
        number, name, content = message
        arguments = wire.understood(wire.CALLS, name, content)
        try:
            result = self._calls[name](*arguments)
            if asyncio.iscoroutine(result):
                result = await result
        except Exception as error:  # whoever asked must know; everybody's packets go on
            if type(error).__name__ not in wire.ERRORS:
                log.exception("call_failed")
            line.write(number, type(error).__name__, json.dumps(str(error.args[0] if error.args else "")).encode())
            return
        line.write(number, "", wire.RESULTS[name].dump_json(result) if name in wire.RESULTS else b"null")

    def _open_room(self, room: str, slots: int) -> None:
        # Whoever leads now knows the journal: its first plan counts, whatever came before.
        self._rooms[room] = MediaPlan()
        self._switchboard.open_room(room, slots)

    def _close_room(self, room: str) -> None:
        self._rooms.pop(room, None)
        self._switchboard.close_room(room)
        self._pictures.pop(room, None)

    async def _leave(self, room: str, person: str) -> None:
        await self._switchboard.leave(room, person)
        self._pictures.get(room, {}).pop(person, None)

    async def _follow(self, room: str, version: int, reach: list[wire.Reach], slots: dict[str, int]) -> None:
        await self._newest(room, version)
        plan = wire.read_plan(version, reach, slots)
        await self._switchboard.follow(room, plan)
        self._rooms[room] = plan

    async def _enforce(self, room: str, version: int, reach: list[wire.Reach], slots: dict[str, int]) -> None:
        await self._newest(room, version)
        plan = wire.read_plan(version, reach, slots)
        await self._switchboard.enforce(room, plan)
        self._rooms[room] = plan

    async def _newest(self, room: str, version: int) -> None:
        """An older plan shuts the room."""
        if version < self._rooms.get(room, MediaPlan()).version:
            await self._switchboard.enforce(room, MediaPlan())
            raise ValueError("an older plan")

    async def _wiring(self, room: str) -> tuple[Mapping[str, int], list[wire.Way]]:
        return wire.told_wiring(await self._switchboard.wiring(room))


async def work(path: Path, brief: wire.Brief, turns: Turns, ready: Callable[[OSError | None], None]) -> None:
    """
    Take the media port and forward, until it is over.

    Args:
        path: Of the socket to listen on for whoever leads.
        ready: Called once, when both are open or one could not be.
    """
    worker: Worker | None = None

    def connected(room: str) -> None:
        if worker is not None:
            worker.connected(room)

    def told(room: str, person: str, pictures: Pictures) -> None:
        if worker is not None:
            worker.told(room, person, pictures)

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert worker is not None  # noqa: S101  # nobody can come before it is there
        await worker.attend(reader, writer)

    try:
        switchboard = await Switchboard.listening(
            brief.host, brief.port, brief.announced, brief.streams, told, native=brief.native, connected=connected
        )
        worker = Worker(switchboard, brief, turns)
        server = await asyncio.start_unix_server(attend, path)
    except OSError as error:
        return ready(error)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.over.set)
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again would hold packets up
    ready(None)
    await worker.over.wait()
    server.close()
    return await switchboard.close()


def _ready(error: OSError | None) -> None:
    """Tell whoever started this process, and hang up: that one may end before this one does."""
    print(json.dumps(None if error is None else [error.errno, error.strerror]), flush=True)  # noqa: T201
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def main() -> None:
    """`python -m ascona.media.worker PATH`: the socket's; a `Brief` as JSON on standard input."""
    logs.configure(sys.stderr, secrets.token_bytes(16), sys.stderr.isatty())
    path = Path(sys.argv[1])
    os.umask(0o077)  # the socket is for this user only
    brief = wire.BRIEF.validate_json(sys.stdin.buffer.readline())
    turns = Turns()
    with asyncio.Runner(loop_factory=turns.loop) as runner:
        runner.run(work(path, brief, turns, _ready))
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
