"""Ascona beside Debian's Janus, under the same crowd: what a packet costs, and how much later it comes.

    .venv/bin/python -m tests.load.crowd [--seconds 10] [--cases "5 rooms" "1 room"] [--servers ours] [--json]

Server and crowd have a core each. Everyone sends 50 packets of sound and 50 of pictures (1,000 bytes) a second to
everyone else in their room, encrypted before the measurement; what comes is counted and timed, not decrypted. The hot
path of the crowd is C, built with gcc when this starts.
"""

import argparse
import asyncio
import importlib.util
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from ascona.core.media_plan import Kind
from ascona.media.switchboard import own_addresses
from tests.load.circle import Circle, Server, busy_seconds, cpu_seconds, memory
from tests.load.janus import PROGRAM, Janus
from tests.load.ours import Ours
from tests.load.peer import Identity
from tests.load.priority import go_first
from tests.load.traffic import SETTLING, Heard, Link, Traffic, built

TEN = (10, 0)
CASES = {
    "1 room of 10": [TEN],
    "3 rooms of 10": [TEN] * 3,
    "5 rooms of 10": [TEN] * 5,
    "8 rooms of 10": [TEN] * 8,
    "10 rooms of 10": [TEN] * 10,
    "13 rooms of 10": [TEN] * 13,
    "1 room of 14": [(14, 0)],
    "circle of 12, ring of 100": [(12, 100)],
}
"""Senders and mere listeners of each room."""

SERVERS: dict[str, Callable[[str], Server]] = {
    "ours, Python": lambda host: Ours(host, native=False),
    "ours, C": lambda host: Ours(host, native=True),
    "janus, event_loops=1": lambda host: Janus(host, 1),
    "janus, as installed": lambda host: Janus(host, None),
}
BUSY = 0.7  # of a core: more is not planned for


def circles(rooms: Iterable[tuple[int, int]]) -> list[Circle]:
    numbered, first = [], itertools.count()
    for number, (senders, listeners) in enumerate(rooms):
        places = list(itertools.islice(first, senders))
        numbered.append(Circle(number, places[0], senders, listeners))
    return numbered


@dataclass(frozen=True)
class Moment:
    """Seconds: of the clock, and of processor time of the server, of it and the crowd, of all on this machine."""

    passed: float
    server: float
    ours: float
    machine: float

    def __sub__(self, before: "Moment") -> "Moment":
        return Moment(*(mine - theirs for mine, theirs in zip(astuple(self), astuple(before), strict=True)))


async def measure(server: Server, rooms: list[Circle], given: argparse.Namespace, core: int) -> dict[str, Any]:
    """One server under one crowd."""

    def mark() -> Moment:
        return Moment(time.monotonic(), cpu_seconds(server.pid), cpu_seconds(os.getpid()), busy_seconds())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = built(folder)
        (folder / "server").mkdir()
        await server.start(core, folder / "server")
        links: list[Link] = []
        try:
            empty = memory(server.pid)
            identity = Identity()
            for circle in rooms:
                links += await server.gather(circle, identity)
            traffic = Traffic(library, links, given.frame, given.seconds)
            if given.profile:
                record(server.pid, given.profile, SETTLING, given.seconds)
            heard, before, after = traffic.run(mark)
            full = memory(server.pid)
            told = await server.told()
        finally:
            await server.stop()
            for link in links:
                link.peer.close()
    people = sum(circle.people for circle in rooms)
    return figures(heard, after - before, len(rooms), (full - empty) / people) | {"told": told}


def figures(heard: Heard, took: Moment, rooms: int, bytes_each: float) -> dict[str, Any]:
    share = took.server / took.passed
    return {
        "packets_per_second": round(heard.per_second),
        "microseconds_per_packet": round(1e6 * share / heard.per_second, 2),
        "cpu_percent": round(100 * share, 1),
        "cpu_percent_per_room": round(100 * share / rooms, 1),
        "rooms_per_core": round(rooms * BUSY / share, 1),
        "added_p50_ms": round(heard.late["p50"], 2),
        "added_p99_ms": round(heard.late["p99"], 2),
        "expected": heard.expected,
        "lost_audio": heard.lost[Kind.AUDIO],
        "lost_video": heard.lost[Kind.VIDEO],
        "mismatched": heard.odd,
        "kib_per_person": round(bytes_each / 1024),
        "crowd_late_ms": round(heard.generator_late, 1),
        "others_percent": round(100 * (took.machine - took.ours) / took.passed),
    }


