"""How long a moment lasts: from a leader's click to everyone's screen, and from coming back to the first picture.

    .venv/bin/python -m tests.load.moments [--people 6] [--clicks 40] [--everyone-sends] [--json]

All browsers share this machine, where a group has a machine each. So that the
figure is the room's and not that of so many encoders and echo cancellers on its
cores, only the presenter sends, unless `--everyone-sends`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.conftest import ARGUMENTS, CHROMIUM, ORDINARY
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.person import WATCH_CONNECTIONS, Person
from tests.e2e.test_coming_back import NEXT_FRAME
from tests.support.process import Server

# The moment a page's version changes, and the moment a leader's hand comes down, on the machine's one clock.
NOTE_MOMENTS = """
window.versions = {};
window.clicked = 0;
const now = () => performance.timeOrigin + performance.now();
addEventListener("click", () => { window.clicked = now(); }, { capture: true });
new MutationObserver(() => {
  const version = document.querySelector("main#room")?.dataset.version;
  if (version && !(version in window.versions)) window.versions[version] = now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-version"], childList: true });
"""

UNWATCHED_SECONDS = 0.4  # asking six pages whether they have changed would keep them from changing
LAST_FRAMES_SECONDS = 1.0  # frames from before the gate closed are decoded by then

NAMES = ("Ada", "Ben", "Cy", "Dee", "Emi", "Fay", "Gil", "Hana", "Ivo", "Jo", "Kai", "Lea", "Mo", "Nia")


async def click_to_screens(people: dict[str, Person], clicks: int) -> list[float]:
    """Milliseconds from each click to the last of all browsers showing the new version."""
    ada = people["Ada"]
    took = []
    for number in range(clicks):
        before = int(await ada.room.get_attribute("data-version") or 0)
        await ada.press("Resume" if number % 2 else "Hold")
        await asyncio.sleep(UNWATCHED_SECONDS)
        for person in people.values():
            await expect(person.room).not_to_have_attribute("data-version", str(before))
        clicked = await ada.page.evaluate("window.clicked")
        shown = [await p.page.evaluate("(v) => window.versions[v]", str(before + 1)) for p in people.values()]
        took.append(max(shown) - clicked)
    return took


async def return_to_picture(people: dict[str, Person], times: int) -> list[float]:
    """Milliseconds from the presenter's click on “Come back” to a decoded frame at another browser."""
    cy, dee = people["Cy"], people["Dee"]
    seat = await dee.seat_of("Cy")
    took = []
    for _ in range(times):
        await expect(dee.chair("Cy")).to_have_attribute("data-state", "back")
        await asyncio.sleep(LAST_FRAMES_SECONDS)
        began = asyncio.create_task(dee.page.evaluate(NEXT_FRAME, [seat, 0]))
        await cy.press("Come back")
        clicked = await cy.page.evaluate("window.clicked")
        took.append(await began - clicked)
        await people["Ada"].press("Let the presenter sit back")
    return took


def summary(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        "times": len(ordered),
        "p50_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "most_ms": round(ordered[-1], 1),
    }


async def gathered(server: Server, browser: Browser, count: int) -> dict[str, Person]:
    arguments = ["--leader", "Ada", "--co-leader", "Ben"]
    for name in NAMES[2:count]:
        arguments += ["--member", name]
    people = {}
    for one in await server.plan(*arguments):
        context = await browser.new_context(**ORDINARY)
        await context.add_init_script(WATCH_CONNECTIONS + NOTE_MOMENTS)
        people[one["name"]] = Person(one["name"], one["standing"], one["link"], context, await context.new_page())
    return people


async def turn_off(people: dict[str, Person]) -> None:
    """Everyone but the presenter turns microphone and camera off."""
    for person in people.values():
        for device in ("microphone", "camera") if person.name != "Cy" else ():
            await person.press(f"Turn {device} off")
            await expect(person.button(f"Turn {device} on")).to_be_visible()


async def measure(count: int, clicks: int, everyone_sends: bool) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        server = Server(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.push_async_callback(server.stop)
        await server.start()
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        stack.push_async_callback(browser.close)
        people = await gathered(server, browser, count)
        await come_in(people)
        await open_session(people)
        if not everyone_sends:
            await turn_off(people)
        screens = await click_to_screens(people, clicks)
        await go_to(people, "fantasies")
        pictures = await return_to_picture(people, max(4, clicks // 4))
    return {
        "browsers": count,
        "sending": count if everyone_sends else 1,
        "click to every screen": summary(screens),
        "coming back to a decoded picture": summary(pictures),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=6, choices=range(4, len(NAMES) + 1))
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--everyone-sends", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = asyncio.run(measure(given.people, given.clicks, given.everyone_sends))
    if given.json:
        print(json.dumps(result))
        return
    print(f"{result.pop('browsers')} browsers on this machine, sending: {result.pop('sending')}")
    for what, figures in result.items():
        print(f"{what:36}" + "  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
