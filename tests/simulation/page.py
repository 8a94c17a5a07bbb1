"""Somebody's page, as `web/static/room` behaves: knocks on every new line, and calls once it is inside."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from ascona.core.sound_line import sound_line
from tests.simulation.exchange import Exchange
from tests.simulation.house import House, Line
from tests.simulation.weather import Weather

ANSWER_SECONDS = 10.0
"""How long a page waits for an acknowledgement."""

READING_SECONDS = 1.5
"""How long something has to be on a screen before anybody presses for it: `READING` in `web/static/room/glance.js`."""


class Page:
    """
    One window of one person.

    Attributes:
        browser: Which of the person's browsers it is in; empty: the one that they came with.
        sound: It is a telephone, and only carries the sound of another window.
        at: The line that its sound and picture go by.
        room: The last snapshot; empty on a fresh line.
        knocked: This line has the person's place, as far as the page knows.
        over: Another window has taken over, or this one was closed.
        network: Whether it reaches anything.
    """

    def __init__(
        self,
        person: str,
        window: str,
        house: House,
        exchange: Exchange,
        weather: Weather,
        sound: bool = False,
        browser: str = "",
    ) -> None:
        self.person = person
        self.browser = browser
        self.cookie = f"{person}/{browser}" if browser else person
        self.sound = sound
        self.at = sound_line(person) if sound else person
        self.window = window
        self.room: dict[str, Any] = {}
        self.seen: dict[str, Any] = {}
        self.knocked = False
        self.over = False
        self.network = True
        self.devices = {"microphone": True, "camera": weather.chance(0.8)}
        self.keys = 0
        self._house, self._exchange, self._weather = house, exchange, weather
        self._sent: dict[str, dict[str, Any]] = {}
        self._shown: list[tuple[float, int]] = []  # when, and which version; the first has been read
        self._line: Line | None = None
        self._down = asyncio.Event()
        self._calling = False
        self._moves = True
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self, moves: bool = True) -> None:
        """
        Args:
            moves: Whether it says yes when asked "Move here?".
        """
        self._moves = moves
        self._begin(self._live())
        self._begin(self._mind_the_media())

    async def _live(self) -> None:
        while not self.over:
            line = await self._house.connect(self) if self.network else None
            if line is not None and self.over:
                self._house.cut(line, 0.0)
            elif line is not None:
                self._line, self.room = line, {}
                self._down.clear()
                await self._knock()
                await self._down.wait()
            self.knocked = False
            await asyncio.sleep(self._weather.between(0.05, 1.0))

    async def _knock(self, move: bool = False) -> None:
        how = {"move": True} if move else {"sound": True} if self.sound else {}
        fields = {"name": self.person.title(), "agreed": True, **self.devices, **how}
        line = self._line
        answer = await self.press("Knock", **fields)
        self.knocked = answer == {}
        if answer and self.sound and answer.get("refused") == "not_inside":
            self.close()
        elif answer and answer.get("refused") == "too_fast" and line is self._line:
            await asyncio.sleep(self._weather.between(1.0, 3.0))
            return await self._knock(move) if line is self._line else None
        elif answer and answer.get("refused") == "already_here":
            if self._moves and not move:
                return await self._knock(move=True)
            self.close()
        return None

    async def press(self, do: str, version: int | None = None, key: str = "", **fields: Any) -> dict[str, str] | None:
        """Send a command; the acknowledgement, or None if none came."""
        self.keys += 1
        seen = self.room.get("version", 0) if version is None else version
        order = {"do": do, "version": seen, "key": key or f"{self.person}-{self.window}-{self.keys:04}", **fields}
        if do != "Knock" and self._shown:
            order["seen"] = min(seen, self.read())
        order = self._sent.setdefault(order["key"], order)  # the same key is the same message
        return await self.ask("command", order)

    def _look(self, version: int) -> None:
        """As `Glance.show` there: a server that lost what it had not recorded counts anew, and is believed."""
        last = self._shown[-1][1] if self._shown else -1
        if version < last:
            self._shown.clear()
        if version != last:
            self._shown.append((asyncio.get_running_loop().time(), version))

    def read(self) -> int:
        """The version that has been on this screen for long enough to be read."""
        long_ago = asyncio.get_running_loop().time() - READING_SECONDS
        while len(self._shown) > 1 and self._shown[1][0] <= long_ago:
            del self._shown[0]
        return self._shown[0][1]

    async def ask(self, event: str, message: Any) -> dict[str, str] | None:
        line, answer = self._line, asyncio.get_running_loop().create_future()
        if line is None or line.cut:
            return None
        self._house.send(line, event, message, lambda said: None if answer.done() else answer.set_result(said))
        await asyncio.wait([answer], timeout=ANSWER_SECONDS)
        return answer.result() if answer.done() else None

    def receive(self, line: Line, event: str, message: Any) -> None:
        """Something has come."""
        if line is not self._line or self.over:
            return
        if event == "room" and message["turn"] > self.room.get("turn", 0):
            self.room = self.seen = message
            self._look(message["version"])
            self._begin(self._call())
        if event == "again":
            self._begin(self._call())
        place = message["me"]["place"] if event == "room" else ""
        gone = place in {"left", "removed"} and (self.sound or self.browser)
        if event == "elsewhere" or gone or (self.browser and place == "invited"):
            self.close()

    async def _mind_the_media(self) -> None:
        """Nothing comes, or nothing any more: call."""
        while not self.over:
            await asyncio.sleep(self._weather.between(1.0, 3.0))
            await self._call()

    def _lacks_media(self) -> bool:
        here = self.knocked and self.network and not self.over
        inside = bool(self.room) and self.room["me"]["place"] == "inside" and self.room["phase"] != "ended"
        return here and inside and self._exchange.lines.get(self.at) != self.window

    async def _call(self) -> None:
        """Offer, and connect if that is answered."""
        if self._calling or not self._lacks_media():
            return
        self._calling = True
        answer = await self.ask("offer", {"sdp": self.window})
        if answer and "sdp" in answer:
            await asyncio.sleep(self._weather.between(0.1, 0.6))
            if self.network and not self.over:
                self._exchange.come_up(self.at, self.window)
        self._calling = False

    def lost(self, line: Line) -> None:
        """The line is down, and this page knows it."""
        if line is self._line:
            self._line, self.knocked = None, False
            self._down.set()

    def lose(self, seconds: float, noticed: float, server_notices: float) -> None:
        """No network for so long; the page and the server notice each in their time."""
        loop = asyncio.get_running_loop()
        self.network = False
        if self._line is not None:
            line = self._line
            self._house.cut(line, server_notices)
            loop.call_later(min(noticed, seconds), self.lost, line)
        loop.call_later(seconds, self._return)
        if seconds > 30:
            loop.call_later(30.0, self._consent_lapses)

    def _return(self) -> None:
        self.network = True

    def _consent_lapses(self) -> None:
        """RFC 7675: whoever is not heard of for thirty seconds is sent nothing more."""
        if not self.network:
            self._exchange.hang_up(self.at, self.window)

    def close(self) -> None:
        """The window is closed, or silent for good."""
        self.over, self.knocked = True, False
        line, self._line = self._line, None
        self._down.set()
        if line is not None:
            self._house.cut(line, self._weather.trip())
        self._exchange.hang_up(self.at, self.window)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def line(self) -> Line | None:
        return self._line


class Thief(Page):
    """A page made by hand, with somebody's used link: it calls whatever it is told."""

    def _lacks_media(self) -> bool:
        return self.network and not self.over and self._exchange.lines.get(self.at) != self.window
