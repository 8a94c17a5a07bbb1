"""When something is missing or wrong, the person concerned reads one clear sentence, and nobody else notices."""

import pytest
from playwright.async_api import async_playwright, expect
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, DESKTOP
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import Person

GROUP = ("--leader", "Ada", "--member", "Cy")
NO_DEVICES = [one for one in ARGUMENTS if not one.startswith("--use-fake-device")]
NO_CONSENT = [one for one in ARGUMENTS if not one.startswith("--use-fake-ui")]
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("arguments", "permissions", "sentence"),
    [(NO_DEVICES, ["camera", "microphone"], "was found"), (NO_CONSENT, [], "Your browser was told not to use")],
    ids=["no devices", "no consent"],
)
async def test_without_camera_and_microphone_one_is_told_why_and_may_come_in(server, arguments, permissions, sentence):
    [_, link] = [person["link"] for person in await server.plan(*GROUP)]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = await chromium.new_context(viewport=DESKTOP, permissions=permissions)
        cy = Person("Cy", "member", link, context, await context.new_page())
        await cy.page.goto(cy.link)
        await expect(cy.page.get_by_text(sentence, exact=False).first).to_be_visible()

        await cy.page.get_by_role("checkbox", name="I agree").check()
        await cy.press("Join the room")

        await expect(cy.room).to_have_attribute("data-link", "connected")
        await chromium.close()


async def test_where_pages_may_make_no_sound_of_their_own_the_device_check_is_complete_and_one_comes_in(gather):
    silent = "window.AudioContext = class { constructor() { throw new DOMException('no', 'NotSupportedError'); } };"
    people = await gather("--leader", "Ada", scripts={"Ada": silent})
    ada = people["Ada"]
    await ada.page.goto(ada.link)
    for device in ("Camera", "Microphone"):
        await expect(ada.page.get_by_role("combobox", name=device)).to_be_visible()
    await expect(ada.page.locator("balint-preview")).to_be_attached()
    await expect(ada.page.get_by_role("meter")).to_have_count(0)

    await ada.page.get_by_role("checkbox", name="I agree").check()
    await ada.press("Join the room")
    await ada.press("Open the session")

    await ada.sees_phase("arrive")
    assert ada.trouble == []


async def test_a_browser_that_cannot_take_part_is_told_so_before_the_door(gather):
    people = await gather(*GROUP, scripts={"Cy": "delete window.RTCPeerConnection;"})
    cy = people["Cy"]
    await cy.page.goto(cy.link)

    await expect(cy.page.get_by_text("This browser cannot take part", exact=False)).to_be_visible()


@pytest.mark.parametrize("secret", ["", "nonsense", "0" * 32, "%00%ff", "x" * 5000])
async def test_a_link_that_is_no_good_says_so(server, gather, secret):
    people = await gather("--leader", "Ada")
    page = people["Ada"].page
    await page.goto(f"{server.origin}/join#{secret}")

    heading = "This link does not open" if secret == "0" * 32 else "Not the whole link"
    await expect(page.get_by_role("heading")).to_have_text(heading)
    await expect(page.get_by_role("status")).to_contain_text("link")


async def test_nobody_comes_in_without_agreeing(gather):
    people = await gather("--leader", "Ada")
    ada = people["Ada"]
    await ada.page.goto(ada.link)
    await ada.press("Join the room")

    await expect(ada.room).not_to_have_attribute("data-link", "connected")
    await expect(ada.page.get_by_role("checkbox", name="I agree")).to_be_focused()


async def test_markup_in_names_and_titles_is_text_and_runs_nowhere(gather):
    people = await gather("--leader", MARKUP, "--member", "Cy", "--title", "<script>alert(2)</script>{{7*7}}")
    dialogs: list[str] = []
    for person in people.values():
        person.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await come_in(people, leader=MARKUP)
    await open_session(people, presenter=None, leader=MARKUP)
    cy = people["Cy"]

    await expect(cy.page.get_by_text(MARKUP).first).to_be_visible()
    await expect(cy.page.get_by_text("<script>alert(2)</script>{{7*7}}").first).to_be_visible()
    assert dialogs == []
    for person in people.values():
        assert person.trouble == []


async def test_a_page_asks_nobody_but_our_own_server(server, gather):
    people = await gather(*GROUP)
    await come_in(people)
    await open_session(people)

    for person in people.values():
        foreign = [url for url in person.requests if not url.startswith((server.origin, "blob:", "data:"))]
        assert foreign == []
        assert person.trouble == []


async def test_the_secret_leaves_the_address_bar_and_no_page_keeps_it(gather):
    people = await gather(*GROUP)
    cy = people["Cy"]
    secret = cy.link.rsplit("#", 1)[1]
    await cy.join()

    assert secret not in cy.page.url
    stored = await cy.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert secret not in stored
    assert "__Host-" not in stored
    await cy.page.go_back()
    assert secret not in cy.page.url


async def test_whoever_is_turned_away_or_removed_is_told_so_kindly(gather):
    people = await gather(*GROUP, "--member", "Dee")
    ada, cy, dee = people["Ada"], people["Cy"], people["Dee"]
    for person in people.values():
        await person.join()
    await ada.press("Not now, Cy")
    await expect(cy.page.get_by_text("cannot let you in now", exact=False)).to_be_visible()
    await ada.press("Admit Dee")

    await ada.act_on("Dee", "Remove")
    await ada.press("Yes, take Dee out")

    await expect(ada.chair("Dee")).to_have_count(0)
    await expect(dee.page.locator("balint-chair")).to_have_count(0)
    assert ada.trouble == cy.trouble == dee.trouble == []
