"""Signing out of a browser that others use as well: before coming in, and after leaving."""

import re

from playwright.async_api import expect
from tests.e2e.person import Person

SIGN_OUT = "Sign out of this browser"


async def is_signed_out(person: Person) -> None:
    await expect(person.page).to_have_url(re.compile("/signed-out$"))
    await expect(person.page.get_by_role("heading", name="This browser is signed out")).to_be_visible()
    assert await person.context.cookies() == []
    assert await person.page.evaluate("sessionStorage.length") == 0


async def test_whoever_signs_out_before_coming_in_needs_their_link_again(gather):
    ada = (await gather("--leader", "Ada"))["Ada"]
    await ada.page.goto(ada.link)
    await expect(ada.button("Join the room")).to_be_visible()
    await expect(ada.page.get_by_text("your link alone will not open it from another one")).to_be_visible()
    room = ada.page.url
    await ada.page.route("**/sign-out", lambda route: route.abort())
    await ada.press(SIGN_OUT)
    await expect(ada.page.get_by_role("alert").filter(has_text="still signed in")).to_be_visible()
    await ada.page.unroute("**/sign-out")

    await ada.press(SIGN_OUT)
    await is_signed_out(ada)

    await ada.page.goto(room)
    await expect(ada.page.get_by_role("heading", name="Please open your link")).to_be_visible()
    await ada.page.goto(ada.link)
    await expect(ada.button("Join the room")).to_be_visible()


async def test_whoever_has_left_can_sign_out_and_the_others_stay(gather):
    people = await gather("--leader", "Ada", "--co-leader", "Ben")
    ada, ben = people["Ada"], people["Ben"]
    await ada.join()
    await ben.join()

    await ben.press("Leave")
    await ben.press(SIGN_OUT)

    await is_signed_out(ben)
    await expect(ada.room).to_have_attribute("data-link", "connected")
    assert ada.trouble == ben.trouble == []
