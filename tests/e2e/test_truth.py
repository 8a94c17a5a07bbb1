"""What a page says of being heard and seen is so, whatever its browser, its line or its devices do."""

from playwright.async_api import expect
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.person import until

GROUP = ("--leader", "Ada", "--member", "Cy")
# What Chrome's translator does to a page, the other language left out: an element of its own instead of each text.
TRANSLATE = """
() => {
  const walker = document.createTreeWalker(document.getElementById("room"), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts.filter((one) => one.data.trim())) {
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    inner.append(text.data);
    outer.append(inner);
    text.replaceWith(outer);
  }
}
"""
# Everything in words but the news, which passes.
SAID = """
() => {
  const copy = document.getElementById("room").cloneNode(true);
  for (const passing of copy.querySelectorAll(".news, .clock")) passing.remove();
  return copy.textContent.replace(/\\s+/g, " ");
}
"""
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


async def says(person, words: str) -> bool:
    said: str = await person.page.evaluate(SAID)
    return said == words


async def hears(listener, slot: int) -> bool:
    received = (await listener.received()).get((slot, "audio"))
    return received is not None and received.packets > 25


async def test_a_page_that_was_translated_goes_on_saying_what_is_so(gather):
    people = await gather(*GROUP)
    await come_in(people)
    await open_session(people)
    await expect(people["Cy"].button("Turn microphone off")).to_be_focused()
    for person in people.values():
        await person.page.evaluate(TRANSLATE)

    await go_to(people, "fantasies")
    await people["Cy"].press("Ask to come back")
    await expect(people["Ada"].chair("Cy")).to_contain_text("asks to come back")

    for person in people.values():
        shown = await person.page.evaluate(SAID)
        assert "Fantasies" in shown
        await person.page.reload()
        await expect(person.room).to_have_attribute("data-link", "connected")
        await expect(person.page.locator("balint-chair")).to_have_count(len(people))
        await until(lambda person=person, shown=shown: says(person, shown))
        assert person.trouble == []


async def test_the_room_asks_not_to_be_translated(gather):
    people = await gather("--leader", "Ada")
    await people["Ada"].page.goto(people["Ada"].link)
    await expect(people["Ada"].page.locator("html.notranslate[translate=no] main#room")).to_be_visible()
