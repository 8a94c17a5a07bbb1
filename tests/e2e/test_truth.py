"""What a page says of being heard and seen is so, whatever its browser, its line or its devices do."""

from playwright.async_api import expect
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import until

GROUP = ("--leader", "Ada", "--member", "Cy")
NO_CODEC_ORDER = "delete RTCRtpTransceiver.prototype.setCodecPreferences;"


async def test_a_browser_that_cannot_order_codecs_hears_and_is_heard_like_everyone(gather):
    people = await gather(*GROUP, scripts={"Cy": NO_CODEC_ORDER})
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]

    for listener, speaker in ((ada, "Cy"), (cy, "Ada")):
        slot = await listener.seat_of(speaker)
        await until(lambda listener=listener, slot=slot: hears(listener, slot), within=40)
    assert cy.trouble == []


async def test_nobody_is_counted_as_hearing_me_while_the_line_is_down(gather, server):
    people = await gather(*GROUP)
    await come_in(people)
    await open_session(people, presenter=None)
    cy = people["Cy"]
    await expect(cy.page.locator(".reach")).to_have_text("1 person hears you")

    await server.stop(kill=True)
    try:
        await expect(cy.page.locator(".reach")).to_have_text("perhaps nobody hears you now")
        await expect(cy.room).to_have_attribute("data-link", "reconnecting")
    finally:
        await server.start()
    await expect(cy.page.locator(".reach")).to_have_text("1 person hears you", timeout=40_000)


async def hears(listener, slot: int) -> bool:
    received = (await listener.received()).get((slot, "audio"))
    return received is not None and received.packets > 25
