"""The server as a process that starts, stops and dies: real rooms and namespace, everything around them faked."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Protocol

import socketio

from ascona import app
from ascona.core.evolve import evolve
from ascona.core.session import Session
from ascona.live.namespace import RoomNamespace
from ascona.live.outage import Order
from ascona.live.room import SCREENS_PAUSE_SECONDS, Room
from ascona.live.rooms import Rooms
from ascona.live.watch import Watch
from ascona.live.websocket import MESSAGES
from ascona.storage.invitations import Guest
from tests.simulation.book import Book, Unavailable
from tests.simulation.exchange import Exchange
from tests.simulation.loop import OUTSIDE, Process
from tests.simulation.weather import Weather
from tests.support.group import NOON
from tests.support.guests import guest


class Page(Protocol):
    """The other end of a line."""

    person: str
    browser: str
    cookie: str
    window: str
    at: str

    def receive(self, line: "Line", event: str, message: Any) -> None: ...

    def lost(self, line: "Line") -> None: ...


class Onlooker(Protocol):
    """Whoever looks on."""

    def sent(self, line: "Line", message: Any) -> None: ...

    def shown(self, line: "Line", room: dict[str, Any]) -> None: ...

    def answered(self, line: "Line", message: Any, answer: dict[str, str]) -> None: ...


@dataclass(eq=False)
class Line:
    """
    One connection, as TCP gives it: what is sent comes in order, or not at all once it is cut.

    Attributes:
        cut: Nothing comes through any more, whether or not an end has noticed.
        gone: The server's end has noticed.
        room: What its page was last shown; nothing once another has its place.
    """

    sid: str
    page: Page
    cut: bool = False
    gone: bool = False
    room: dict[str, Any] = field(default_factory=dict)
    _free_up: float = 0.0
    _free_down: float = 0.0
    inbox: deque[tuple[str, Any, Callable[[dict[str, str]], None]]] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    working: "asyncio.Task[Any] | None" = None

    def up_at(self, moment: float) -> float:
        self._free_up = max(self._free_up, moment)
        return self._free_up

    def down_at(self, moment: float) -> float:
        self._free_down = max(self._free_down, moment)
        return self._free_down


@dataclass
class Plan:
    """
    What a house is made of; tests plant bugs here.

    Attributes:
        room: The class of rooms.
        rebuilt: What a start makes of the session that the journal gives, and how long the server was down.
    """

    room: type[Room] = Room
    rebuilt: Callable[[Session, timedelta], Session] = lambda session, down: session


class House:
    """
    Attributes:
        workers: Sound and picture are forwarded beside the server and survive it.
        room: The room in memory; None while the server is down.
        opened_at: When the room was last read.
    """

    def __init__(
        self,
        first: Session,
        book: Book,
        exchange: Exchange,
        weather: Weather,
        onlooker: Onlooker,
        plan: Plan,
        workers: bool,
    ) -> None:
        self.workers = workers
        self.namespace: RoomNamespace | None = None
        self.rooms: Rooms | None = None
        self._first, self._book, self._exchange = first, book, exchange
        self._weather, self._onlooker, self._plan = weather, onlooker, plan
        self._process: Process | None = None
        self._lines: dict[str, Line] = {}
        self._newest: dict[str, Line] = {}
        self._number = 0
        self.opened_at = 0.0
        self._down_since = 0.0
        self._graves: list[Process] = []
        self._left: list[dict[str, Any]] = []
        self._outside = asyncio.get_running_loop()

    @property
    def up(self) -> bool:
        return self._process is not None and self.namespace is not None

    @property
    def room(self) -> Room | None:
        return next(iter(self.rooms), None) if self.rooms else None

    @property
    def owed(self) -> dict[tuple[str | None, str], Order] | None:
        """What took effect unrecorded, by who and key; None while the room and its journal agree."""
        outage = self.room._ledger.outage if self.room else None
        return {(order.by, order.key): order for order in outage.owed} if outage else None

    def now(self) -> datetime:
        """The server's clock: whole milliseconds."""
        return NOON + timedelta(milliseconds=int(1000 * self._outside.time()))

    async def start(self) -> None:
        """As `app.start` does; returns when it serves, or has died meanwhile."""
        self._process = process = Process()
        if not self.workers:
            self._exchange.forget()
        starting = process.begin(self._start())
        await asyncio.wait([starting], timeout=60.0)

    async def _start(self) -> None:
        rooms = Rooms(self._load, self._exchange.close_room)
        namespace = RoomNamespace(rooms, self._identify, self._exchange, self._outside.time)
        namespace._set_server(self)
        self.rooms, self._audience = rooms, namespace
        self._look_after = watch = Watch(rooms, self._exchange, namespace, self._book.version)
        await asyncio.sleep(self._weather.between(0.01, 0.5))
        try:
            ended = await self._book.ended()
        except Unavailable:  # it says so and does not start; whoever looks after it tries again
            self._lay_down()
            return
        if not ended:
            try:
                if room := await rooms.get(self._first.id):
                    namespace.expect(room)
            except Exception:  # the first who comes when it can be read opens it; until then nobody is forwarded
                self._exchange.forget()
        watch.start()
        self.namespace = namespace

    async def _load(self, _id: str) -> Room:
        history = await self._book.since(self._first.id, 0)
        session = reduce(lambda session, record: evolve(session, record.event, record.by), history, self._first)
        self.opened_at = self._outside.time()
        down = timedelta(seconds=self._outside.time() - self._down_since)
        session = self._plan.rebuilt(session, down)
        session = replace(session, present=app.still_here(session, await self._exchange.wiring(session.id)))
        self._exchange.open_room(session.id, app.slots_of(session))
        wiring = (self._book, self._exchange, self._audience, self.now, history, self._look_after.look)
        return self._plan.room(session, "", *wiring, pause=SCREENS_PAUSE_SECONDS)

    async def _identify(self, cookie: str, room: str) -> Guest:
        await asyncio.sleep(self._weather.between(0.0, 0.01))
        return guest(cookie, room)

    def crash(self) -> None:
        """Everything in memory is lost, at whatever instant."""
        if self._process is None:
            return
        self._process.kill()
        self._graves.append(self._process)
        self._lay_down()

    async def stop(self) -> None:
        """As Ctrl-C does."""
        process, namespace, rooms = self._process, self.namespace, self.rooms
        if process is None or namespace is None or rooms is None:
            return

        watch = self._look_after

        async def goodbye() -> None:
            await namespace.close()
            await watch.close()
            await rooms.close()

        await asyncio.wait([process.begin(goodbye())], timeout=60.0)
        self.crash()

    def _lay_down(self) -> None:
        self._process = self.namespace = self.rooms = None
        self._down_since = self._outside.time()
        if not self.workers:
            self._exchange.forget()
        self._left = [line.room for line in self.lines()]
        for line in self._lines.values():
            self._hang_up(line)
        self._lines.clear()

    def bury(self) -> None:
        """After the evening."""
        for process in self._graves:
            process.bury()

    # Lines

    async def connect(self, page: Page) -> Line | None:
        """A line to a server that is there and takes this person; None otherwise."""
        await asyncio.sleep(self._weather.trip())
        namespace, process = self.namespace, self._process
        if namespace is None or process is None:
            return None
        self._number += 1
        line = Line(f"s{self._number}", page)

        async def arrive() -> bool:
            auth = {"room": self._first.id, "window": page.window}
            try:
                await namespace.on_connect(line.sid, {"HTTP_COOKIE": page.cookie}, auth)
            except socketio.exceptions.ConnectionRefusedError:
                return False
            return True

        arriving = process.begin(arrive())
        await asyncio.wait([arriving], timeout=10.0)
        if process is not self._process or not arriving.done() or not arriving.result():
            return None
        self._lines[line.sid] = self._newest[page.at] = line
        process.begin(self._attend(namespace, line))
        return line

    def send(self, line: Line, event: str, message: Any, answered: Callable[[dict[str, str]], None]) -> None:
        """From a page; now and then its later messages are there first, as if sent over another line."""
        self._onlooker.sent(line, message)
        at = self._outside.time() + self._weather.trip()
        if not self._weather.mishap(0.02):
            at = line.up_at(at)
        self._outside.call_at(at, self._come_in, line, event, message, answered)

    def _come_in(self, line: Line, event: str, message: Any, answered: Callable[[dict[str, str]], None]) -> None:
        if not line.cut and not line.gone:
            line.inbox.append((event, message, answered))
            line.news.set()

    async def _attend(self, namespace: RoomNamespace, line: Line) -> None:
        """One message of a line after another, then its end, as the library has it."""
        handlers: dict[str, Callable[..., Awaitable[Any]]] = {
            name: getattr(namespace, f"on_{name}") for name in MESSAGES
        }
        while not line.gone or line.inbox:
            if not line.inbox:
                line.news.clear()
                await line.news.wait()
                continue
            event, message, answered = line.inbox.popleft()
            assert self._process
            line.working = self._process.begin(handlers[event](line.sid, message))
            await asyncio.wait([line.working])
            if not line.working.cancelled():
                answer = line.working.result()
                self._onlooker.answered(line, message, answer)
                self._down(line, lambda answered=answered, answer=answer: answered(answer))
            line.working = None
        self._lines.pop(line.sid, None)
        await namespace.on_disconnect(line.sid)

    def _down(self, line: Line, come: Callable[[], None]) -> None:
        at = line.down_at(self._outside.time() + self._weather.trip())

        def arrive() -> None:
            if not line.cut:
                come()

        self._outside.call_at(at, arrive, context=OUTSIDE)

    def cut(self, line: Line, noticed_after: float) -> None:
        """The network is gone: the page will see for itself, the server after so many seconds."""
        line.cut = True
        self._outside.call_later(noticed_after, self._notice, line)

    def _notice(self, line: Line) -> None:
        if line.gone:
            return
        line.gone = True
        if line.working is not None and self._weather.chance(0.5):
            line.working.cancel()  # aiohttp cancels what runs for somebody who has hung up
        line.news.set()

    def _hang_up(self, line: Line) -> None:
        """The page will notice within moments."""
        line.gone = True
        self._outside.call_later(self._weather.trip(), self._told, line, context=OUTSIDE)

    def _told(self, line: Line) -> None:
        line.cut = True
        line.page.lost(line)

    # What the namespace takes for Socket.IO's server

    async def emit(self, event: str, data: Any = None, to: str = "", **_more: Any) -> None:
        line = self._lines.get(to)
        if line is None:
            return
        if event == "room":
            line.room = data
            self._onlooker.shown(line, data)
        if event == "elsewhere":
            line.room = {}
        if self._weather.mishap(0.02) and event == "room":  # overtaken: pages go by `turn`
            self._outside.call_later(self._weather.between(0.1, 0.6), self._late, line, event, data, context=OUTSIDE)
        else:
            self._down(line, lambda: line.page.receive(line, event, data))

    def _late(self, line: Line, event: str, data: Any) -> None:
        if not line.cut:
            line.page.receive(line, event, data)

    async def disconnect(self, sid: str, *_more: object, **_other: object) -> None:
        if line := self._lines.get(sid):
            self._hang_up(line)
            line.news.set()

    def screens(self) -> list[dict[str, Any]]:
        """What everybody sees; of a server that is down, what it has left them with."""
        return [line.room for line in self.lines()] if self.up else self._left

    def lines(self) -> list[Line]:
        """That the server takes for up, one of each: those before their last are shown nothing any more."""
        return [line for line in self._lines.values() if not line.gone and line is self._newest[line.page.at]]
