"""How a circle sounds over bad lines: the profiles of profiles.toml, with real browsers. Prints; see README.md.

.venv/bin/python -m tests.network [PROFILE ...] [--browser firefox] [--voices 10] [--times 20] [--story] [--json]
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.network.evening import BROWSERS, Evening
from tests.network.ground import alone
from tests.network.link import Conditions
from tests.network.profiles import Profile, profiles
from tests.network.rounds import ROUNDS

AGAIN = {"first": "hears again", "own": "is heard again"}
USUAL = Conditions(delay_ms=10)


def line(name: str, figures: dict[str, Any]) -> str:
    """One profile's figures, to read."""
    if "far" in figures:
        return f"{name:12} " + "\n             ".join(f"{key}: {_listed(value)}" for key, value in figures.items())
    if "runs" in figures:
        runs = [run for run in figures["runs"] if "failed" not in run]
        said = f"{name:12} {len(figures['runs'])} times, wanted within {figures['within']} s"
        if failed := len(figures["runs"]) - len(runs):
            said += f", {failed} FAILED"
        for key, what in AGAIN.items() if runs else ():
            took = sorted(run[key] for run in runs)
            said += f"; {what} p50 {_at(took, 0.5)}, p95 {_at(took, 0.95)}, most {took[-1]}"
        return said
    return f"{name:12} {_listed(figures)}"


def told(run: dict[str, Any], story: bool) -> str:
    """One run, to read; what the page went through if it failed or that was asked for."""
    steps = run["story"] if story or "failed" in run else []
    return (
        " " * 13
        + _listed({key: value for key, value in run.items() if key != "story"})
        + "".join(f"\n{'':15}{step}" for step in steps)
    )


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _listed(figures: Any) -> str:
    """Without what is itself a list of seconds: that is for `--json`."""
    if not isinstance(figures, dict):
        return str(figures)
    return ", ".join(f"{name} {value}" for name, value in figures.items() if not isinstance(value, dict))


async def measure(
    browser: str, voices: int, chosen: list[Profile], verbose: bool, tell: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    evening = Evening(browser, voices, tell, pictures=any(one.happens == "nothing" for one in chosen))
    try:
        await evening.start(USUAL)
        for profile in chosen:
            try:
                found[profile.name] = await ROUNDS[profile.happens](evening, profile)
            except (AssertionError, TimeoutError) as error:
                found[profile.name] = {"FAILED": repr(error)}
                await evening.ground.lines["home"].set(USUAL)
            if verbose:
                print(line(profile.name, found[profile.name]), flush=True)
    finally:
        await evening.stop()
    return found


def main() -> None:
    known = profiles()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", nargs="*", choices=[[], *known])
    parser.add_argument("--browser", choices=sorted(BROWSERS), default="chromium")
    parser.add_argument("--voices", type=int, default=10)
    parser.add_argument("--times", type=int)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--story", action="store_true", help="of every run, what Cy's page went through")
    given = parser.parse_args()
    alone()
    chosen = [known[name] for name in given.profile or known]
    if given.times:
        chosen = [replace(one, times=given.times) for one in chosen]

    def tell(run: dict[str, Any]) -> None:
        print(told(run, given.story), file=sys.stderr, flush=True)

    found = asyncio.run(measure(given.browser, given.voices, chosen, not given.json, tell))
    load = round(os.getloadavg()[0], 1)
    if given.json:
        print(json.dumps({"browser": given.browser, "load": load, "profiles": found}))
    else:
        print(f"{given.browser}, load {load}")


if __name__ == "__main__":
    main()
