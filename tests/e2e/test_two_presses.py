"""A double click, and two leaders with one thought, make one step; going back to somebody's microphone is asked."""

from playwright.async_api import Locator, Page, expect
from tests.e2e.evening import come_in, go_to
from tests.e2e.person import Person

PEOPLE = ("--leader", "Ada", "--co-leader", "Ben", "--member", "Cy")
BETWEEN_CLICKS_MS = (60, 100)
SAME_THOUGHT_MS = 800


async def point(button: Locator) -> tuple[float, float]:
    box = await button.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def click_twice(page: Page, button: Locator, between_ms: float) -> None:
    """With a hand that looks at nothing between the clicks."""
    at = await point(button)
    await page.mouse.click(*at)
    await page.wait_for_timeout(between_ms)
    await page.mouse.click(*at)


def news(person: Person) -> Locator:
    return person.page.locator(".news")


async def test_two_presses_are_one(gather):
    people = await gather(*PEOPLE)
    ada, ben, cy = people.values()
    await come_in(people)
    await click_twice(ada.page, ada.button("Open the session"), BETWEEN_CLICKS_MS[0])  # “Next phase” is there then
    await expect(ada.button("Next phase")).to_be_enabled()
    await ada.sees_phase("arrive")
    await ada.act_on("Cy", "Make presenter")
    await cy.press("I will present")
    for between, phase in zip(BETWEEN_CLICKS_MS, ("choose", "account"), strict=True):
        await expect(ada.button("Next phase")).to_be_enabled()
        await click_twice(ada.page, ada.button("Next phase"), between)
        await ada.sees_phase(phase)
        await expect(ada.button("Next phase")).to_be_enabled()
        await ada.sees_phase(phase)

    at = await point(ada.button("Next phase"))
    await ben.press("Next phase")
    await ada.page.wait_for_timeout(SAME_THOUGHT_MS)
    await ada.page.mouse.click(*at)
    await expect(news(ada)).to_have_text("Ben has moved on already: Questions")
    await ada.sees_phase("questions")

    await expect(ada.button("Hold")).to_be_enabled()
    await click_twice(ada.page, ada.button("Hold"), BETWEEN_CLICKS_MS[1])  # “Resume” is there then
    await expect(ada.button("Resume")).to_be_visible()
    await go_to(people, "fantasies")
    await ada.press("Previous phase")
    await expect(ada.page.get_by_role("dialog")).to_contain_text("Cy is sitting back")
    await ada.press("No, stay")
    await ada.sees_phase("fantasies")
    await expect(ada.chair("Cy")).to_have_attribute("data-state", "back")
    await ada.press("Previous phase")
    await ada.press("Yes, go there")
    await ada.sees_phase("questions")
    await expect(ada.chair("Cy")).to_have_attribute("data-state", "here")
    await ada.press("Previous phase")  # nobody sits back: nothing to ask
    await ada.sees_phase("account")
