"""
What others notice of a flood: how long a leader's commands take, the longest gap in a voice, and whether people get in.

Run it with `.venv/bin/python -m tests.attack.floods [--rate 5000] [--seconds 10]`. It prints and asserts nothing; each
flood stands beside the same room without one.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aioice

from ascona.core.media_plan import Kind
from ascona.core.people import Standing
from ascona.rehearsal.company import Company
from ascona.rehearsal.company import Invited as Figure
from ascona.storage.invitations import Invited
from tests.support.media import Client, client_hello, loopback_addresses, until
from tests.support.process import Server
from tests.support.server import Visitor

JOINS = 10
JOIN_SECONDS = 15.0
SLOTS = 6
LOOK_SECONDS = 0.005


class House:
    """A running room: Ada leads, Pia is simulated and speaks, Max is the one who floods."""

    def __init__(self, server: Server, ada: Visitor, ear: Client, max_: Visitor, guests: list[Visitor]) -> None:
        self.server = server
        self.ada = ada
        self.max = max_
        self._ear = ear
        self._guests = guests

    async def commands(self, seconds: float) -> list[float]:
        """How long Ada's commands take, one after another, ten a second; milliseconds."""
        took, on, until_ = [], True, time.monotonic() + seconds
        while time.monotonic() < until_:
            began = time.monotonic()
            assert await self.ada.do("ShowClock", on=on) == {}
            took.append(1000 * (time.monotonic() - began))
            on = not on
            await asyncio.sleep(0.1)
        return took

    async def longest_gap(self, seconds: float) -> float:
        """Between two looks that found a new packet of Pia's voice; milliseconds."""
        slot = next(p["slot"] for p in self.ada.room["people"] if p["name"] == "Pia")
        longest, last = 0.0, time.monotonic()
        count, until_ = self._ear.packets(slot, Kind.AUDIO), last + seconds
        while (now := time.monotonic()) < until_:
            heard = self._ear.packets(slot, Kind.AUDIO)
            if heard > count:
                longest, last, count = max(longest, now - last), now, heard
            await asyncio.sleep(LOOK_SECONDS)
        return 1000 * max(longest, time.monotonic() - last)

    async def joins(self) -> list[float]:
        """How long it takes until sound and picture of each guest are connected; milliseconds. Who fails is missing."""
        took = []
        for guest in self._guests[:JOINS]:
            browser, began = Client(SLOTS), time.monotonic()
            try:
                async with asyncio.timeout(JOIN_SECONDS):
                    answer = await guest.send("offer", {"sdp": await browser.offer()})
                    await browser.accept(answer["sdp"])
                    await until(lambda browser=browser: browser.connection.connectionState == "connected")
                took.append(1000 * (time.monotonic() - began))
            except (TimeoutError, KeyError):
                """Did not get in."""
            await browser.close()
        return took


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    aioice.ice.get_host_addresses = loopback_addresses
    async with AsyncExitStack() as stack:
        server = Server(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.push_async_callback(server.end)
        await server.start()
        guests = [f"Guest {number}" for number in range(JOINS)]
        people = ["--leader", "Ada", "--member", "Pia", "--member", "Max"]
        links = {
            one["name"]: one for one in await server.plan(*people, *(w for g in guests for w in ("--observer", g)))
        }
        company = Company()
        stack.push_async_callback(company.stop)
        await company.start([Figure("Pia", links["Pia"]["link"])], server.origin)
        visitors = {}
        for name in ("Ada", "Max", *guests):
            secret = links[name]["link"].partition("#")[2]
            visitors[name] = Visitor(server.origin, Invited("", name, Standing(links[name]["standing"]), secret))
            stack.push_async_callback(visitors[name].close)
            assert await visitors[name].come() == {}
        ada, ear = visitors["Ada"], Client(SLOTS)
        stack.push_async_callback(ear.close)
        await ada.sees(lambda room: len(room["door"]) == len(guests) + 2)
        assert await ada.do("AdmitEveryone") == {}
        assert await ada.do("OpenSession") == {}
        await ear.accept((await ada.send("offer", {"sdp": await ear.offer()}))["sdp"])
        await ada.sees(lambda room: any(p["name"] == "Pia" and p["heard"] and p["microphone"] for p in room["people"]))
        slot = next(p["slot"] for p in ada.room["people"] if p["name"] == "Pia")
        await until(lambda: ear.packets(slot, Kind.AUDIO) > 0)
        yield House(server, ada, ear, visitors["Max"], [visitors[name] for name in guests])


def floods(room: House, rate: int) -> dict[str, dict[str, Any] | None]:
    """What is poured, by name; nothing first."""
    cookie = "; ".join(f"{name}={value}" for name, value in room.max.cookies.items())
    inside = {"origin": room.server.origin, "cookie": cookie, "room": room.max.id, "rate": rate}
    next_phase = f"42{json.dumps(['command', {'do': 'NextPhase', 'version': 1, 'key': 'flooding-1'}])}"
    offer = f"42{json.dumps(['offer', {'sdp': 'v=0' + 'a=x' * 10_000}])}"
    check = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)
    stranger = {"port": room.server.media_port, "rate": rate}
    return {
        "nothing": None,
        "messages of a member": inside | {"frame": next_phase},
        "offers of a member, 30 kB": inside | {"frame": offer, "rate": rate // 10},
        "checks of a stranger": stranger | {"datagram": check.hex()},
        "handshakes of a stranger": stranger | {"datagram": client_hello().hex()},
    }


@asynccontextmanager
async def poured(flood: dict[str, Any] | None) -> AsyncIterator[None]:
    if flood is None:
        yield
        return
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.attack.pour", json.dumps(flood))
    try:
        await asyncio.sleep(1)
        yield
    finally:
        process.kill()
        await process.wait()


async def measure(rate: int, seconds: float) -> None:
    async with house() as room:
        for name, flood in floods(room, rate).items():
            async with poured(flood):
                took, gap = await asyncio.gather(room.commands(seconds), room.longest_gap(seconds))
                joined = await room.joins()
            p95 = statistics.quantiles(took, n=20)[-1]
            load = os.getloadavg()[0]
            median = statistics.median(joined) if joined else float("nan")
            print(f"{name}: commands p50 {statistics.median(took):.0f} ms, p95 {p95:.0f} ms of {len(took)};", end=" ")
            print(f"longest gap in a voice {gap:.0f} ms; {len(joined)} of {JOINS} joined,", end=" ")
            print(f"median {median:.0f} ms; load {load:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5000, help="Messages or datagrams a second.")
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    asyncio.run(measure(given.rate, given.seconds))


if __name__ == "__main__":
    main()
