"""Ascona's own switchboard in a process of its own, told by lines of JSON what to do; and the side that tells it."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from ascona.core.media_plan import Kind, MediaPlan, Route
from ascona.media.switchboard import Switchboard
from tests.load import sdp
from tests.load.circle import Circle, few_at_once
from tests.load.peer import PATIENCE, Identity, Peer
from tests.load.traffic import Link

_LARGEST_LINE = 1 << 20


class Ours:
    """The server under load, from outside."""

    def __init__(self, host: str, native: bool) -> None:
        """
        Args:
            native: Send packets on in C.
        """
        self._host = host
        self._native = native
        self.pid = 0
        self._process: asyncio.subprocess.Process
        self._turn = asyncio.Lock()

    async def start(self, core: int, folder: Path) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.load.ours", self._host, "native" if self._native else "python",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LARGEST_LINE,
        )  # fmt: skip
        self.pid = self._process.pid
        os.sched_setaffinity(self.pid, {core})
        await self._ask("ready")

    async def _ask(self, *words: Any) -> Any:
        async with self._turn:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(words).encode() + b"\n")
            return json.loads(await asyncio.wait_for(self._process.stdout.readline(), PATIENCE))

    async def gather(self, circle: Circle, identity: Identity) -> list[Link]:
        room = str(circle.number)
        await self._ask("open", room, circle.senders)
        links = await few_at_once([self._come(circle, place, identity) for place in range(circle.people)])
        await self._ask("follow", room, circle.senders, circle.people)
        async with asyncio.timeout(PATIENCE):
            while await self._ask("connected", room) < circle.people:
                await asyncio.sleep(0.05)
        return links

    async def _come(self, circle: Circle, place: int, identity: Identity) -> Link:
        peer = Peer(identity, self._host)
        sends = place < circle.senders
        sender = circle.first + place if sends else 0
        offered = sdp.offer(peer, sender, circle.senders)
        there = sdp.read(await self._ask("answer", str(circle.number), str(place), offered))
        await peer.connect(there.address, there.name, there.password)
        hears = {
            section.ssrc: (circle.first + position // 2, section.kind)
            for position, section in enumerate(there.sections[2:])
            if section.ssrc is not None and position // 2 != place
        }
        return Link(peer, sender if sends else None, hears)

    async def told(self) -> dict[str, int]:
        return dict(await self._ask("totals"))

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()


async def obey(board: Switchboard, words: list[Any]) -> Any:
    """What each line asks for."""
    match words:
        case ["open", room, slots]:
            board.open_room(room, slots)
        case ["answer", room, person, offer]:
            return await board.answer(room, person, offer)
        case ["follow", room, senders, people]:
            await board.follow(room, _everybody(senders, people))
        case ["connected", room]:
            return len(board.connected(room))
        case ["totals"]:
            return board.totals()
    return None


def _everybody(senders: int, people: int) -> MediaPlan:
    routes = frozenset(
        Route(str(sender), str(receiver), kind)
        for sender in range(senders)
        for receiver in range(people)
        for kind in Kind
        if sender != receiver
    )
    return MediaPlan(1, routes, {str(sender): sender for sender in range(senders)})


async def serve(host: str, way: str) -> None:
    board = await Switchboard.listening(host, 0, native=way == "native")
    lines = asyncio.StreamReader(limit=_LARGEST_LINE)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        print(json.dumps(await obey(board, json.loads(line))), flush=True)
    await board.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