def floor(host: str, core: int) -> float:
    """Microseconds of processor that `sendto` alone takes there now, for a packet as large as a picture's."""
    usual = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    packet, took = bytes(1050), []
    with socket.socket(type=socket.SOCK_DGRAM) as sender, socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind((host, 0))
        for _ in range(300):
            began = time.thread_time()
            for _ in range(32):
                sender.sendto(packet, receiver.getsockname())
            took.append((time.thread_time() - began) / 32)
            for _ in range(32):
                receiver.recv(2048)
    os.sched_setaffinity(0, usual)
    return round(1e6 * statistics.median(took), 2)


def record(pid: int, file: Path, after: float, seconds: float) -> None:
    """Let perf look for so long, beside what is measured."""
    command = ["perf", "record", "-q", "-g", "-D", str(int(after * 1000)), "-p", str(pid), "-o", str(file)]
    subprocess.Popen([*command, "sleep", str(after + seconds)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


COLUMNS = {
    "microseconds_per_packet": "µs/packet",
    "packets_per_second": "out/s",
    "cpu_percent_per_room": "CPU %/room",
    "rooms_per_core": "rooms/core",
    "added_p50_ms": "p50 ms",
    "added_p99_ms": "p99 ms",
    "lost_audio": "lost sound",
    "lost_video": "lost picture",
    "kib_per_person": "KiB/person",
    "sendto": "sendto µs",
    "others_percent": "others %",
}


def show(results: list[dict[str, Any]]) -> None:
    """One table; first our cost of a packet, in Python and in C, as a share of that row's."""
    print(f"{'':48}{'Python is':>10}{'C is':>8}" + "".join(f"{head:>13}" for head in COLUMNS.values()))
    for case, group in itertools.groupby(results, lambda one: str(one["case"])):
        rows = list(group)
        costs = {row["server"]: row["microseconds_per_packet"] for row in rows}
        for row in rows:
            shares = [
                f"{costs[name] / row['microseconds_per_packet']:.2f} x" if name in costs else ""
                for name in ("ours, Python", "ours, C")
            ]
            print(
                f"{case:26}{row['server']:22}{shares[0]:>10}{shares[1]:>8}"
                + "".join(f"{row[name]:>13,}" for name in COLUMNS)
            )


def measured(given: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each case and server: of their runs the one during which others used this machine least."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    host = own_addresses("")[0]
    servers = [name for name in SERVERS if any(part in name for part in given.servers)]
    if importlib.util.find_spec("ascona.media.native._port") is None:
        print("Nothing is compiled (a C compiler, then install again): without ours in C.", file=sys.stderr)
        servers = [name for name in servers if name != "ours, C"]
    if PROGRAM is None:
        print("Janus is not installed (apt-get install janus): Ascona alone.", file=sys.stderr)
        servers = [name for name in servers if "janus" not in name]
    results = []
    for case, rooms in CASES.items():
        runs: dict[str, list[dict[str, Any]]] = {}
        for _, name in itertools.product(range(given.repeat), servers):
            if any(part in case for part in given.cases):
                row = {"case": case, "server": name, "sendto": floor(host, cores[-1])}
                row |= asyncio.run(measure(SERVERS[name](host), circles(rooms), given, cores[-1]))
                print(row, file=sys.stderr)
                runs.setdefault(name, []).append(row)
        results += [min(rows, key=lambda row: int(row["others_percent"])) for rows in runs.values()]
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of each run")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each; the least disturbed is shown")
    parser.add_argument("--frame", type=int, nargs="+", default=[1000, 1000], help="bytes of each packet, 25 a second")
    parser.add_argument("--cases", nargs="+", default=[""], help="parts of names")
    parser.add_argument("--servers", nargs="+", default=[""], help="parts of names")
    parser.add_argument("--first", action="store_true", help="before whatever else runs here; needs root")
    parser.add_argument("--profile", type=Path, help="where perf shall write what the last server did")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.first:
        go_first()
    results = measured(given)
    if given.json:
        print(json.dumps(results))
    else:
        show(results)


if __name__ == "__main__":
    main()
