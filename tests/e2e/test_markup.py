"""Markup in everything that people may write, in a real browser: shown as it was written, and nothing of it runs."""

from typing import Any

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


async def unharmed(person) -> None:
    """Nothing has run, and nothing was kept from running: it never was more than text."""
    assert await person.page.evaluate("[window.harmed, window.violations]") == [0, []]
    assert await person.page.locator("img[src=x], svg[onload], [onerror]").count() == 0
    assert person.trouble == []


async def test_markup_in_names_titles_and_lines_is_shown_as_text_and_never_runs(gather):
    people = await gather(*PEOPLE, "--title", TITLE, scripts=dict.fromkeys(PEOPLE[1::2], LISTEN))
    ada, cy, eve = people.values()
    await ada.page.goto(ada.link)
    await expect(ada.page.get_by_text(TITLE).first).to_be_visible()
    await ada.page.get_by_role("textbox").first.fill(f"Ada {ATTACKS[3]}")
    await ada.page.get_by_role("checkbox", name="I agree").check()
    await ada.press("Join the room")
    await expect(ada.room).to_have_attribute("data-link", "connected")
    await cy.join()
    await eve.join()
    await ada.press(f"Admit {cy.name}")
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
