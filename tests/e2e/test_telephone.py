"""A telephone carries the sound of a seat whose laptop shows the picture."""

from playwright.async_api import Browser, expect
from tests.e2e.conftest import ORDINARY, PHONE
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.person import NEVER_STOP_SENDING, WATCH_CONNECTIONS, Person, until

GROUP = ("--leader", "Ada", "--member", "Cy", "--member", "Dee")


async def telephone_of(browser: Browser, laptop: Person) -> Person:
    """Somebody opens their link on a telephone as well, which never stops sending, and lets it carry their sound."""
    context = await browser.new_context(**(ORDINARY | {"viewport": PHONE}))
    await context.add_init_script(WATCH_CONNECTIONS + NEVER_STOP_SENDING)
    phone = Person(laptop.name, laptop.standing, laptop.link, context, await context.new_page())
    await phone.page.goto(phone.link)
    await phone.page.get_by_role("checkbox", name="I agree").check()
    await phone.press("Join the room")
    await phone.press("Only my sound here")
    await laptop.press("Yes, that is me")
    await expect(phone.page.get_by_text("Only your sound is here")).to_be_visible()
    await expect(laptop.page.get_by_text("Your other device carries your sound now")).to_be_visible()
    await until(lambda: comes(phone, "audio"))
    return phone


async def comes(person: Person, kind: str, slot: int | None = None) -> bool:
    """Whether anything of this kind comes in, from one slot or any, within half a second."""
    await person.count()
    received = await person.received()
    return any(
        counts.packets for (its, its_kind), counts in received.items() if its_kind == kind and slot in {None, its}
    )


async def test_the_telephone_alone_is_heard_and_plays_and_the_laptop_alone_is_seen_and_shows(gather, browser):
    people = await gather(*GROUP, simulated=("Cy",), scripts={"Dee": NEVER_STOP_SENDING})
    await come_in(people)
    await open_session(people)
    ada, laptop = people["Ada"], people["Dee"]
    seat = await ada.seat_of("Dee")

    phone = await telephone_of(browser, laptop)

    assert (await comes(phone, "audio"), await comes(phone, "video")) == (True, False)
    assert (await comes(laptop, "audio"), await comes(laptop, "video")) == (False, True)
    assert (await comes(ada, "audio", seat), await comes(ada, "video", seat)) == (True, True)
    assert await laptop.sent("audio") > 0  # its client does send; it is not forwarded
    await expect(ada.chair("Dee")).to_have_count(1)
    await expect(laptop.button("Turn microphone on")).to_have_count(0)
    await expect(phone.button("Turn camera on")).to_have_count(0)

    await phone.press("End the sound here")

    await expect(phone.page.get_by_text("Your sound is at your other device again")).to_be_visible()
    await expect(laptop.page.get_by_text("Your sound is here again. Your microphone is off.")).to_be_visible()
    await until(lambda: comes(laptop, "audio"))
    await expect(laptop.button("Turn microphone on")).to_be_visible()
    await phone.context.close()


async def test_a_presenter_who_sits_back_is_not_heard_over_their_telephone(gather, browser):
    people = await gather(*GROUP, simulated=("Ada",))
    await come_in(people)
    await open_session(people)
    cy, dee = people["Cy"], people["Dee"]
    phone = await telephone_of(browser, cy)
    seat = await dee.seat_of("Cy")

    await go_to(people, "fantasies")

    await expect(dee.chair("Cy")).to_have_attribute("data-state", "back")
    assert not await comes(dee, "audio", seat)
    assert not await comes(dee, "video", seat)
    assert await comes(phone, "audio")  # and goes on hearing the group
    await phone.reset()
    await until(lambda: sends(phone))

    await cy.reset()
    await phone.press("Come back")

    await until(lambda: comes(dee, "audio", seat))
    assert await cy.sent("audio") == 0
    await phone.context.close()


async def test_a_telephone_that_is_reloaded_carries_on_until_the_sound_is_fetched_back_with_one_click(gather, browser):
    people = await gather(*GROUP, simulated=("Ada", "Cy"))
    await come_in(people)
    await open_session(people)
    await people["Cy"].speak()
    laptop = people["Dee"]
    phone = await telephone_of(browser, laptop)

    await phone.page.reload()

    await expect(phone.page.get_by_text("Only your sound is here")).to_be_visible()
    await until(lambda: comes(phone, "audio"))
    await people["Ada"].sees_state("Dee", "here")

    await laptop.press("Have the sound here again")

    await expect(phone.page.get_by_text("Your place has moved to another browser or device")).to_be_visible()
    await expect(laptop.button("Turn microphone on")).to_be_visible()
    await until(lambda: comes(laptop, "audio"))
    await phone.context.close()


async def sends(person: Person) -> bool:
    return await person.sent("audio") > 0
