"""A presenter who sits back for long, and comes back: heard and seen again, and nothing forwarded meanwhile?

.venv/bin/python -m tests.network.absence [--minutes 40] [--browser firefox] [--never-stops]

With `--never-stops` the presenter's page goes on sending all the time, as a client that does not obey; without, it is
the page itself, which sends nothing while its gate is closed. Either way it goes on hearing the others.
"""

import argparse
import asyncio
import os
import time
from typing import Any

from tests.e2e.evening import go_to
from tests.network.evening import BROWSERS, ROOM, Evening, presenting
from tests.network.ground import alone
from tests.network.link import Conditions

LINE = Conditions(delay_ms=10)
VOICES = 3
ON_ITS_WAY_SECONDS = 2.0  # what was sent before the gate closed
LOOK_SECONDS = 60.0
LAST_STEPS = 20  # of the story of the presenter's page, to be told when something is wrong
RETURN_SECONDS = 60.0


async def sit_back(evening: Evening, minutes: float) -> dict[str, int]:
    """
    Cy's gate is closed so long.

    Raises:
        AssertionError: If anything of Cy comes to Ada meanwhile, or if Cy hears nobody any more.
    """
    await evening.ada.press("Turn camera on")  # whose return is to be seen from both sides
    await presenting(evening)
    await go_to({"Ada": evening.ada}, "fantasies")
    await evening.far.until(f"{ROOM}.phase === 'fantasies'")
    await asyncio.sleep(ON_ITS_WAY_SECONDS)
    await asyncio.gather(evening.near.evaluate("ear.reset()"), evening.far.evaluate("ear.reset()"))
    ends, heard, there, here = time.monotonic() + minutes * 60, 0, {}, {}
    while (left := ends - time.monotonic()) > 0:
        await asyncio.sleep(min(LOOK_SECONDS, left))
        there, here = await evening.near.evaluate("ear"), await evening.far.evaluate("ear")
        assert of_seat(there, evening.seat) == (0, 0), "something of somebody who sits back"
        before, heard = heard, sum(one["packets"] for one in here["voices"].values())
        assert heard > before, f"the presenter hears nobody any more: {here['story'][-LAST_STEPS:]}"
    return {
        "sent": here["sent"],
        "heard": heard,
        "new_lines": here["lines"],
        "leaked": sum(of_seat(there, evening.seat)),
    }


def of_seat(ear: dict[str, Any], seat: int) -> tuple[int, int]:
    """Packets of somebody's voice and picture."""
    voice, picture = (ear[kind].get(str(seat), {}).get("packets", 0) for kind in ("voices", "pictures"))
    return voice, picture


async def come_back(evening: Evening) -> dict[str, float]:
    """Seconds from Cy's click until Ada hears and sees Cy, and until Cy, who has never left, hears and sees Ada."""
    await asyncio.gather(evening.near.evaluate("ear.reset()"), evening.far.evaluate("ear.reset()"))
    began = time.monotonic()
    await evening.far.press("Come back")
    ada = await evening.ada.seat_of("Ada")

    async def until(listener: Any, condition: str) -> float:
        await listener.until(condition, RETURN_SECONDS)
        return round(time.monotonic() - began, 1)

    names = ("is heard", "is seen", "hears", "sees")
    took = await asyncio.gather(
        until(evening.near, f"ear.voices[{evening.seat}]?.energy > 0"),
        until(evening.near, f"ear.pictures[{evening.seat}]?.frames > 0"),
        until(evening.far, f"ear.voices[{ada}]?.energy > 0"),
        until(evening.far, f"ear.pictures[{ada}]?.frames > 0"),
    )
    return dict(zip(names, took, strict=True))


async def measure(browser: str, minutes: float, never_stops: bool) -> dict[str, Any]:
    evening = Evening(browser, VOICES, print)
    try:
        await evening.start(LINE, never_stops)
        return {**await sit_back(evening, minutes), **await come_back(evening)}
    finally:
        await evening.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--browser", choices=sorted(BROWSERS), default="chromium")
    parser.add_argument("--never-stops", action="store_true")
    given = parser.parse_args()
    alone()
    found = asyncio.run(measure(given.browser, given.minutes, given.never_stops))
    print(f"{given.browser}, {given.minutes:g} minutes, load {os.getloadavg()[0]:.1f}: ", end="")
    print(", ".join(f"{what} {figure}" for what, figure in found.items()))


if __name__ == "__main__":
    main()
