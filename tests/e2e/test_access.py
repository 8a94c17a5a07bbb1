"""Everyone can take part: nothing for axe to find, and a leader needs no mouse."""

from playwright.async_api import Locator, Page, expect
from tests.e2e.access import AXE, assert_accessible, assert_accessible_at_every_size
from tests.e2e.conftest import PHONE
from tests.e2e.evening import come_in, go_to, open_session

from ascona import assets
from ascona.core.programme import read_programme

PEOPLE = ("--leader", "Ada", "--member", "Cy", "--ring", "Eve")
PHASES = [phase.id for phase in read_programme(assets.preset("ascona-90")).phases]


async def test_axe_finds_nothing_from_the_join_page_to_the_end(gather):
    people = await gather(*PEOPLE, simulated=("Eve",), at_once=True, scripts=dict.fromkeys(("Ada", "Cy"), AXE))
    ada, cy = people["Ada"], people["Cy"]
    await ada.page.goto(ada.link)
    await expect(ada.button("Join the room")).to_be_visible()
    await assert_accessible_at_every_size(ada, "join page")

    await come_in(people, at_the_door=lambda: assert_accessible(cy, "door"))
    await assert_accessible(ada, "lobby")
    await open_session(people)
    await cy.press("Sound only")
    await assert_accessible_at_every_size(cy, "sound only")
    await cy.press("Sound only")
    for phase in PHASES:
        await go_to(people, phase)
        for person in (ada, cy):
            await assert_accessible_at_every_size(person, phase)
    await ada.page.set_viewport_size(PHONE)
    await ada.page.get_by_role("button", name="Desk").click()
    await assert_accessible(ada, "the desk on a phone")
    await ada.press("End the session")
    await assert_accessible(ada, "asked whether to end")
    await ada.press("Yes, end it now")
    await cy.sees_phase("ended")
    await assert_accessible(cy, "ended")


async def tab_to(page: Page, target: Locator, limit: int = 120) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(limit):
        if await target.evaluate("(element) => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


async def test_a_leader_leads_a_whole_evening_without_a_mouse(gather):
    people = await gather(*PEOPLE, simulated=("Cy", "Eve"), at_once=True)
    ada, page = people["Ada"], people["Ada"].page
    await page.goto(ada.link)

    async def use(name: str, key: str = "Enter") -> None:
        await expect(ada.button(name)).to_be_enabled()
        await tab_to(page, ada.button(name))
        await page.keyboard.press(key)

    await tab_to(page, page.get_by_role("checkbox", name="I agree"))
    await page.keyboard.press("Space")
    await use("Join the room")
    await people["Cy"].join()
    await people["Eve"].join()
    await use("Admit Cy")
    await expect(ada.chair("Cy")).to_be_visible()
    await use("Admit everyone", "Space")
    await expect(ada.chair("Eve")).to_be_visible()
    await use("Open the session")
    await ada.sees_phase("arrive")

    await use("Actions for Cy")
    await expect(page.get_by_role("menuitem", name="Make presenter")).to_be_focused()
    await page.keyboard.press("Enter")
    await people["Cy"].press("I will present")
    await expect(ada.chair("Cy")).to_have_attribute("data-standing", "presenter")

    for phase in PHASES[1:]:
        await use("Next phase")
        await ada.sees_phase(phase)
        await expect(ada.button("Next phase")).to_be_focused()
    await use("Previous phase")
    await ada.sees_phase("close")
    await use("Hold")
    await use("Resume", "Space")
    await use("Add two minutes")
    await use("Turn microphone off")
    await expect(ada.button("Turn microphone on")).to_be_focused()
    await use("End the session")
    await use("Yes, end it now")
    await ada.sees_phase("ended")


async def test_phases_are_announced_to_those_who_do_not_see_them(gather):
    people = await gather(*PEOPLE, simulated=("Ada", "Eve"))
    await come_in(people)
    await open_session(people)

    await people["Ada"].press("Next phase")

    live = people["Cy"].page.locator('[aria-live="polite"], [role="status"]')
    await expect(live.filter(has_text="Who has a case?").first).to_be_attached()


async def test_everyone_sees_the_same_chairs_in_the_same_order(gather):
    people = await gather(*PEOPLE, "--member", "Dee", "--co-leader", "Ben", simulated=("Dee", "Ben"), at_once=True)
    await come_in(people)
    await open_session(people)
    await go_to(people, "fantasies")

    orders = [await person.chairs() for person in people.values()]

    assert len(orders[0]) == len(orders) == 5
    assert all(order == orders[0] for order in orders)
    assert [seat for seat, _ in orders[0]] == sorted(seat for seat, _ in orders[0])
