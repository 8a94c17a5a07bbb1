"""A real server on free ports, and visitors who come to it as a browser would, without pictures."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from ascona import app, assets
from ascona.core.people import Role
from ascona.settings import Settings
from ascona.storage.invitations import Invited

PATIENCE_SECONDS = 40.0
LOOPBACK = "127.0.0.1"  # tests send to nobody else


async def started(data: Path, clock: Callable[[], datetime] | None = None, **settings: Any) -> app.Server:
    """A server with its data in this folder, on free ports; with a clock of its own unless there is one."""
    usual = {"data": data, "port": 0, "media_port": 0, "media_host": LOOPBACK, "media_workers": 0}
    return await app.start(Settings(**(usual | settings)), clock=clock)


async def planned(
    server: app.Server, people: dict[str, Role], programme: str | None = None, title: str = ""
) -> tuple[str, dict[str, Invited]]:
    """A session for these people: its id, and everyone's invitation by name."""
    text = programme or assets.preset("ascona-90")
    now = app.steady_clock()()
    id, invited = await server.invitations.plan(list(people.items()), text, now, title)
    return id, {one.name: one for one in invited}


@dataclass
class Visitor:
    """
    Somebody who holds a link.

    Attributes:
        room: The last snapshot seen.
        notices: Keys of everything announced, in order.
    """

    origin: str
    invited: Invited
    room: dict[str, Any] = field(default_factory=dict)
    notices: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: bool = False
    over: str = ""  # why this visit has ended, as the server says
    restarts_in: int | None = None  # milliseconds, as announced
    cookies: dict[str, str] = field(default_factory=dict)
    id: str = ""
    window: str = field(default_factory=lambda: str(uuid.uuid4()))
    socket: socketio.AsyncClient | None = None
    http: aiohttp.ClientSession | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def sign_in(self) -> None:
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        async with self.http.post(f"{self.origin}/join", json={"secret": self.invited.secret}) as answer:
            answer.raise_for_status()
            self.cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
            self.id = (await answer.json())["room"].rsplit("/", 1)[1]

    @property
    def cookie(self) -> str:
        """As a header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def connect(self) -> None:
        """Open the socket; nothing is said yet."""
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("room", self._see)
        self.socket.on("notice", self._hear)
        self.socket.on("line", self.lines.append)
        self.socket.on("elsewhere", self._moved)
        self.socket.on("restart", self._restart)
        self.socket.on("over", self._end)
        await self.socket.connect(
            self.origin,
            headers={"Cookie": self.cookie, "Origin": self.origin},
            auth={"room": self.id, "window": self.window},
            transports=["websocket"],
            wait_timeout=PATIENCE_SECONDS,
        )

    async def come(self, name: str | None = None, *, move: bool = False, agreed: bool = True) -> dict[str, Any]:
        """Sign in, connect and knock; the acknowledgement. `move`: also out of another window; `agreed`: ticked."""
        if not self.cookies:
            await self.sign_in()
        await self.connect()
        return await self.do("Knock", name=name or self.invited.name, move=move, agreed=agreed)

    async def do(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send a command as a page would; the acknowledgement."""
        order = {"do": do, "version": self.room.get("version", 0), "key": str(uuid.uuid4())}
        return await self.send("command", order | fields)

    async def send(self, event: str, message: object) -> dict[str, Any]:
        assert self.socket
        answer = await self.socket.call(event, message, timeout=PATIENCE_SECONDS)
        assert isinstance(answer, dict)
        return answer

    async def sees(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the room looks like this."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (self.room and true(self.room)):
                self._news.clear()
                await self._news.wait()
        return self.room

    async def reads(self, key: str) -> dict[str, Any]:
        """Wait until this has been announced."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(notice["key"] == key for notice in self.notices):
                self._news.clear()
                await self._news.wait()
        return next(notice for notice in self.notices if notice["key"] == key)

    async def hang_up(self) -> None:
        """The line is lost."""
        if self.socket:
            await self.socket.disconnect()

    async def close(self) -> None:
        await self.hang_up()
        if self.http:
            await self.http.close()

    async def _see(self, room: dict[str, Any]) -> None:
        if room["turn"] > self.room.get("turn", 0):
            self.room = room
        self._news.set()

    async def _hear(self, notice: dict[str, Any]) -> None:
        self.notices.append(notice)
        self._news.set()

    async def hears_of_a_restart(self) -> int:
        """Wait until a restart is announced: in how many milliseconds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.restarts_in is None:
                self._news.clear()
                await self._news.wait()
        return self.restarts_in

    async def _restart(self, said: dict[str, int]) -> None:
        self.restarts_in = said["in_ms"]
        self._news.set()

    async def _moved(self, _nothing: object) -> None:
        self.elsewhere = True
        self._news.set()

    async def _end(self, said: dict[str, str]) -> None:
        self.over = said["reason"]
        self._news.set()
