"""A session over real sockets and media, whose server is killed while commands are on their way."""

import asyncio
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import socketio

from ascona.core.media_plan import Kind
from ascona.core.people import Standing
from ascona.settings import Settings
from ascona.storage.invitations import Invited
from tests.crash.book import Book, Told
from tests.crash.silence import Silence
from tests.integration.test_evening import with_pia_presenting
from tests.integration.test_restarts import worker_of
from tests.support.media import PATIENCE, Client, until
from tests.support.process import Server
from tests.support.server import Visitor

ARRIVE, ACCOUNT, QUESTIONS, FANTASIES = 0, 2, 3, 4  # steps; in the last the presenter sits back
PEOPLE = {"Ada": "--leader", "Ben": "--co-leader", "Pia": "--member", "Max": "--member"}
BROWSERS = ("Ada", "Pia", "Max")  # who sends and receives; Ada, who leads, is heard throughout
SURE = 20  # packets that come after something is closed before it counts as closed: nothing is under way any more
AGAIN_SECONDS, GOODBYE_SECONDS = 0.1, 2.0
OFFERS_APART = 1.0  # more often nobody may offer for long

AWAY = (OSError, TimeoutError, aiohttp.ClientError, socketio.exceptions.SocketIOError)

KEEPING: tuple[dict[str, Any], ...] = (
    {"do": "Extend", "minutes": 1},
    {"do": "Hold"},
    {"do": "Resume"},
    {"do": "SetAtEnd", "at_end": "announce", "whole_evening": True},
)
"""Commands that let nobody speak; each that is acknowledged is an event at least."""

MOVING: tuple[dict[str, Any], ...] = (
    *({"do": "GoToPhase", "step": step} for step in (ARRIVE, ACCOUNT, QUESTIONS, FANTASIES, FANTASIES)),
    {"do": "SitBack"},
    {"do": "ComeBack"},
)


class Victim(Enum):
    """What is killed."""

    WEB = "web process"
    WORKER = "media worker"
    BOTH = "both"


class Patient(Visitor):
    """Whose page tries until it is let in."""

    async def come(self, name: str | None = None, *, move: bool = False) -> dict[str, Any]:
        while True:
            try:
                return await super().come(name, move=move)
            except AWAY:
                await asyncio.sleep(AGAIN_SECONDS)

    async def close(self) -> None:
        """A line whose server was killed has nothing to say goodbye to."""
        with suppress(TimeoutError):
            await asyncio.wait_for(super().close(), GOODBYE_SECONDS)


