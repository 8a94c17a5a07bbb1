"""Plays the people named in one line of JSON on standard input, until that input ends."""

import asyncio
import json
import logging
import sys
from typing import Any

from ascona.rehearsal.figure import Figure
from ascona.rehearsal.line import reach_this_machine, send_what_fits
from ascona.rehearsal.loops import FRAMES, loops

_LINE_LIMIT = 1 << 20  # bytes: far more than a full room


async def play() -> None:
    """Bring everybody in, one after another, and stay until nobody listens at the other end of the pipe."""
    clock = asyncio.get_running_loop().time
    pipe = asyncio.StreamReader(limit=_LINE_LIMIT)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(pipe), sys.stdin)
    brief: dict[str, Any] = json.loads(await pipe.readline())
    ended = asyncio.create_task(pipe.read())
    figures: list[asyncio.Task[None]] = []
    frames = brief.get("frames", FRAMES)
    for seed, person in enumerate(brief["people"]):
        made = await asyncio.to_thread(loops, person["name"], seed, frames)
        figure = Figure(person["name"], person["link"], brief["url"], made, clock)
        figures.append(asyncio.create_task(figure.live()))
        figures[-1].add_done_callback(_report)
    await ended
    for task in figures:
        task.cancel()
    await asyncio.gather(*figures, return_exceptions=True)


def _report(task: asyncio.Task[None]) -> None:
    """Say that somebody is missing, but not who: names stay in the room."""
    error = None if task.cancelled() else task.exception()
    if error:
        sys.stderr.write(f"A simulated person could not stay: {type(error).__name__}\n")


if __name__ == "__main__":
    logging.getLogger("aioice").setLevel(logging.ERROR)  # it names addresses
    reach_this_machine()
    send_what_fits()
    asyncio.run(play())
