"""Many evenings in virtual time, each by its seed, and whatever of them must not be.

    .venv/bin/python -m tests.simulation [--evenings 2000] [--seed S] [--processes N] [--history]

Prints counts; of the first evenings that went wrong the seed, what was wrong and what led to it. `--evenings 1
--seed S` plays one of them again, `--history` prints all of it. Ends with 1 if anything was wrong.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext

from tests.simulation.evening import Outcome, simulate

TOLD = 3
"""Evenings that went wrong of which more than the seed is printed."""

LINES = 40
"""Of their history, up to what was wrong."""


def story(outcome: Outcome) -> str:
    """What was wrong, and what led to it."""
    end = next((number for number, line in enumerate(outcome.history) if "WRONG" in line), len(outcome.history))
    lines = [f"seed {outcome.seed}:", *(f"  {line}" for line in outcome.wrong), "  after"]
    return "\n".join([*lines, *(f"    {line}" for line in outcome.history[max(0, end - LINES) : end + 1])])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.simulation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--evenings", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--history", action="store_true", help="print all that happened")
    given = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of names would be gone through in another order
        os.execve(sys.executable, sys.orig_argv, os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606
    sys.exit(play(range(given.seed, given.seed + given.evenings), given.processes, given.history))


def play(seeds: range, processes: int, history: bool) -> bool:
    """Whether anything was wrong."""
    counts: Counter[str] = Counter()
    wrong, began = 0, time.process_time()
    with ProcessPoolExecutor(processes) if processes > 1 else nullcontext() as pool:
        outcomes: Iterable[Outcome] = pool.map(simulate, seeds, chunksize=8) if pool else map(simulate, seeds)
        for outcome in outcomes:
            counts += outcome.counts
            wrong += bool(outcome.wrong)
            if history:
                print("\n".join(outcome.history))
            if outcome.wrong:
                print(story(outcome) if wrong <= TOLD else f"seed {outcome.seed}: {outcome.wrong[0]}", flush=True)
    print(f"evenings {len(seeds)}, seeds {seeds.start} to {seeds.stop - 1}, wrong {wrong}")
    print(", ".join(f"{what} {number:,}" for what, number in sorted(counts.items())))
    print(f"{time.process_time() - began:.0f} s of processor time in this process")
    return wrong > 0


if __name__ == "__main__":
    main()
