"""The company of simulated people: a process of its own, started and ended here."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

NAMES = (
    "Amara",
    "Mateo",
    "Elif",
    "Jonas",
    "Noor",
    "Priya",
    "Tomas",
    "Yuki",
    "Zofia",
    "Leila",
    "Sven",
    "Ines",
    "Kofi",
    "Marta",
)
"""First names from many places: as many as a full circle has with video."""

_FAREWELL_SECONDS = 5.0  # enough to leave politely


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody to be played: the name on the picture, and the personal link."""

    name: str
    link: str


class Company:
    """Simulated people who come in one after another and stay until `stop`, or until this process ends."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process they run in; None before `start`."""
        return self._process.pid if self._process else None

    async def start(self, links: Sequence[Invited], url: str) -> None:
        """
        Send them in.

        Names and links go through a pipe, so that no list of processes shows
        them. The end of that pipe is also the sign to leave: the system closes
        it when this process ends, however it ends.

        Args:
            links: Who is played.
            url: Where the server is reached from this machine, without a slash at the end.
        """
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ascona.rehearsal",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us; they leave when the pipe ends
        )
        brief = {"url": url, "people": [asdict(person) for person in links]}
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101  # it was asked for
        stdin.write(json.dumps(brief).encode() + b"\n")
        await stdin.drain()

    async def stop(self) -> None:
        """Let them leave, and see to it that they have."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _FAREWELL_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
