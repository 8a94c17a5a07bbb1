"""Sitting back and coming back, a lost line, another window, a restarted server."""

import time
from typing import Any

from playwright.async_api import expect
from tests.e2e.conftest import ORDINARY
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.person import NEVER_STOP_SENDING, WATCH_CONNECTIONS, Person, until

GROUP = ("--leader", "Ada", "--member", "Cy", "--member", "Dee")

# Notes every time the page asks for a camera or a microphone, and which device it says it wants.
NOTE_WISHES = """
window.wishes = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wishes) => {
  window.wishes.push([Boolean(wishes.audio), wishes.video?.deviceId?.exact ?? ""]);
  return ask(wishes);
};
"""

# Resolves with the milliseconds until another frame of this slot is decoded.
NEXT_FRAME = """
async ([slot, began]) => {
  const connection = window.connections.filter((one) => one.connectionState !== "closed").at(-1);
  const frames = async () => {
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "video" && report.mid === String(3 + 2 * slot))
        return report.framesDecoded ?? 0;
    }
    return 0;
  };
  const before = await frames();
  while ((await frames()) <= before) await new Promise((done) => setTimeout(done, 5));
  return Date.now() - began;
}
"""

# A line on which what the page says waits until `window.go()`, and the word that somebody comes back alone.
HELD_BACK = """
const say = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  if (!String(data).includes('"ComeBack"')) return say.call(this, data);
  window.go = () => say.call(this, data);
};
"""

# A machine that sleeps: nothing runs meanwhile, and afterwards the clocks have gone on, its own and the server's.
SLEEP = """
window.slept = 0;
const now = Date.now.bind(Date);
const ask = window.fetch.bind(window);
Date.now = () => now() + window.slept;
window.fetch = async (...request) => {
  const answer = await ask(...request);
  const date = new Date(Date.parse(answer.headers.get("Date")) + window.slept).toUTCString();
  return new Response(answer.body, { status: answer.status, headers: { Date: date } });
};
"""


async def with_cy_back(gather, simulated=("Ada",), **options) -> dict[str, Any]:
    people = await gather(*GROUP, simulated=simulated, **options)
    await come_in(people)
    await open_session(people)
    await go_to(people, "fantasies")
    await expect(people["Dee"].chair("Cy")).to_have_attribute("data-state", "back")
    return people


async def test_the_presenter_comes_back_to_the_same_seat_without_being_asked_for_the_camera_again(gather):
    people = await with_cy_back(gather, scripts={"Cy": NOTE_WISHES})
    cy, dee = people["Cy"], people["Dee"]
    seat = await dee.seat_of("Cy")
    await cy.page.evaluate("window.wishes.length = 0")
    await expect(cy.page.get_by_text("nobody hears or sees you")).to_be_visible()

    began = time.time() * 1000
    await cy.press("Come back")
    took = await dee.page.evaluate(NEXT_FRAME, [seat, began])

    await expect(dee.chair("Cy")).to_have_attribute("data-state", "here")
    assert await dee.seat_of("Cy") == seat
    [[microphone, camera]] = await cy.page.evaluate("window.wishes")
    assert not microphone
    assert camera
    print(f"picture again {took:.0f} ms after the click")


async def test_who_comes_back_sends_with_the_asking_and_is_heard_with_the_servers_word_alone(gather):
    people = await with_cy_back(gather, scripts={"Cy": HELD_BACK})
    cy, dee = people["Cy"], people["Dee"]
    seat = await dee.seat_of("Cy")
    await cy.reset()
    await dee.reset()

    await cy.press("Come back")

    await until(lambda: sends_both(cy))
    received = await dee.received()
    assert all(counts.packets == 0 for (slot, _), counts in received.items() if slot == seat)
    await expect(dee.chair("Cy")).to_have_attribute("data-state", "back")

    await cy.page.evaluate("window.go()")

    await dee.page.evaluate(NEXT_FRAME, [seat, 0])
    await expect(dee.chair("Cy")).to_have_attribute("data-state", "here")


async def test_who_asked_to_come_back_too_late_sends_no_longer(gather):
    people = await with_cy_back(gather, scripts={"Cy": HELD_BACK})
    cy = people["Cy"]
    await cy.reset()
    await cy.press("Come back")
    await until(lambda: sends_both(cy))

    await go_to(people, "re_entry")  # the leader was quicker, and turns nobody's microphone on
    await cy.page.evaluate("window.go()")

    await expect(cy.page.get_by_text("Ada has moved on already", exact=False)).to_be_visible()
    await expect(cy.button("Turn microphone on")).to_be_visible()
    await until(lambda: has_gone_silent(cy))


async def sends_both(person: Person) -> bool:
    return await person.sent("audio") > 20 and await person.sent("video") > 20


async def has_gone_silent(person: Person) -> bool:
    await person.count()
    return await person.sent("audio") + await person.sent("video") == 0


async def test_a_leaders_next_phase_brings_the_presenter_back_but_turns_nothing_on(gather):
    people = await with_cy_back(gather)
    cy, dee = people["Cy"], people["Dee"]
    await go_to(people, "re_entry")
    await expect(dee.chair("Cy")).to_have_attribute("data-state", "here")
    await expect(cy.button("Turn microphone on")).to_be_visible()
    await dee.reset()

    await cy.press("Come back")

    await expect(cy.button("Turn microphone off")).to_be_visible()
    await expect(cy.button("Turn camera off")).to_be_visible()
    seat = await dee.seat_of("Cy")
    await dee.page.evaluate(NEXT_FRAME, [seat, 0])


