"""Media workers on free ports of loopback, in a folder of a test's own."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from ascona.media import wire
from ascona.media.switchboard import Told, to_nobody
from ascona.media.workers import Workers
from tests.support.media import PATIENCE, ROOM


def brief(alone_seconds: float = 60.0, unled_seconds: float = 60.0, port: int = 0) -> wire.Brief:
    """What a worker of a test is told."""
    return wire.Brief("127.0.0.1", port, (), True, unled_seconds, alone_seconds, "0")


@contextmanager
def worker_on_loopback(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that waits for web processes, whichever test they are in."""
    command = (sys.executable, "-m", "ascona.media.worker", str(folder / "worker-0"))
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert worker.stdin
    assert worker.stdout
    with worker:
        worker.stdin.write(wire.BRIEF.dump_json(brief()) + b"\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == b"null\n"
        yield worker
        worker.terminate()


@asynccontextmanager
async def workers_on_loopback(
    folder: Path,
    count: int = 1,
    alone_seconds: float = 60.0,
    unled_seconds: float = 60.0,
    told: Told = to_nobody,
    patience: float = PATIENCE,
) -> AsyncIterator[Workers]:
    """So many workers, and one open room; ended at the end."""
    workers = Workers(folder, [brief(alone_seconds, unled_seconds)] * count, told, patience=patience)
    await workers.start()
    workers.open_room(ROOM, 2)
    try:
        yield workers
    finally:
        await workers.close()


@asynccontextmanager
async def led(folder: Path) -> AsyncIterator[Workers]:
    """The worker of this folder, with one open room; it goes on without us, and without the room."""
    workers = Workers(folder, [brief()], patience=PATIENCE)
    await workers.start()
    workers.open_room(ROOM, 2)
    try:
        yield workers
    finally:
        workers.close_room(ROOM)
        await workers.abandon()
