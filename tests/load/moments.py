"""How long a moment lasts: coming in, a phase that silences somebody, sitting back and coming back.

    .venv/bin/python -m tests.load.moments [--times 40] [--simulated 5] [--everyone-sends] [--first] [--json]

Three browsers (a leader, the presenter and a listener) and simulated people. All share this machine, where a group has
a machine each: so that the figures are the room's and not those of so many encoders and echo cancellers on its cores,
only the presenter and the simulated people send, unless `--everyone-sends`; with `--first`, as root, the server
does not wait for browsers either.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright, expect

from ascona.rehearsal.company import NAMES, Company, Invited
from tests.e2e.conftest import ARGUMENTS, CAMERA, CHROMIUM, ORDINARY
from tests.e2e.evening import go_to
from tests.e2e.person import WATCH_CONNECTIONS, Person
from tests.load.clicks import NOTE_MOMENTS, Coming, coming_back, falling_silent, joining, seen_by_all
from tests.load.priority import bring_forward, starting_first
from tests.support.process import Server

LIVE = {"Ada": "--leader", "Cy": "--member", "Dee": "--member"}


async def opened(browser: Browser, name: str, link: str) -> Person:
    """Somebody in a browser of their own, who has not come in yet."""
    context = await browser.new_context(**ORDINARY, ignore_https_errors=True)
    await context.add_init_script(WATCH_CONNECTIONS + NOTE_MOMENTS)
    return Person(name, "leader" if name == "Ada" else "member", link, context, await context.new_page())


async def seated(people: dict[str, Person], simulated: tuple[str, ...]) -> None:
    """Everyone is in, the session is open, and Cy will present."""
    ada = people["Ada"]
    await asyncio.gather(*(person.join() for person in people.values()))
    for name in (*simulated, "Cy", "Dee"):
        await expect(ada.button(f"Admit {name}")).to_be_visible(timeout=60_000)
    await ada.press("Admit everyone")
    await ada.press("Open the session")
    await ada.act_on("Cy", "Make presenter")
    await people["Cy"].press("I will present")
    await expect(ada.chair("Cy")).to_have_attribute("data-standing", "presenter")


async def turn_off(person: Person) -> None:
    for device in ("microphone", "camera"):
        await person.press(f"Turn {device} off")
        await expect(person.button(f"Turn {device} on")).to_be_visible()


async def joins(browser: Browser, link: str, times: int) -> list[Coming]:
    """Dee's, again and again, each time in a browser that has never been here."""
    took = []
    for _ in range(times):
        dee = await opened(browser, "Dee", link)
        took.append(await joining(dee))
        await dee.context.close()
    return took


async def switches(people: dict[str, Person], times: int) -> list[float]:
    """From the questions to the fantasies, where the presenter sits back; and back again."""
    ada, cy, dee = people["Ada"], people["Cy"], people["Dee"]
    took = []
    for _ in range(times):
        await go_to(people, "questions")
        if await cy.button("Come back").is_visible():  # a phase turns nobody's microphone on
            await cy.press("Come back")
        took.append(await falling_silent(ada, "Next phase", cy, dee))
        await ada.press("Previous phase")
        await ada.sees_phase("questions")  # before she is asked to go there: from an old screen she would go past it
        await expect(dee.chair("Cy")).to_have_attribute("data-state", "here")
        await expect(cy.button("Come back")).to_be_visible()
    await go_to(people, "fantasies")
    return took


async def turns(leader: Person, presenter: Person, listener: Person, times: int) -> tuple[list[Coming], list[float]]:
    """The presenter comes back, and is asked to sit back; milliseconds of each."""
    back, silent = [], []
    for _ in range(times):
        back.append(await coming_back(presenter, listener))
        silent.append(await falling_silent(leader, "Let the presenter sit back", presenter, listener))
    return back, silent


def summary(milliseconds: Sequence[float | None]) -> dict[str, float]:
    """Of what has come; `missed`: how often it has not."""
    ordered = sorted(one for one in milliseconds if one is not None)
    missed = {"missed": len(milliseconds) - len(ordered)} if len(ordered) < len(milliseconds) else {}
    if not ordered:
        return {"times": 0, **missed}

    def share(part: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))], 1)

    return {
        "times": len(ordered),
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": share(0.95),
        "p99_ms": share(0.99),
        "most_ms": round(ordered[-1], 1),
        **missed,
    }


async def started(server: Server, first: bool) -> None:
    """The server is up, before whatever else runs here if it is to be."""
    with starting_first() if first else nullcontext():
        await server.start()
    if first and server.process:
        bring_forward(server.process.pid)


async def measure(times: int, simulated: int, everyone_sends: bool, first: bool = False) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        server = Server(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.push_async_callback(server.stop)
        await started(server, first)
        cast = NAMES[:simulated]
        arguments = [word for name, standing in LIVE.items() for word in (standing, name)]
        arguments += [word for name in cast for word in ("--member", name)]
        links = {one["name"]: one["link"] for one in await server.plan("--programme", "ascona-90", *arguments)}
        company = Company()
        stack.push_async_callback(company.stop)
        await company.start([Invited(name, links[name]) for name in cast], server.origin)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, CAMERA])
        stack.push_async_callback(browser.close)
        people = {name: await opened(browser, name, links[name]) for name in LIVE}
        await seated(people, cast)
        if not everyone_sends:
            await turn_off(people["Ada"])
        return await moments(browser, people, times, everyone_sends)


async def moments(browser: Browser, people: dict[str, Person], times: int, everyone_sends: bool) -> dict[str, Any]:
    """All of them; Dee, in this browser, goes away for a while, as someone whose joining is watched."""
    await people["Dee"].context.close()
    join = await joins(browser, people["Dee"].link, times)
    people["Dee"] = await opened(browser, "Dee", people["Dee"].link)
    await people["Dee"].join()
    if not everyone_sends:
        await turn_off(people["Dee"])
    hold = ("Hold", "Resume")
    screens = [await seen_by_all(people["Ada"], hold[turn % 2], list(people.values())) for turn in range(2 * times)]
    silent = await switches(people, times)
    back, silent_again = await turns(people["Ada"], people["Cy"], people["Dee"], times)
    return {
        "join: click to first voice": summary([one.voice for one in join]),
        "join: click to first decoded frame": summary([one.frame for one in join]),
        "a leader's click to every screen": summary(screens),
        "phase switch: click to last packet": summary(silent),
        "sit back: click to last packet": summary(silent_again),
        "come back: click to voice": summary([one.voice for one in back]),
        "come back: click to decoded frame": summary([one.frame for one in back]),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--simulated", type=int, default=5)
    parser.add_argument("--everyone-sends", action="store_true")
    parser.add_argument("--first", action="store_true", help="the server, before whatever else runs here; needs root")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = asyncio.run(measure(given.times, given.simulated, given.everyone_sends, given.first))
    if given.json:
        print(json.dumps(result))
        return
    print(f"3 browsers and {given.simulated} simulated people; load of the machine {result.pop('load')}")
    for what, figures in result.items():
        print(f"{what:38}" + "  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