@dataclass
class Evening:
    """
    Attributes:
        worker: The process that the browsers' connections lead to.
        silence: Of Pia, who presents.
    """

    server: Server
    people: dict[str, Visitor]
    book: Book
    clients: dict[str, Client] = field(default_factory=dict)
    worker: int | None = None
    silence: Silence = field(default_factory=lambda: Silence(0))

    async def kill(self, victim: Victim, chance: Random) -> float:
        """One round; seconds from the kill until everybody is in the room again and hears."""
        still = chance.random() < 0.6
        if still:
            await self._sit_back()
        began, known = datetime.now(UTC), {name: person.room["version"] for name, person in self.people.items()}
        choice = KEEPING if still else MOVING + KEEPING
        sending = [asyncio.create_task(self._command(name, choice, chance)) for name in ("Ada", "Ben")]
        await asyncio.sleep(chance.uniform(0.02, 0.8))
        assert self.worker
        killed = time.monotonic()
        if victim is not Victim.WEB:
            os.kill(self.worker, signal.SIGKILL)
        if victim is not Victim.WORKER:
            await self.server.stop(kill=True)
        await ended(sending)
        now = datetime.now(UTC)
        shown = [Told(one.room, began, now) for name, one in self.people.items() if one.room["version"] > known[name]]
        if victim is not Victim.WORKER:
            await self.book.check(shown)
            await self._start_again(chance)
        await self._return(victim)
        took = time.monotonic() - killed
        await self._compare()
        return took

    async def connect(self) -> None:
        """Everybody offers to the worker that is there now."""
        self.worker = self._worker()
        await asyncio.gather(*(self._connect(name) for name in BROWSERS))

    async def _connect(self, name: str) -> None:
        """Offer, and offer again if the server cannot answer just now."""
        client, person = Client(len(self.people) + 2), self.people[name]
        offer = await client.offer()
        while "sdp" not in (answer := await person.send("offer", {"sdp": offer})):
            await asyncio.sleep(OFFERS_APART)
        before = self.clients.get(name)
        self.silence.renewed(name, client)
        self.clients[name] = client
        await client.accept(answer["sdp"])
        await until(lambda: client.connection.connectionState == "connected")
        if before:
            await before.close()

    async def _sit_back(self) -> None:
        assert await self._do("Ada", {"do": "GoToPhase", "step": FANTASIES})
        await self.people["Max"].sees(lambda room: room["phase"] == "fantasies")
        await self._watch_silence()

    async def _watch_silence(self) -> None:
        await self._more_is_heard(SURE)
        self.silence.begins({name: self.clients[name] for name in ("Ada", "Max")})

    async def _command(self, name: str, choice: tuple[dict[str, Any], ...], chance: Random) -> None:
        while True:
            await self._do(name, chance.choice(choice))
            await asyncio.sleep(chance.uniform(0.0, 0.1))

    async def _do(self, name: str, command: dict[str, Any]) -> bool:
        """Whether it was acknowledged, which is then a promise."""
        person, key = self.people[name], str(uuid.uuid4())
        order = {"version": person.room.get("version", 0), "key": key} | command
        done = await person.send("command", order) == {}
        if done:
            self.book.acknowledged.add((person.room["me"]["person"], key))
        return done

    async def _start_again(self, chance: Random) -> None:
        if chance.random() < 0.15:  # killed while it starts, too
            starting = asyncio.create_task(self.server.start())
            await asyncio.wait({starting}, timeout=chance.uniform(0.3, 1.5))
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await self.server.stop(kill=True)
        await self.server.start()

    async def _return(self, victim: Victim) -> None:
        if victim is not Victim.WORKER:
            await asyncio.gather(*(self._come(person) for person in self.people.values()))
        await self._more_is_heard(1)

    async def _come(self, person: Visitor) -> None:
        """As a page does whose line is lost."""
        person.room = {}
        while not person.room.get("people"):
            assert await person.come() == {}
            with suppress(TimeoutError):
                await person.sees(lambda room: bool(room["people"]))

    async def _compare(self) -> None:
        """What is shown and heard now against what is recorded."""
        after = datetime.now(UTC)
        assert await self._do("Ada", {"do": "SetAtEnd", "at_end": "announce", "whole_evening": True})
        version = self.people["Ada"].room["version"]
        for person in self.people.values():
            await person.sees(lambda room: room["version"] >= version)
        told = [Told(person.room, after, datetime.now(UTC)) for person in self.people.values()]
        session = await self.book.check(told)
        if session.back and not self.silence.kept:
            await self._watch_silence()
        await self._more_is_heard(SURE)
        self.silence.ends()

    def _worker(self) -> int | None:
        """The process that forwards; None while the last one is being replaced."""
        try:
            return worker_of(self.server)
        except StopIteration:
            return None

    def _heard(self, listener: str) -> int:
        return self.clients[listener].packets(0, Kind.AUDIO)  # Ada has the first seat

    async def _more_is_heard(self, packets: int) -> None:
        """Of Ada, by everybody else who hears; whose connection leads nowhere any more makes another."""
        async with asyncio.timeout(PATIENCE):
            before = {name: self._heard(name) for name in ("Pia", "Max")}
            while any(self._heard(name) < count + packets for name, count in before.items()):
                if self._worker() not in (None, self.worker):  # as pages are told, by `again`
                    await self.connect()
                    before = dict.fromkeys(before, 0)
                await asyncio.sleep(AGAIN_SECONDS)


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancelled, again where it must be: a wait that ends in the same moment swallows it (`wait_for` before 3.12)."""
    while not all(task.done() for task in tasks):
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def evening(folder: Path, database: str = "") -> AsyncIterator[Evening]:
    """
    A session whose presenter is chosen, with everybody there.

    Args:
        database: As `ASCONA_DATABASE`; empty: SQLite in the folder.
    """
    server = Server(folder, settings={"ASCONA_DATABASE": database})
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.end)
        await server.start()
        people = {}
        for one in await server.plan(*(word for name, standing in PEOPLE.items() for word in (standing, name))):
            invited = Invited("", one["name"], Standing(one["standing"]), one["link"].split("#")[1])
            people[one["name"]] = Patient(server.origin, invited)
            stack.push_async_callback(people[one["name"]].close)
        await with_pia_presenting(people)
        book = Book(Settings(data=folder, database=database).database_url, people["Ada"].id)
        opened = Evening(server, people, book)
        opened.silence.slot = next(p["seat"] for p in people["Ada"].room["people"] if p["name"] == "Pia")
        await opened.connect()
        yield opened
        for client in opened.clients.values():
            await client.close()
