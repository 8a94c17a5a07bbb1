"""What a server's processes hold: memory, file descriptors, threads, tasks; and how memory grows."""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import aiohttp

from tests.load.circle import family

MOST_POINTS = 400
"""Moments that a slope is made from: it takes half their square of pairs."""

_TASKS = re.compile(r'^ascona_tasks\{process="([^"]+)"\} (\S+)$', re.M)
_REPLACED = re.compile(r"^ascona_workers_replaced_total\{[^}]*\} (\S+)$", re.M)


@dataclass(frozen=True)
class Held:
    """By one process: memory in bytes, and how many of the others."""

    memory: int
    files: int
    threads: int
    tasks: int


@dataclass(frozen=True)
class Reading:
    """
    All processes at one moment.

    Attributes:
        at: Seconds since the run began.
        full: Whether everybody was there.
    """

    at: float
    full: bool
    held: dict[str, Held]


class Gauge:
    """Reads a server's processes, from outside and on its own metrics port."""

    def __init__(self, pid: int, metrics_port: int, http: aiohttp.ClientSession) -> None:
        self._pids = list(family(pid))
        self._url = f"http://127.0.0.1:{metrics_port}/metrics"
        self._http = http

    async def read(self, at: float, full: bool) -> Reading:
        """
        Read all of it.

        Raises:
            FileNotFoundError: If a process is gone.
            RuntimeError: If a worker was replaced: what it held is gone with it.
        """
        async with self._http.get(self._url) as answer:
            told = await answer.text()
        if any(float(times) for times in _REPLACED.findall(told)):
            raise RuntimeError("a media worker was replaced")
        named = zip(_TASKS.findall(told), self._pids, strict=True)
        return Reading(at, full, {name: _held(pid, int(float(tasks))) for (name, tasks), pid in named})


def _held(pid: int, tasks: int) -> Held:
    process = Path(f"/proc/{pid}")
    status = (process / "status").read_text(encoding="ascii", errors="replace")
    pages = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.M)
    threads = re.search(r"^Threads:\s+(\d+)$", status, re.M)
    assert pages
    assert threads
    return Held(1024 * int(pages[1]), len(list((process / "fd").iterdir())), int(threads[1]), tasks)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """
    By how much the second value grows for each of the first: the median of all pairs' slopes.

    Up to 29 % of the points may be anything (Theil, 1950; Sen, 1968): a collection that came late bends no line.
    """
    step = -(-len(points) // MOST_POINTS)
    pairs = combinations(points[:: max(step, 1)], 2)
    slopes = [(there - here) / (then - now) for (now, here), (then, there) in pairs if then != now]
    return statistics.median(slopes) if slopes else 0.0


def left_behind(before: Reading, after: Reading) -> dict[str, int]:
    """What is more than before, by process and kind, memory apart; empty if nothing is."""
    return {
        f"{name}: {kind}": more
        for name, held in after.held.items()
        for kind in ("files", "threads", "tasks")
        if (more := getattr(held, kind) - getattr(before.held[name], kind)) > 0
    }
