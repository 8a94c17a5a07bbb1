"""The moments of moments.py behind bad lines: one table, a row for each profile of tests/network/profiles.toml.

    .venv/bin/python -m tests.load.behind [PROFILE ...] [--times 10] [--simulated 3] [--json]

Dee, who comes in, listens and at last presents, sits behind the line in a browser of her own; Ada, who leads, and Cy,
who presents first, sit beside the server, as do simulated people. Each profile has a room and a server of its own.
"""

import argparse
import asyncio
import json
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Error, async_playwright, expect

from ascona.rehearsal.company import NAMES
from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.e2e.evening import go_to
from tests.e2e.person import Person
from tests.load.moments import LIVE, moments, opened, seated, summary, turn_off, turns
from tests.network.ground import Ground, alone
from tests.network.house import House
from tests.network.profiles import Profile, profiles

SETTLE_SECONDS = 5.0  # until estimates and jitter buffers know a new line
AT_MOST_SECONDS = 900.0  # for all the moments of one profile
COLUMNS = {
    "join: click to first voice": "join: voice",
    "join: click to first decoded frame": "picture",
    "a leader's click to every screen": "screens",
    "phase switch: click to last packet": "phase switch",
    "sit back: click to last packet": "sit back",
    "come back: click to voice": "Cy comes back: voice",
    "come back: click to decoded frame": "picture",
    "come back from behind the line: click to voice": "Dee comes back: voice",
    "come back from behind the line: click to decoded frame": "picture",
}


async def behind(profile: Profile, times: int, simulated: int) -> dict[str, Any]:
    """All moments behind this line; everyone has come in before it is spoilt."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ascona-behind-")))
        ground = Ground()
        stack.push_async_callback(ground.stop)
        await ground.start(seed=1)
        house = House(folder, ground.there)
        stack.push_async_callback(house.stop)
        await house.start()
        cast = NAMES[:simulated]
        roles = [(option.removeprefix("--"), name) for name, option in LIVE.items()]
        links = await house.invite(roles + [("member", name) for name in cast])
        await house.send_in({name: links[name] for name in cast})
        far = await browser(stack, CHROMIUM)
        near = await browser(stack, str(ground.wrapped(CHROMIUM, folder)))
        people = {name: await opened(far if name == "Dee" else near, name, links[name]) for name in LIVE}
        await seated(people, cast)
        await turn_off(people["Ada"])
        home = ground.lines["home"]
        await home.set(profile.line)
        await home.fit(profile.line.mtu)
        async with asyncio.timeout(AT_MOST_SECONDS):
            await asyncio.sleep(SETTLE_SECONDS)
            found = await moments(far, people, times, everyone_sends=False)
            found |= await from_behind(people, times)
    return found


async def browser(stack: AsyncExitStack, program: str) -> Browser:
    playwright = await stack.enter_async_context(async_playwright())
    arguments = [*ARGUMENTS, "--ignore-certificate-errors"]
    started = await playwright.chromium.launch(executable_path=program, args=arguments)
    stack.push_async_callback(started.close)
    return started


async def from_behind(people: dict[str, Person], times: int) -> dict[str, Any]:
    """Dee presents in Cy's place, and comes back again and again."""
    ada, cy, dee = people["Ada"], people["Cy"], people["Dee"]
    while await ada.room.get_attribute("data-phase") != "choose":  # once a case is told, nobody else can present
        before = await ada.room.get_attribute("data-version")
        await ada.press("Previous phase")
        await expect(ada.room).not_to_have_attribute("data-version", before or "")
    await ada.act_on("Dee", "Make presenter")
    await dee.press("I will present")
    await expect(ada.chair("Dee")).to_have_attribute("data-standing", "presenter")
    await go_to(people, "fantasies")
    back, _ = await turns(ada, dee, cy, times)
    return {
        "come back from behind the line: click to voice": summary([one.voice for one in back]),
        "come back from behind the line: click to decoded frame": summary([one.frame for one in back]),
    }


async def measure(chosen: list[Profile], times: int, simulated: int, verbose: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if verbose:
        print(f"| profile | {' | '.join(COLUMNS.values())} | load |\n|{'---|' * (len(COLUMNS) + 2)}", flush=True)
    for profile in chosen:
        try:
            found[profile.name] = await behind(profile, times, simulated)
        except (AssertionError, TimeoutError, OSError, Error) as error:
            found[profile.name] = {"FAILED": repr(error)}
        if verbose:
            print(row(profile.name, found[profile.name]), flush=True)
    return found


def row(name: str, figures: dict[str, Any]) -> str:
    """One profile's, p50 and p95 in milliseconds."""
    if "FAILED" in figures:
        return f"| {name} | {figures['FAILED'].splitlines()[0]} |"
    cells = [cell(figures[what]) for what in COLUMNS]
    return f"| {name} | {' | '.join(cells)} | {figures['load']} |"


def cell(figures: dict[str, float]) -> str:
    said = f"{figures['p50_ms']:.0f}, {figures['p95_ms']:.0f}" if figures["times"] else "-"
    return f"{said} ({figures['missed']} never)" if figures.get("missed") else said


def main() -> None:
    known = {name: profile for name, profile in profiles().items() if profile.happens == "nothing"}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile", nargs="*", choices=[[], *known])
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--simulated", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    alone()
    chosen = [known[name] for name in given.profile or known]
    found = asyncio.run(measure(chosen, given.times, given.simulated, not given.json))
    if given.json:
        print(json.dumps({"load": round(os.getloadavg()[0], 1), "profiles": found}))


if __name__ == "__main__":
    main()
