"""Markup in everything that people may write, in real browsers: shown as it was written, and nothing of it runs."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import expect

ATTACKS = (
    '<img src=x onerror="harm()">',
    "<script>harm()</script>",
    "\"><svg onload='harm()'>",
    "</script><script>harm()//",
    "javascript:harm() {{7*7}} ${harm()}",
)
"""What a name may be: at most 64 characters."""

PEOPLE = ("--leader", f"Ada {ATTACKS[0]}", "--member", f"Cy {ATTACKS[1]}", "--ring", f"Eve {ATTACKS[2]}")
TITLE = "".join(ATTACKS)
LISTEN = """
window.harmed = 0;
window.harm = () => { window.harmed += 1; };
window.violations = [];
document.addEventListener("securitypolicyviolation", (one) => window.violations.push(one.violatedDirective));
"""


def shows(words: str) -> str:
    """JavaScript: whether the page has these words in it."""
    return f"document.getElementById('room')?.textContent.includes({json.dumps(words)})"


async def unharmed(person) -> None:
    """Nothing has run, and nothing was kept from running: it never was more than text."""
    assert await person.page.evaluate("[window.harmed, window.violations]") == [0, []]
    assert await person.page.locator("img[src=x], svg[onload], [onerror]").count() == 0
    assert person.trouble == []


async def test_markup_in_names_titles_and_lines_is_shown_as_text_and_never_runs(gather):
    people = await gather(*PEOPLE, "--title", TITLE, scripts=dict.fromkeys(PEOPLE[1::2], LISTEN))
    ada, cy, eve = people.values()
    await ada.page.goto(ada.link)
    await ada.page.get_by_role("textbox").first.fill(f"Ada {ATTACKS[3]}")
    await ada.page.get_by_role("checkbox", name="I agree").check()
    await ada.press("Join the room")
    await expect(ada.room).to_have_attribute("data-link", "connected")
    await expect(ada.page.get_by_text(TITLE).first).to_be_visible()
    await cy.join()
    await eve.join()
    await ada.press(f"Admit {cy.name}")
    await expect(ada.chair(cy.name)).to_be_visible()  # the list is shorter then: what is below it has moved
    await ada.press("Admit everyone")
    await expect(ada.chair(eve.name.replace('"', '\\"'))).to_be_visible()
    await ada.press("Open the session")
    await cy.sees_phase("arrive")
    await ada.act_on(cy.name, "Make presenter")
    await expect(cy.page.get_by_text(f"Ada {ATTACKS[3]}").first).to_be_visible()
    await cy.press("I will present")
    line = ada.page.get_by_role("textbox", name="A line to the other leaders")
    await line.fill(ATTACKS[0])
    await ada.press("Send")
    await expect(ada.page.get_by_text(ATTACKS[0]).last).to_be_visible()

    for person in (ada, cy, eve):
        await unharmed(person)


@pytest.mark.apart
@pytest.mark.long  # what decides is the same code as in Chromium
async def test_markup_is_shown_as_text_and_never_runs_in_firefox_either(gather, firefox):
    people = await gather(*PEOPLE, "--title", TITLE, scripts=dict.fromkeys(PEOPLE[1::2], LISTEN))
    first, cy, eve = people.values()
    ada = await firefox(LISTEN)
    await ada.go_to(first.link)
    await ada.write("input[name=name]", f"Ada {ATTACKS[3]}")
    await ada.click("input[name=agree]")
    await ada.press("Join the room")
    await ada.until(shows(TITLE))
    await asyncio.gather(cy.join(), eve.join())
    await ada.press(f"Admit {cy.name}")
    await ada.press(f"Admit {eve.name}")
    await ada.until(
        f"[...document.querySelectorAll('balint-chair')].some((one) => one.dataset.name === {json.dumps(eve.name)})"
    )
    await ada.press("Open the session")
    await cy.sees_phase("arrive")
    await ada.press(f"Actions for {cy.name}")
    await ada.click("[role=menuitem]")
    await expect(cy.page.get_by_text(f"Ada {ATTACKS[3]}").first).to_be_visible()
    await cy.press("I will present")
    await ada.write("form.line input", ATTACKS[0])
    await ada.press("Send")
    await ada.until(shows(ATTACKS[0]))

    assert await ada.evaluate("[window.harmed, window.violations]") == [0, []]
    assert await ada.evaluate("document.querySelectorAll('img[src=x], svg[onload], [onerror]').length") == 0
    assert ada.trouble == []
    for person in (cy, eve):
        await unharmed(person)


async def test_the_room_stays_blank_in_a_frame_of_another_page(gather, browser):
    people = await gather("--leader", "Ada")
    ada = people["Ada"]
    origin = ada.link.partition("/join")[0]

    async def frame(_request: Any) -> web.Response:
        return web.Response(text=f'<iframe src="{origin}/"></iframe>', content_type="text/html")

    elsewhere = web.Application()
    elsewhere.add_routes([web.get("/", frame)])
    runner = web.AppRunner(elsewhere)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        page = await ada.context.new_page()
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")

        assert origin not in page.frames[1].url
        assert await page.frames[1].get_by_text("A room for Balint groups").count() == 0
    finally:
        await runner.cleanup()
