"""`ascona serve` with real processes: one is killed, voices go on or come back, and who is silent stays so."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aioice
import pytest
from tests.integration.test_evening import with_pia_presenting
from tests.support.media import Client, loopback_addresses, until
from tests.support.process import Server
from tests.support.server import Visitor

from ascona.core.media_plan import Kind
from ascona.core.people import Standing
from ascona.storage.invitations import Invited

OFFERS_APART = 1.0  # seconds; more often nobody may offer for long
ARRIVE, FANTASIES = 0, 4  # steps; in the second the presenter sits back


@dataclass
class Evening:
    """A session whose presenter sits back, with people who hear one another as browsers do."""

    server: Server
    people: dict[str, Visitor]
    clients: dict[str, Client]

    def heard(self, listener: str, speaker: str) -> int:
        """Packets of somebody's voice that have come to somebody, over the present connection."""
        room = self.people["Ada"].room
        slot = next(chair["seat"] for chair in room["people"] if chair["name"] == speaker)
        return self.clients[listener].packets(slot, Kind.AUDIO)

    async def more_is_heard(self, listener: str, speaker: str) -> None:
        before = self.heard(listener, speaker)
        await until(lambda: self.heard(listener, speaker) > before + 20)

    async def connect(self) -> None:
        """Everybody offers, and offers again if the server cannot answer just now."""
        for name, person in self.people.items():
            if name in self.clients:
                await self.clients[name].close()
            client = self.clients[name] = Client(len(self.people) + 2)
            offer = await client.offer()
            while "sdp" not in (answer := await person.send("offer", {"sdp": offer})):
                await asyncio.sleep(OFFERS_APART)
            await client.accept(answer["sdp"])
            await until(lambda client=client: client.connection.connectionState == "connected")

    async def go_to(self, step: int) -> None:
        assert await self.people["Ada"].do("GoToPhase", step=step) == {}


@pytest.fixture
async def evening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Evening]:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    server = Server(tmp_path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.end)
        await server.start()
        people = {}
        for one in await server.plan("--leader", "Ada", "--co-leader", "Ben", "--member", "Pia", "--member", "Max"):
            invited = Invited("", one["name"], Standing(one["standing"]), one["link"].split("#")[1])
            people[one["name"]] = Visitor(server.origin, invited)
            stack.push_async_callback(people[one["name"]].close)
        await with_pia_presenting(people)
        opened = Evening(server, people, {})
        await opened.connect()
        await opened.go_to(FANTASIES)
        yield opened
        for client in opened.clients.values():
            await client.close()


async def test_a_killed_worker_takes_no_phase_along_and_lets_nobody_be_heard_who_sits_back(evening: Evening) -> None:
    await evening.more_is_heard("Max", "Ada")

    os.kill(worker_of(evening.server), signal.SIGKILL)
    await evening.connect()

    await evening.more_is_heard("Max", "Ada")
    await evening.more_is_heard("Pia", "Max")
    assert evening.people["Max"].room["phase"] == "fantasies"
    assert {evening.heard(name, "Pia") for name in ("Ada", "Ben", "Max")} == {0}


async def test_a_killed_web_process_takes_no_voice_along_and_the_next_one_leads_on(evening: Evening) -> None:
    worker = worker_of(evening.server)
    await evening.more_is_heard("Max", "Ada")
    silent = evening.heard("Max", "Pia")

    await evening.server.stop(kill=True)
    await evening.more_is_heard("Max", "Ada")
    await evening.server.start()

    assert worker_of(evening.server) == worker
    max_ = evening.people["Max"]
    max_.room = {}
    assert await max_.come() == {}
    room = await max_.sees(lambda room: room["phase"] == "fantasies")
    assert {chair["name"]: chair["state"] for chair in room["people"]} == {
        "Ada": "here", "Ben": "here", "Pia": "back", "Max": "here",
    }  # fmt: skip
    await evening.more_is_heard("Max", "Ada")
    assert evening.heard("Max", "Pia") == silent

    evening.people["Ada"].room = {}
    assert await evening.people["Ada"].come() == {}
    await evening.people["Ada"].sees(lambda room: bool(room["people"]))
    await evening.go_to(ARRIVE)
    await evening.more_is_heard("Max", "Pia")
    await evening.go_to(FANTASIES)
    await evening.more_is_heard("Max", "Ada")
    silent = evening.heard("Max", "Pia")
    await evening.more_is_heard("Max", "Ada")
    assert evening.heard("Max", "Pia") == silent


async def test_a_server_that_is_asked_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        await server.start()
        worker = worker_of(server)
    finally:
        await server.stop()

    assert words(Path(f"/proc/{worker}")) == []


def worker_of(server: Server) -> int:
    """The process that forwards for this server."""
    place = os.fsencode(server.data / "media" / "worker-0")
    processes = (entry for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return next(int(entry.name) for entry in processes if place in words(entry))


def words(process: Path) -> list[bytes]:
    """A process's command line."""
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


async def test_a_restart_is_announced_and_everybody_comes_back_to_the_same_phase(tmp_path: Path) -> None:
    server = Server(tmp_path, settings={"ASCONA_DRAIN_SECONDS": "600"})
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.end)
        await server.start()
        people = {}
        for one in await server.plan("--leader", "Ada", "--co-leader", "Ben", "--member", "Pia", "--member", "Max"):
            invited = Invited("", one["name"], Standing(one["standing"]), one["link"].split("#")[1])
            people[one["name"]] = Visitor(server.origin, invited)
            stack.push_async_callback(people[one["name"]].close)
        await with_pia_presenting(people)
        assert await people["Ada"].do("GoToPhase", step=FANTASIES) == {}

        assert server.process
        server.process.terminate()
        assert 0 < await people["Max"].hears_of_a_restart() <= 600_000
        assert await people["Ada"].do("Extend", minutes=2) == {}, "the evening goes on until then"
        await server.stop()  # asked a second time, it does not wait
        await server.start()

        max_ = people["Max"]
        max_.room = {}
        assert await max_.come() == {}
        room = await max_.sees(lambda room: bool(room["people"]))
        assert room["phase"] == "fantasies"
        assert {chair["name"]: chair["state"] for chair in room["people"]}["Max"] == "here"
