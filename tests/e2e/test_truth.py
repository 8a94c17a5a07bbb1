"""What a page says of being heard and seen is so, whatever its browser, its line or its devices do."""

from playwright.async_api import expect
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.pages_only import PagesOnly
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
# The system's own mute, which no page can press: the tracks say it, as browsers do.
MUTE = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const tracks = [];
navigator.mediaDevices.getUserMedia = async (wishes) => {
  const stream = await ask(wishes);
  tracks.push(...stream.getAudioTracks());
  return stream;
};
window.mute = (muted) => {
  for (const track of tracks) {
    Object.defineProperty(track, "muted", { value: muted, configurable: true });
    track.dispatchEvent(new Event(muted ? "mute" : "unmute"));
  }
};
"""
# As a system does that has lost its earphones.
PAUSE = """
() => document.querySelectorAll("balint-chair:not([data-own]) audio").forEach((one) => one.pause())
"""
INSIST_ON_PAUSE = f"() => {{ window.insisting = setInterval({PAUSE.strip()}, 20); }}"
PAUSED = """
() => [...document.querySelectorAll("balint-chair:not([data-own]) audio")].map((one) => one.paused)
"""
PUT_THE_CLOCK_ON = """
() => {
  const now = Date.now;
  window.looks = 0;
  Date.now = () => {
    window.looks += 1;
    return now() + 180_000;
  };
}
"""
NEVER_ANSWERS = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let answers = false;
window.answer = () => (answers = true);
navigator.mediaDevices.getUserMedia = (wishes) => (answers ? ask(wishes) : new Promise(() => {}));
"""
# A browser that plays nothing on a page that was not pressed, until the page listens itself: Chromium's rule, said here
# because what looks into the page counts as a press.
PLAYS_LATE = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
const play = HTMLMediaElement.prototype.play;
let listens = false;
const late = new Promise((answer) => {
  window.answer = () => answer((listens = true));
});
navigator.mediaDevices.getUserMedia = (wishes) => late.then(() => ask(wishes));
Object.defineProperty(HTMLMediaElement.prototype, "autoplay", { get: () => false, set: () => {} });
HTMLMediaElement.prototype.play = function () {
  return listens ? play.call(this) : Promise.reject(new DOMException("not pressed", "NotAllowedError"));
};
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


async def test_where_pages_come_through_and_the_room_does_not_the_network_is_named(gather, server):
    people = await gather("--leader", "Ada")
    ada = people["Ada"]
    await ada.page.goto(ada.link)  # a link opens under the server's own name only
    await ada.page.wait_for_url("**/room/*")
    async with PagesOnly(server.origin) as network:
        await ada.page.goto(ada.page.url.replace(server.origin, network.origin))
        await ada.page.get_by_role("checkbox", name="I agree").check()
        await ada.press("Join the room")

        await expect(ada.page.get_by_role("alert")).to_contain_text("Pages come through to you here")


async def test_sound_that_the_system_pauses_goes_on_and_waits_for_a_click_where_the_system_insists(gather):
    people = await gather(*GROUP)
    await come_in(people)
    await open_session(people, presenter=None)
    cy = people["Cy"]
    await until(lambda: plays(cy))

    await cy.page.evaluate(PAUSE)
    await until(lambda: plays(cy))

    await cy.page.evaluate(INSIST_ON_PAUSE)
    await expect(cy.button("Let me hear the room")).to_be_visible()
    await cy.page.evaluate("clearInterval(window.insisting)")
    await cy.press("Let me hear the room")

    await until(lambda: plays(cy))
    await expect(cy.button("Let me hear the room")).to_have_count(0)


async def test_nobody_is_counted_as_hearing_me_while_the_line_is_down(gather, alone):
    people = await gather(*GROUP, at=alone)
    await come_in(people)
    await open_session(people, presenter=None)
    cy = people["Cy"]
    await expect(cy.page.locator(".reach")).to_contain_text("1 person hears you")

    await alone.stop(kill=True)
    try:
        await expect(cy.page.locator(".reach")).to_contain_text("perhaps nobody hears you now")
        await expect(cy.room).to_have_attribute("data-link", "reconnecting")
    finally:
        await alone.start()
    await expect(cy.page.locator(".reach")).to_have_text("1 person hears you", timeout=40_000)


