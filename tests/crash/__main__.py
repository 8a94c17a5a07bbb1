"""The server killed at random instants, with people in the room and commands on their way.

    nice .venv/bin/python -m tests.crash [--times 200] [--seed N] [--postgresql] [--json]

Each time the web process, the media worker or both end by SIGKILL, sometimes a second time while they start. Then: no
acknowledged command is lost; phase, deadline, hold and presenter are what the journal says, to everybody, before and
after; nobody receives a packet of a presenter who sits back. The exit status is 1 if any of that fails, once.
Ctrl-C ends it, with what was found until then; no process is left.
"""

import argparse
import json
import os
import secrets
import statistics
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aioice

from tests.crash.evening import Victim, evening
from tests.support.interrupt import INTERRUPTED, run
from tests.support.media import loopback_addresses
from tests.support.postgres import postgres

TELL_EVERY = 10  # kills
VICTIMS = (Victim.WEB, Victim.WEB, Victim.WEB, Victim.WORKER, Victim.BOTH)


@dataclass
class Tally:
    """What a run has found so far."""

    seed: int
    seconds: dict[Victim, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)
    leaked_packets: int = 0
    silences_compared: int = 0

    def figures(self) -> dict[str, Any]:
        every = [one for values in self.seconds.values() for one in values]
        by_victim = {victim.value: summary(values) for victim, values in self.seconds.items() if values}
        return {
            "seed": self.seed,
            "kills": len(every),
            "acknowledged": self.acknowledged,
            "wrong": self.wrong,
            "leaked_packets": self.leaked_packets,
            "silences_compared": self.silences_compared,
            "seconds_until_back": {"all": summary(every)} | by_victim if every else {},
            "load": round(os.getloadavg()[0], 1),
        }


async def kills(times: int, tally: Tally, folder: Path, database: str) -> None:
    """So many, one after another."""
    async with evening(folder, database) as group:
        for number in range(times):
            chance = Random(f"{tally.seed} {number}")  # noqa: S311 - to be drawn again
            victim = chance.choice(VICTIMS)
            try:
                tally.seconds[victim].append(await group.kill(victim, chance))
            except TimeoutError:
                tally.wrong.append(f"round {number}, {victim.value}: not everybody is there and hears")
                return
            for sentence in group.book.trouble[len(tally.wrong) :]:
                tally.wrong.append(f"round {number}, {victim.value}: {sentence}")
                print(tally.wrong[-1], flush=True)
            tally.acknowledged = len(group.book.acknowledged)
            tally.leaked_packets, tally.silences_compared = group.silence.leaked, group.silence.watched
            if number % TELL_EVERY == TELL_EVERY - 1:
                print(
                    f"{number + 1}: leaked {tally.leaked_packets}, {tally.figures()['seconds_until_back']['all']}",
                    flush=True,
                )


def summary(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {
        "times": len(ordered),
        "p50": round(statistics.median(ordered), 2),
        "p95": round(p95, 2),
        "most": round(ordered[-1], 2),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--postgresql", action="store_true", help="Debian's, started for this run.")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    aioice.ice.get_host_addresses = loopback_addresses
    print(f"seed {given.seed}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = ""
        if given.postgresql:
            database = stack.enter_context(stack.enter_context(postgres(durable=True)).database())
        tally, interrupted = Tally(given.seed), False
        try:
            run(kills(given.times, tally, folder, database))
        except KeyboardInterrupt:
            interrupted = True
    found = tally.figures()
    if given.json:
        print(json.dumps(found))
    else:
        for what, value in found.items():
            print(f"{what:20}{value}")
    return INTERRUPTED if interrupted else int(bool(tally.wrong or tally.leaked_packets))


if __name__ == "__main__":
    raise SystemExit(main())
