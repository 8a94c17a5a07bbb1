"""What it costs a group that somebody at the door, or inside, will not keep still: 20 messages a second, nine inside.

Run it with `.venv/bin/python -m tests.load.door [--seconds 10] [--json]`.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from ascona.core.people import Role
from ascona.storage.invitations import Invited
from tests.load.full_room import own_seconds
from tests.support.process import Server
from tests.support.server import Visitor

INSIDE = ("Ada", "Ben", "Cy", "Dee", "Elif", "Farid", "Gil", "Hana", "Ida")
RESTLESS = "Zed"
A_SECOND = 20
SETTLE_SECONDS = 2.0


async def visitors(server: Server) -> dict[str, Visitor]:
    arguments = ["--leader", INSIDE[0], "--co-leader", INSIDE[1]]
    for name in (*INSIDE[2:], RESTLESS):
        arguments += ["--member", name]
    people = {}
    for one in await server.plan(*arguments):
        origin, _, secret = one["link"].partition("/join#")
        invited = Invited(one["name"], one["name"], Role(one["standing"]), secret)
        people[one["name"]] = Visitor(origin, invited)
    return people


async def knocks_and_goes(zed: Visitor, number: int) -> None:
    await (zed.do("Leave") if number % 2 else zed.do("Knock", name=RESTLESS))


async def turns_on_and_off(someone: Visitor, number: int) -> None:
    await someone.send("devices", {"microphone": bool(number % 2), "camera": False})


async def nothing(_someone: Visitor, _number: int) -> None: ...


async def measured(
    act: Callable[[Visitor, int], Awaitable[None]], who: Visitor, ada: Visitor, pid: int, seconds: float
) -> dict[str, Any]:
    """Processor time of the web process alone, and how many snapshots a leader got."""
    await asyncio.sleep(SETTLE_SECONDS)
    begin, used, turn = time.monotonic(), own_seconds(pid), ada.room["turn"]
    for number in itertools.count():
        due = begin + number / A_SECOND
        if due > begin + seconds:
            break
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await act(who, number)
    lasted = time.monotonic() - begin
    return {
        "seconds": round(lasted, 1),
        "messages_a_second": round(number / lasted, 1),
        "cpu_percent_of_a_core": round(100 * (own_seconds(pid) - used) / lasted, 1),
        "screens_a_second": round((ada.room["turn"] - turn) / lasted, 1),
    }


async def measure(seconds: float) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        server = Server(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.push_async_callback(server.stop)
        await server.start()
        people = await visitors(server)
        for visitor in people.values():
            stack.push_async_callback(visitor.close)
        ada, cy, zed = people["Ada"], people["Cy"], people[RESTLESS]
        for name in INSIDE:
            await people[name].come()
        await ada.do("AdmitEveryone")
        await ada.do("OpenSession")
        await zed.come()
        assert server.process
        pid = server.process.pid
        return {
            "nobody": await measured(nothing, cy, ada, pid, seconds),
            "somebody at the door": await measured(knocks_and_goes, zed, ada, pid, seconds),
            "somebody inside": await measured(turns_on_and_off, cy, ada, pid, seconds),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = asyncio.run(measure(given.seconds))
    if given.json:
        print(json.dumps(result))
        return
    for name, figures in result.items():
        print(f"{name:22}", *(f"{key} {value}" for key, value in figures.items()), sep="  ")


if __name__ == "__main__":
    main()
