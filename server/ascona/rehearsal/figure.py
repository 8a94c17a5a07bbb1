"""One simulated person, who does what a polite person with a browser does."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import socketio

from ascona.rehearsal.line import Line
from ascona.rehearsal.loops import Loop, Loops
from ascona.rehearsal.tracks import LoopTrack

Room: TypeAlias = dict[str, Any]
"""A snapshot as it comes over the wire."""

HESITATES = {"AgreeToPresent": 2.0, "TakeWord": 3.0, "PassWord": 15.0}
"""Seconds before a person does what they want to: before `PassWord` they speak."""

_ANSWER_SECONDS = 10.0  # longer than the server ever thinks
_RETRY_SECONDS = 2.0


class Figure:
    """
    Comes in through a personal link, talks and shows itself as it may, and comes back when the line is lost.

    Args:
        name: As shown, and written on the picture.
        link: The personal link, `…/join#secret`.
        url: Where the server is reached from here, perhaps another address than the link's.
        loops: What this person says and shows.
        clock: Seconds, the same clock for everyone.
    """

    def __init__(self, name: str, link: str, url: str, loops: Loops, clock: Callable[[], float]) -> None:
        self._name = name
        self._secret = urlsplit(link).fragment
        self._url = url
        self._loops = loops
        self._clock = clock
        self._socket = socketio.AsyncClient(handle_sigint=False)
        self._news = asyncio.Condition()
        self._window = uuid4().hex
        self._room: Room | None = None
        self._line: Line | None = None
        self._voice: LoopTrack | None = None
        self._lean = False  # what the server says that listeners need
        self._gone = False  # for good
        self._arrived = False  # at the other end of the socket, and has not knocked yet
        self._spoken: set[int | None] = set()  # steps in which the word was taken: once is enough

    async def live(self) -> None:
        """
        Take part until cancelled, removed or replaced by another window.

        Raises:
            aiohttp.ClientError: The link is not accepted, or there is no server.
            socketio.exceptions.ConnectionError: The room refuses this person.
        """
        async with aiohttp.ClientSession(raise_for_status=True) as web:
            room, cookie = await self._join(web)
            habits = [asyncio.create_task(self._keep_the_line()), asyncio.create_task(self._take_part())]
            try:
                await self._stay(web, room, cookie)
            finally:
                for habit in habits:
                    habit.cancel()
                await asyncio.gather(*habits, return_exceptions=True)
                await self._hang_up()
                await self._socket.disconnect()

    async def _stay(self, web: aiohttp.ClientSession, room: str, cookie: str) -> None:
        """Connect, again after a lost line, and again after a server that said goodbye: it may be restarting."""
        while not self._gone:
            self._socket = self._new_socket(web)
            await self._socket.connect(
                self._url,
                headers={"Cookie": cookie, "Sec-Fetch-Site": "none"},  # a program, and no page of anybody's
                auth={"room": room, "window": self._window},
                transports=["websocket"],
                wait_timeout=_ANSWER_SECONDS,
                retry=True,
            )
            await self._socket.wait()
            await self._socket.disconnect()

    async def _join(self, web: aiohttp.ClientSession) -> tuple[str, str]:
        """The room's id, and the cookie as a header: by itself a jar gives no `__Host-` cookie to plain http."""
        async with web.post(f"{self._url}/join", json={"secret": self._secret}) as response:
            room = (await response.json())["room"].rpartition("/")[2]
            return room, "; ".join(f"{cookie.key}={cookie.value}" for cookie in response.cookies.values())

    def _new_socket(self, web: aiohttp.ClientSession) -> socketio.AsyncClient:
        socket = socketio.AsyncClient(http_session=web, handle_sigint=False)
        socket.on("connect", self._on_connect)
        socket.on("disconnect", self._on_disconnect)
        socket.on("room", self._on_room)
        socket.on("elsewhere", self._on_elsewhere)
        socket.on("pictures", self._on_pictures)
        return socket

    async def _keep_the_line(self) -> None:
        """Knock on every new socket, and send sound and picture once inside."""
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._arrived or self._lacks_line())
            if self._arrived:
                self._arrived = False
                await self._hang_up()
                await self._command(do="Knock", name=self._name, agreed=True, microphone=True, camera=True)
            elif not await self._call():
                await self._hang_up()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _take_part(self) -> None:
        """Present when asked, and speak once when the ring is open."""
        while True:
            async with self._news:
                await self._news.wait_for(lambda: self._wish() is not None)
            wish = self._wish()
            if wish:
                await asyncio.sleep(HESITATES[wish["do"]])
            if wish and wish == self._wish():
                await self._command(**wish)
                if wish["do"] == "PassWord" and self._room:
                    self._spoken.add(self._room["step"])

    def _wish(self) -> dict[str, Any] | None:
        return wish_in(self._room, self._spoken)

    def _lacks_line(self) -> bool:
        return self._line is None and self._room is not None and self._room["me"]["place"] == "inside"

    async def _call(self) -> bool:
        """Make a line; False if the server did not take it."""
        voice = self._voice = LoopTrack(self._spoken_loop(), self._clock, talks=lambda: True)
        picture = LoopTrack(self._loops.picture, self._clock, talks=lambda: voice.playing)
        self._line = Line(voice, picture, lost=self._on_lost)
        answer = await self._ask("offer", {"sdp": await self._line.offer()})
        if "sdp" not in answer or self._line is None:
            return False
        await self._line.accept(answer["sdp"])
        self._obey()
        return True

    def _spoken_loop(self) -> Loop:
        return self._loops.lean if self._lean else self._loops.voice

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line:
            await line.close()

    def _obey(self) -> None:
        me = self._room["me"] if self._room else {"may_speak": False, "may_show": False}
        if self._line:
            self._line.obey(me["may_speak"], me["may_show"])

    async def _command(self, **command: Any) -> None:
        version = self._room["version"] if self._room else 0
        await self._ask("command", {**command, "version": version, "key": str(uuid4())})

    async def _ask(self, event: str, message: object) -> dict[str, Any]:
        """The acknowledgement; empty when the line was lost meanwhile: another try follows with the next one."""
        try:
            answer = await self._socket.call(event, message, timeout=_ANSWER_SECONDS)
        except socketio.exceptions.SocketIOError:
            return {}
        return answer if isinstance(answer, dict) else {}

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _on_connect(self) -> None:
        self._room, self._arrived = None, True
        await self._tell()

    async def _on_disconnect(self, reason: str) -> None:
        self._room = None
        self._obey()

    async def _on_room(self, room: Room) -> None:
        self._room = room
        self._obey()
        if room["me"]["place"] in {"left", "removed"}:
            await self._go()
        await self._tell()

    async def _on_pictures(self, pictures: dict[str, Any]) -> None:
        """Speak leaner for whose line is narrow; the picture goes on as it is."""
        self._lean = pictures["lean"]
        if self._voice:
            self._voice.play(self._spoken_loop())

    async def _on_elsewhere(self, _: object) -> None:
        await self._go()

    async def _go(self) -> None:
        self._gone = True
        await self._socket.disconnect()

    async def _on_lost(self) -> None:
        await self._hang_up()
        await asyncio.sleep(_RETRY_SECONDS)
        await self._tell()


def wish_in(room: Room | None, spoken: set[int | None]) -> dict[str, Any] | None:
    """
    What a polite person would do now, as the fields of a command.

    Args:
        room: The last snapshot; None while there is none.
        spoken: Steps of the programme in which this person has had the word.
    """
    if room is None:
        return None
    me, may = room["me"], room["me"]["may"]
    if me["asked_to_present"] and "AgreeToPresent" in may:
        return {"do": "AgreeToPresent"}
    if any(person["floor"] for person in room["people"] if person["person"] == me["person"]):
        return {"do": "PassWord", "person": me["person"]}
    if "TakeWord" in may and room["ring_open"] and room["step"] not in spoken:
        return {"do": "TakeWord"}
    return None
