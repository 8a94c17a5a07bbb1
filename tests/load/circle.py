"""A server under load, whichever it is: a process on a core of its own, and rooms that a crowd comes into."""

import asyncio
import contextlib
import os
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from tests.load.peer import Identity
from tests.load.traffic import Link

AT_ONCE = 12  # people who come through the door together
_TICKS = os.sysconf("SC_CLK_TCK")

T = TypeVar("T")


@dataclass(frozen=True)
class Circle:
    """
    One room: who is in it and sends, and how many only listen.

    Attributes:
        first: Place in the crowd of its first sender.
    """

    number: int
    first: int
    senders: int
    listeners: int = 0

    @property
    def people(self) -> int:
        return self.senders + self.listeners


class Server(Protocol):
    """
    What is measured.

    Attributes:
        pid: Of the process whose time is taken, its children's included.
    """

    pid: int

    async def start(self, core: int, folder: Path) -> None:
        """Begin to serve, on that core only."""

    async def gather(self, circle: Circle, identity: Identity) -> list[Link]:
        """Bring a room's people in, until everyone receives whatever the others send."""

    async def told(self) -> dict[str, int]:
        """What it has counted itself, if it does: pictures held back, packets turned away."""

    async def stop(self) -> None:
        """End the process."""


async def few_at_once(tasks: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Do all of it, a few at a time: a server is not measured by how many handshakes it does at once."""
    door = asyncio.Semaphore(AT_ONCE)

    async def one(task: Coroutine[Any, Any, T]) -> T:
        async with door:
            return await task

    return await asyncio.gather(*map(one, tasks))


def family(pid: int) -> Iterator[int]:
    """A process and all that come from it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from family(int(child))


def cpu_seconds(pid: int) -> float:
    """Processor time so far of a process with its threads and children, user and system (proc(5), 14 and 15)."""
    spent = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        spent += int(fields[11]) + int(fields[12])
    return spent / _TICKS


def busy_seconds() -> float:
    """Processor time so far of everything on this machine, idling and waiting apart (proc(5), /proc/stat)."""
    user, nice, system, _, _, *interrupts = Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]
    return sum(map(int, (user, nice, system, *interrupts))) / _TICKS


def memory(pid: int) -> int:
    """Bytes that a process and its children have for themselves (Pss)."""
    found = 0
    for one in family(pid):
        for line in Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                found += int(line.split()[1]) * 1024
    return found
