"""Hours of evenings on a real `ascona serve`: how its memory grows, and what is left when everyone has gone.

    .venv/bin/python -m tests.soak [--hours 8] [--joins 200] [--minutes M] [--seed S] [--json]

Fourteen people with real sockets and packets (ten of voice a second, two of pictures), one evening of at most twenty
minutes after another on the same server; people leave and come back, lose their lines, open other windows and other
connections, evenly over the time. Before it a short evening warms everything up; what is there after that with nobody
in it is what has to be there again at the end. Ends with 1 if something is left behind, or if memory grew by
`MOST_GROWTH` or more in eight hours, which runs under half an hour cannot tell.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import aiohttp

from tests.load.circle import cpu_seconds
from tests.soak.evenings import EVENING_SECONDS, Evenings
from tests.soak.gauge import Gauge, Reading, left_behind, slope
from tests.support.interrupt import INTERRUPTED, run
from tests.support.process import Server
from tests.support.server import LOOPBACK

MOST_GROWTH = 20 << 20
"""Bytes in eight hours."""

TELLING_SECONDS = 1800.0
EIGHT_HOURS = 8 * 3600.0
WARM_UP_SECONDS, LONGEST_WARM_UP = 30.0, 900.0
"""Of the first evening; and of what follows it, at most a quarter: caches fill once."""

SETTLE_SECONDS, QUIET_SECONDS = 45.0, 120.0
"""Until nobody's line is waited for any more; and how long, at the end, what is left may take to go."""

READINGS = 720
TOLD_SECONDS = 600.0
"""From one word on standard error to the next."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


async def quiet(gauge: Gauge, at: float, before: Reading) -> Reading:
    """When everybody has gone: as soon as nothing more is there than before, or when it has had its time."""
    ends = time.monotonic() + QUIET_SECONDS
    while left_behind(before, reading := await gauge.read(at, full=False)) and time.monotonic() < ends:
        await asyncio.sleep(1.0)
    return reading


async def soak(seconds: float, joins: int, seed: int, data: Path) -> dict[str, Any]:
    metrics_port = free_port()
    server = Server(data, settings={"ASCONA_METRICS_PORT": str(metrics_port)})
    await server.start()
    assert server.process
    pid = server.process.pid
    try:
        async with aiohttp.ClientSession() as http:
            return await _measured(server, Gauge(pid, metrics_port, http), seconds, joins, seed)
    finally:
        await server.end()


async def _measured(server: Server, gauge: Gauge, seconds: float, joins: int, seed: int) -> dict[str, Any]:
    evenings = Evenings(server, random.Random(seed))  # noqa: S311  # who goes when
    await evenings.evening(WARM_UP_SECONDS, 4)
    await asyncio.sleep(SETTLE_SECONDS)
    before = await gauge.read(0.0, full=False)
    evenings.done.clear()
    assert server.process
    spent, own = cpu_seconds(server.process.pid), time.process_time()
    began = time.monotonic()
    readings: list[Reading] = []

    async def watch() -> None:
        told = 0.0
        while True:
            with contextlib.suppress(TimeoutError):  # a machine that is busy with something else
                readings.append(await gauge.read(time.monotonic() - began, evenings.full))
            if readings and readings[-1].at - told > TOLD_SECONDS:
                told = readings[-1].at
                sizes = {name: round(held.memory / (1 << 20), 1) for name, held in readings[-1].held.items()}
                print(f"{told / 60:.0f} min: MiB {sizes}, {dict(evenings.done)}", file=sys.stderr, flush=True)
            await asyncio.sleep(max(2.0, seconds / READINGS))

    watching = asyncio.create_task(watch())
    count = max(1, round(seconds / EVENING_SECONDS))
    for number in range(count):
        share = joins * (number + 1) // count - joins * number // count
        await evenings.evening(seconds / count, share)
        if watching.done():
            watching.result()
    watching.cancel()
    passed = time.monotonic() - began
    spent, own = cpu_seconds(server.process.pid) - spent, time.process_time() - own
    after = await quiet(gauge, passed, before)
    return {
        "seconds": round(passed),
        "seed": seed,
        "load": round(os.getloadavg()[0], 1),
        "cpu_percent": {"server": round(100 * spent / passed, 1), "guests": round(100 * own / passed, 1)},
        "done": dict(evenings.done),
        "voices_missing": evenings.missing,
        "memory": {name: memory(name, readings, min(LONGEST_WARM_UP, passed / 4)) for name in before.held},
        "held_before": {name: asdict(held) for name, held in before.held.items()},
        "held_after": {name: asdict(held) for name, held in after.held.items()},
        "left_behind": left_behind(before, after),
    }


def memory(name: str, readings: list[Reading], warm_up: float) -> dict[str, float]:
    """Of one process while everybody was there, after a warm-up: MiB, and the growth they mean in eight hours."""
    points = [(one.at, one.held[name].memory / (1 << 20)) for one in readings if one.full and one.at > warm_up]
    quarter = max(1, len(points) // 4)
    levels = [value for _, value in points] or [0.0]
    return {
        "grows_mib_in_8_h": round(slope(points) * EIGHT_HOURS, 1),
        "first_quarter_mib": round(statistics.median(levels[:quarter]), 1),
        "last_quarter_mib": round(statistics.median(levels[-quarter:]), 1),
        "readings": len(points),
    }


def show(result: dict[str, Any]) -> None:
    for name, value in result.items():
        if isinstance(value, dict) and any(isinstance(one, dict) for one in value.values()):
            for process, figures in value.items():
                print(f"{name}, {process}: " + ", ".join(f"{what} {number}" for what, number in figures.items()))
        else:
            print(f"{name}: {value or 'nothing'}" if name == "left_behind" else f"{name}: {value}")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=8)
    parser.add_argument("--minutes", type=float, help="instead of hours")
    parser.add_argument("--joins", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    seconds = 60 * given.minutes if given.minutes else 3600 * given.hours
    with tempfile.TemporaryDirectory(prefix="ascona-") as folder:
        try:
            result = run(soak(seconds, given.joins, given.seed, Path(folder)))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
    if given.json:
        print(json.dumps(result))
    else:
        show(result)
    grows = sum(one["grows_mib_in_8_h"] for one in result["memory"].values()) * (1 << 20)
    sys.exit(bool(result["left_behind"]) or (seconds >= TELLING_SECONDS and grows >= MOST_GROWTH))


if __name__ == "__main__":
    main()
