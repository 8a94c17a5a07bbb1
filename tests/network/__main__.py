"""How a circle sounds over bad lines: the profiles of profiles.toml, with real browsers. Prints; see README.md.

.venv/bin/python -m tests.network [PROFILE ...] [--browser firefox] [--voices 10] [--times 20] [--json]
"""

import argparse
import asyncio
import json
import os
from dataclasses import replace
from typing import Any

from tests.network.evening import BROWSERS, Evening
from tests.network.ground import alone
from tests.network.link import Conditions
from tests.network.profiles import Profile, profiles
from tests.network.rounds import ROUNDS

USUAL = Conditions(delay_ms=10)


def line(name: str, figures: dict[str, Any]) -> str:
    """One profile's figures, to read."""
    if "far" in figures:
        return f"{name:12} " + "\n             ".join(f"{key}: {_listed(value)}" for key, value in figures.items())
    if "runs" in figures:
        runs = figures["runs"]
        firsts, owns = sorted(run["first"] for run in runs), sorted(run["own"] for run in runs)
        return (
            f"{name:12} {len(runs)} times, wanted within {figures['within']} s: hears again p50 {_at(firsts, 0.5)},"
            f" p95 {_at(firsts, 0.95)}; is heard again p50 {_at(owns, 0.5)}, p95 {_at(owns, 0.95)}"
            + "".join(f"\n             {_listed(run)}" for run in runs)
        )
    return f"{name:12} {_listed(figures)}"


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _listed(figures: Any) -> str:
    return ", ".join(f"{k} {v}" for k, v in figures.items()) if isinstance(figures, dict) else str(figures)


async def measure(browser: str, voices: int, chosen: list[Profile], verbose: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    evening = Evening(browser, voices)
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
    given = parser.parse_args()
    alone()
    chosen = [known[name] for name in given.profile or known]
    if given.times:
        chosen = [replace(one, times=given.times) for one in chosen]
    found = asyncio.run(measure(given.browser, given.voices, chosen, not given.json))
    load = round(os.getloadavg()[0], 1)
    if given.json:
        print(json.dumps({"browser": given.browser, "load": load, "profiles": found}))
    else:
        print(f"{given.browser}, load {load}")


if __name__ == "__main__":
    main()