async def test_a_microphone_muted_by_the_system_is_off_for_everybody_until_it_lets_go(gather):
    people = await gather(*GROUP, scripts={"Cy": MUTE})
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]
    await expect(ada.chair("Cy")).not_to_contain_text("microphone off")

    await cy.page.evaluate("window.mute(true)")
    await expect(cy.page.locator(".reach")).to_contain_text("nobody hears you: muted outside this page")
    await expect(cy.page.get_by_role("alert")).to_contain_text("has muted your microphone")
    await expect(ada.chair("Cy")).to_contain_text("microphone off")

    await cy.page.evaluate("window.mute(false)")
    await expect(cy.page.locator(".reach")).to_contain_text("1 person hears you")
    await expect(cy.page.get_by_role("alert")).to_have_count(0)
    await expect(ada.chair("Cy")).not_to_contain_text("microphone off")


async def test_whoever_reloads_is_in_the_seat_although_the_browser_never_answers_and_reads_why_nobody_hears(gather):
    people = await gather(*GROUP)
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]
    await cy.context.add_init_script(NEVER_ANSWERS)

    await cy.page.reload()
    await expect(cy.room).to_have_attribute("data-link", "connected")

    await expect(cy.page.get_by_role("alert")).to_contain_text("Your browser has not answered yet")
    await expect(cy.page.locator(".reach")).to_contain_text("nobody hears you")
    await expect(ada.chair("Cy")).to_contain_text("microphone off")
    await cy.page.evaluate("window.answer()")
    await cy.press("Turn microphone on")
    await expect(cy.page.locator(".reach")).to_contain_text("1 person hears you")


async def test_a_reloaded_page_plays_as_soon_as_its_microphone_is_open_without_a_click(gather):
    people = await gather(*GROUP)
    await come_in(people)
    await open_session(people, presenter=None)
    cy = people["Cy"]
    await cy.context.add_init_script(PLAYS_LATE)

    await cy.page.reload()
    await expect(cy.button("Let me hear the room")).to_be_visible()
    await cy.page.evaluate("window.answer()")

    await until(lambda: plays(cy))
    await expect(cy.button("Let me hear the room")).to_have_count(0)


async def test_a_clock_that_is_put_right_takes_nobodys_voice(gather):
    people = await gather("--leader", "Ada")
    await come_in(people)
    await open_session(people, presenter=None)
    ada = people["Ada"]
    await expect(ada.button("Turn microphone off")).to_be_visible()

    await ada.page.evaluate(PUT_THE_CLOCK_ON)
    await until(lambda: looked(ada), within=30)

    await expect(ada.button("Turn microphone off")).to_be_visible()
    await expect(ada.page.locator(".return")).to_have_count(0)


async def plays(person) -> bool:
    found: list[bool] = await person.page.evaluate(PAUSED)
    return found == [False]


async def test_a_presenter_whom_the_group_sees_sitting_back_sees_and_reads_it(gather, alone):
    people = await gather(*GROUP, "--sit-back", "dimmed", at=alone)
    await come_in(people)
    await open_session(people)
    cy = people["Cy"]

    await go_to(people, "fantasies")

    await expect(cy.page.locator(".reach")).to_contain_text("nobody hears you")
    await expect(cy.page.locator(".reach")).to_contain_text("1 person sees you")
    for person in people.values():
        await expect(person.chair("Cy")).to_have_attribute("data-picture", "shown")
    assert cy.trouble == []


async def says(person, words: str) -> bool:
    said: str = await person.page.evaluate(SAID)
    return said == words


async def looked(person) -> bool:
    """Whether the page has looked at its clock for some seconds, so that the first look has had its answer."""
    looks: int = await person.page.evaluate("window.looks")
    return looks > 5


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
