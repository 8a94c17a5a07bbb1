"""A full room: twelve simulated people and two real browsers who see and hear all, for two minutes.

Run it with `.venv/bin/python -m tests.load.full_room [--simulated 12] [--seconds 120] [--json]`.
"""

import argparse
import asyncio
import json
import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import async_playwright, expect

from ascona.rehearsal.company import NAMES, Company, Invited
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, ORDINARY
from tests.e2e.person import WATCH_CONNECTIONS, Person
from tests.support.process import Server

SETTLE_SECONDS = 10  # until everyone is connected and every picture has come
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of its children so far, user and system (proc(5), fields 14 and 15)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return own_seconds(pid) + sum(cpu_seconds(int(child)) for child in children)


def own_seconds(pid: int) -> float:
    """Of this process alone."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def watch(person: Person, seconds: float) -> dict[str, Any]:
    """What one browser receives for this long."""
    await person.reset()
    await asyncio.sleep(seconds)
    received = await person.received()
    sound = [counts for (_, kind), counts in received.items() if kind == "audio" and counts.packets]
    picture = [counts for (_, kind), counts in received.items() if kind == "video" and counts.packets]
    return {
        "voices": len(sound),
        "pictures": len(picture),
        "packets": sum(counts.packets for counts in sound + picture),
        "lost": sum(counts.lost for counts in sound + picture),
        "freezes": sum(counts.freezes for counts in picture),
        "fewest_frames": min((counts.frames for counts in picture), default=0),
    }


async def measure(simulated: int, seconds: float) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        server = Server(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.push_async_callback(server.stop)
        await server.start()
        cast = NAMES[:simulated]
        arguments = ["--leader", "Ada", "--co-leader", "Ben"]
        for name in cast:
            arguments += ["--member", name]
        links = {one["name"]: one["link"] for one in await server.plan(*arguments)}
        company = Company()
        stack.push_async_callback(company.stop)
        await company.start([Invited(name, links[name]) for name in cast], server.origin)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        watchers = []
        for name, standing in (("Ada", "leader"), ("Ben", "co_leader")):
            context = await browser.new_context(**ORDINARY)
            await context.add_init_script(WATCH_CONNECTIONS)
            watchers.append(Person(name, standing, links[name], context, await context.new_page()))
            await watchers[-1].join()
        for name in cast:
            await expect(watchers[0].button(f"Admit {name}")).to_be_visible(timeout=60_000)
        await watchers[0].press("Admit everyone")
        await watchers[0].press("Open the session")
        await asyncio.sleep(SETTLE_SECONDS)
        assert server.process
        before = cpu_seconds(server.process.pid)
        simulated_before = cpu_seconds(company.pid or 0)
        seen = await asyncio.gather(*(watch(person, seconds) for person in watchers))
        used = cpu_seconds(server.process.pid) - before
        simulated_used = cpu_seconds(company.pid or 0) - simulated_before
    return {
        "seconds": seconds,
        "server_cpu_percent_of_a_core": round(100 * used / seconds, 1),
        "simulated_people_cpu_percent_of_a_core": round(100 * simulated_used / seconds, 1),
        "browsers": seen,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = asyncio.run(measure(given.simulated, given.seconds))
    if given.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