async def test_a_presenter_who_reloads_while_sitting_back_still_sits_back(gather):
    people = await with_cy_back(gather, scripts={"Cy": NEVER_STOP_SENDING})
    cy, dee = people["Cy"], people["Dee"]
    await dee.reset()

    await cy.page.reload()

    await expect(cy.room).to_have_attribute("data-link", "connected")
    await expect(cy.page.get_by_text("nobody hears or sees you")).to_be_visible()
    await cy.page.evaluate(NEXT_FRAME, [await cy.seat_of("Dee"), 0])
    seat = await dee.seat_of("Cy")
    received = await dee.received()
    assert all(counts.packets == 0 for (slot, _), counts in received.items() if slot == seat)
    await expect(dee.chair("Cy")).to_have_attribute("data-state", "back")


async def test_a_restarted_server_goes_on_where_it_stood_and_sound_and_picture_come_back(gather, alone):
    people = await with_cy_back(gather, simulated=(), at=alone)
    ada, dee = people["Ada"], people["Dee"]
    version = await ada.room.get_attribute("data-version")

    await alone.stop(kill=True)
    await expect(dee.room).to_have_attribute("data-link", "reconnecting")
    await alone.start()

    for person in people.values():
        await expect(person.room).to_have_attribute("data-link", "connected", timeout=30_000)
        await person.sees_phase("fantasies")
    assert await ada.room.get_attribute("data-version") == version
    await dee.page.evaluate(NEXT_FRAME, [await dee.seat_of("Ada"), 0])
    await expect(ada.chair("Cy")).to_have_attribute("data-state", "back")


async def agree(person: Person) -> None:
    """Open the link and agree; what comes then is for the test to say."""
    await person.page.goto(person.link)
    await person.page.get_by_role("checkbox", name="I agree").check()
    await person.press("Join the room")


async def test_another_device_asks_before_it_takes_the_place_and_the_first_can_fetch_it_back(gather, browser):
    people = await gather(*GROUP, simulated=("Cy",), scripts={"Dee": NEVER_STOP_SENDING})
    await come_in(people)
    await open_session(people)
    ada, laptop = people["Ada"], people["Dee"]
    context = await browser.new_context(**ORDINARY)
    await context.add_init_script(WATCH_CONNECTIONS)
    phone = Person("Dee", laptop.standing, laptop.link, context, await context.new_page())
    seat = await ada.seat_of("Dee")

    await agree(phone)
    await expect(phone.page.get_by_text("You are already here in another window. Move here?")).to_be_visible()
    await ada.page.evaluate(NEXT_FRAME, [seat, 0])  # nothing has been taken from the laptop yet
    assert await phone.page.evaluate("window.connections.every((one) => one.connectionState === 'closed')")
    await phone.press("Move here")
    await expect(phone.page.get_by_text("Say there that it is you")).to_be_visible()
    assert await phone.page.evaluate("window.connections.every((one) => one.connectionState === 'closed')")
    await laptop.press("Yes, that is me")

    await expect(ada.page.get_by_text("Dee is now at another device.")).to_be_visible()
    await expect(laptop.page.get_by_text("another browser or device")).to_be_visible()
    await expect(laptop.room).to_have_attribute("data-link", "closed")
    await ada.page.evaluate(NEXT_FRAME, [seat, 0])
    await phone.reset()
    await until(lambda: sending(phone))
    await expect(ada.chair("Dee")).to_have_attribute("data-state", "here")
    connections = "window.connections.every((one) => one.connectionState === 'closed')"
    assert await laptop.page.evaluate(connections)  # whatever the client of the laptop would like

    await laptop.press("Move back here")
    await expect(laptop.room).to_have_attribute("data-link", "connected")
    await expect(phone.page.get_by_text("another browser or device")).to_be_visible()
    await ada.page.evaluate(NEXT_FRAME, [seat, 0])
    await expect(laptop.button("Turn microphone off")).to_be_visible()
    await expect(laptop.button("Turn camera off")).to_be_visible()


async def sending(person: Person) -> bool:
    return await person.sent("audio") > 0


async def test_a_window_that_is_reloaded_is_asked_nothing_and_its_duplicate_is(gather):
    people = await gather(*GROUP, simulated=("Ada", "Cy"))
    await come_in(people)
    dee = people["Dee"]
    window = await dee.page.evaluate("Object.entries(sessionStorage)")
    await dee.page.reload()
    await expect(dee.room).to_have_attribute("data-link", "connected")

    duplicate = Person("Dee", dee.standing, dee.link, dee.context, await dee.context.new_page())
    await duplicate.page.goto(dee.link.split("/join")[0])
    await duplicate.page.evaluate("(all) => all.forEach(([key, value]) => sessionStorage.setItem(key, value))", window)
    await duplicate.page.goto(dee.page.url)

    await expect(duplicate.button("Move here")).to_be_visible()
    await expect(dee.room).to_have_attribute("data-link", "connected")


async def test_whoever_opens_their_laptop_again_is_in_their_seat_silent_and_dark_until_they_click(gather):
    people = await gather(*GROUP, simulated=("Cy",), scripts={"Dee": SLEEP})
    await come_in(people)
    await open_session(people)
    ada, dee = people["Ada"], people["Dee"]

    await dee.page.evaluate("window.slept = 3_600_000")

    await expect(dee.button("Turn microphone on")).to_be_visible()
    await expect(dee.button("Turn camera on")).to_be_visible()
    await expect(ada.chair("Dee")).to_have_attribute("data-state", "here")
    await dee.press("Come back")
    await expect(dee.button("Turn microphone off")).to_be_visible()
    await ada.page.evaluate(NEXT_FRAME, [await ada.seat_of("Dee"), 0])
