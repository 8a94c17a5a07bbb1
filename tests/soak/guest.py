"""Somebody with a real socket and real packets who comes, speaks, hears, and goes: as cheap as may be."""

import asyncio
import contextlib
import itertools
import socket
from collections import Counter
from dataclasses import replace
from typing import Any

import aiohttp
import socketio

from ascona.core.media_plan import Kind
from ascona.core.people import Standing
from ascona.storage.invitations import Invited
from tests.load import sdp
from tests.load.peer import Identity, Peer
from tests.load.traffic import elements, enough, source
from tests.support.server import LOOPBACK, Visitor
from tests.support.streams import AUDIO_TYPE, VIDEO_TYPE, datagram, vp8

TICK_SECONDS = 0.1
"""Ten packets of voice a second, not fifty: a soak counts what stays, not what passes."""

_TICKS_PER_PICTURE = 5
_PICTURES_PER_KEY = 4
_TICKS_PER_CHECK = 25  # 2.5 s, as Chromium
_TICKS_PER_REPORT = 10
_LARGEST = 2048
_TRIES = 5
_VOICE, _PICTURE = bytes(60), 400

TRANSIENT = (TimeoutError, OSError, aiohttp.ClientError, socketio.exceptions.SocketIOError)
"""What a machine that starves both ends makes of a line."""


class Guest:
    """
    One invited person, who may come more than once.

    Attributes:
        heard: Packets of voice that came, by slot, over the present connection.
    """

    def __init__(self, origin: str, invitation: dict[str, str], number: int, slots: int) -> None:
        """
        Args:
            invitation: As `ascona session new --json` prints it.
            number: Of all guests: their sound and picture is told from others' by it.
            slots: As the room's page says.
        """
        secret = invitation["link"].partition("#")[2]
        self.name = invitation["name"]
        self.visitor = Visitor(origin, Invited("", self.name, Standing(invitation["standing"]), secret))
        self.heard: Counter[int] = Counter()
        self._number, self._slots = number, slots
        self._peer: Peer | None = None
        self._talk: asyncio.Task[None] | None = None

    @property
    def room(self) -> dict[str, Any]:
        """The last snapshot."""
        return self.visitor.room

    @property
    def connected(self) -> bool:
        """Whether the socket is there, as far as this end knows."""
        return self.visitor.socket is not None and bool(self.visitor.socket.connected)

    async def page(self) -> None:
        """Ask for the room's page, as a reload does."""
        assert self.visitor.http
        cookie = "; ".join(f"{name}={value}" for name, value in self.visitor.cookies.items())
        url = f"{self.visitor.origin}/room/{self.visitor.id}"
        async with self.visitor.http.get(url, headers={"Cookie": cookie}) as answer:
            answer.raise_for_status()
            await answer.read()

    async def knock(self) -> dict[str, Any]:
        """Connect and knock; the acknowledgement. Tries again, as pages do: the machine may be busy elsewhere."""
        for _ in range(_TRIES - 1):
            try:
                return await self._knock()
            except TRANSIENT:
                await self.visitor.hang_up()
                await asyncio.sleep(1.0)
        return await self._knock()

    async def _knock(self) -> dict[str, Any]:
        self.visitor.room = {}
        return await self.visitor.come()

    async def inside(self) -> None:
        """Wait until let in, and call."""
        await self.visitor.sees(lambda room: bool(room["me"]["place"] == "inside"))
        await self.call()

    async def call(self) -> None:
        """A connection for sound and picture; one there was is hung up once the new one is there."""
        peer = Peer(Identity(), LOOPBACK)  # as browsers do, a certificate for each connection
        answer = await self.visitor.send("offer", {"sdp": sdp.offer(peer, self._number, self._slots)})
        there = sdp.read(answer["sdp"])
        await peer.connect(there.address, there.name, there.password)
        await self.hush()
        voices = [section for section in there.sections[2:] if section.kind is Kind.AUDIO]
        hears = {section.ssrc: slot for slot, section in enumerate(voices) if section.ssrc is not None}
        self._peer, self.heard = peer, Counter()
        self._talk = asyncio.create_task(self._speak(peer, hears))

    async def hush(self) -> None:
        """Send nothing any more, without a word to anybody."""
        if self._talk:
            self._talk.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._talk
        if self._peer:
            self._peer.close()
        self._peer = self._talk = None

    async def lose(self) -> None:
        """The line is lost: nobody says goodbye."""
        await self.hush()
        wire = self.visitor.socket and self.visitor.socket.connected and self.visitor.socket.eio.ws
        if wire:
            wire.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        await self.visitor.hang_up()

    async def leave(self) -> None:
        """Leave as one does."""
        await self.visitor.do("Leave")
        await self.hush()
        await self.visitor.hang_up()

    async def another_window(self) -> None:
        """The same person moves to another window."""
        before = self.visitor
        self.visitor = replace(Visitor(before.origin, before.invited), cookies=before.cookies, id=before.id)
        await self.visitor.come(move=True)
        await self.inside()
        await before.close()

    async def close(self) -> None:
        """Nothing of this person is left."""
        await self.hush()
        await self.visitor.close()

    async def _speak(self, peer: Peer, hears: dict[int, int]) -> None:
        for turn in itertools.count():
            for datagram_ in self._said(turn):
                peer.socket.send(peer.keys.protect(datagram_))
            if turn % _TICKS_PER_CHECK == 0:
                peer.socket.send(peer.check)
            if turn % _TICKS_PER_REPORT == 0:
                peer.socket.send(peer.keys.protect_rtcp(enough()))
            self._listen(peer, hears)
            await asyncio.sleep(TICK_SECONDS)

    def _said(self, turn: int) -> list[bytes]:
        ssrc = source(self._number, Kind.AUDIO)
        said = [datagram(AUDIO_TYPE, turn, 4800 * turn, ssrc, _VOICE, elements(0, turn))]
        frame, rest = divmod(turn, _TICKS_PER_PICTURE)
        if rest == 0:
            shown = vp8(frame, frame, key=frame % _PICTURES_PER_KEY == 0).ljust(_PICTURE, b"\0")
            camera = source(self._number, Kind.VIDEO)
            said.append(datagram(0x80 | VIDEO_TYPE, frame, 9000 * turn, camera, shown, elements(1, 30_000 + frame)))
        return said

    def _listen(self, peer: Peer, hears: dict[int, int]) -> None:
        while True:
            try:
                came = peer.socket.recv(_LARGEST)
            except (BlockingIOError, ConnectionRefusedError):
                return
            slot = hears.get(int.from_bytes(came[8:12]))
            if slot is not None and came[0] >> 6 == 2 and came[1] & 0x7F == AUDIO_TYPE:
                self.heard[slot] += 1
