"""Somebody who comes in Firefox takes part like everyone else; the others have Chromium."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect
from tests.e2e.evening import go_to, open_session
from tests.e2e.firefox import Firefox
from tests.e2e.person import NEVER_STOP_SENDING, NOTHING, READ_COUNTERS, Person, until
from tests.e2e.test_layers import FINE, encodes

pytestmark = pytest.mark.apart

GROUP = ("--leader", "Ada", "--member", "Cy", "--member", "Dee")
PHONE = (390, 844)
OTHERS_HEARD = 75  # packets from a person who goes on speaking: a second and a half


async def join(cy: Firefox, link: str) -> None:
    await cy.go_to(link)
    await cy.click("input[name=agree]")
    await cy.press("Join the room")
    await cy.until(room("link", "connected"))


def room(name: str, value: str) -> str:
    return f"document.getElementById('room')?.dataset.{name} === '{value}'"


async def seated(gather, cy: Firefox, **context: Any) -> dict[str, Person]:
    """Ada and Dee in Chromium; Cy, in Firefox, has been admitted and has agreed to present."""
    people = await gather(*GROUP, **context)
    link = people.pop("Cy").link
    ada = people["Ada"]
    await asyncio.gather(ada.join(), people["Dee"].join(), join(cy, link))
    await expect(ada.button("Admit Cy")).to_be_visible()
    await expect(ada.button("Admit Dee")).to_be_visible()
    await ada.press("Admit everyone")
    await open_session(people, presenter=None)
    await ada.act_on("Cy", "Make presenter")
    await cy.press("I will present")
    await expect(ada.chair("Cy")).to_have_attribute("data-standing", "presenter")
    return people


async def hears_and_sees(cy: Firefox, slots: list[int]) -> bool:
    """Whether these slots' sound and picture reach Firefox."""
    found = (await cy.evaluate(f"({READ_COUNTERS})()"))["slots"]
    kinds = [found.get(str(slot), {}) for slot in slots]
    return all(one.get("audio", NOTHING)["energy"] > 0 and one.get("video", NOTHING)["frames"] > 0 for one in kinds)


async def is_heard_and_seen(by: Person, slot: int) -> bool:
    """Whether sound and picture of a slot have come since the last reset."""
    received = await by.received()
    sound, picture = received.get((slot, "audio")), received.get((slot, "video"))
    return bool(sound and sound.energy > 0 and picture and picture.frames)


async def test_a_presenter_whose_firefox_never_stops_sending_is_neither_heard_nor_seen_while_sitting_back(
    firefox, gather
):
    cy = await firefox(NEVER_STOP_SENDING)
    people = await seated(gather, cy)
    ada, dee = people["Ada"], people["Dee"]
    seats = {name: await ada.seat_of(name) for name in ("Ada", "Cy", "Dee")}
    await until(lambda: hears_and_sees(cy, [seats["Ada"], seats["Dee"]]))
    for person in people.values():
        await until(lambda person=person: is_heard_and_seen(person, seats["Cy"]))

    await go_to(people, "fantasies")
    await cy.until(room("phase", "fantasies"))
    await asyncio.sleep(0.4)  # what was on its way when the gates closed has arrived, and the browser's count is fresh
    await asyncio.gather(*(person.reset() for person in people.values()))
    sent = (await cy.evaluate(f"({READ_COUNTERS})()"))["sent"]

    async def ada_goes_on() -> bool:
        return (await dee.received())[seats["Ada"], "audio"].packets > OTHERS_HEARD

    await until(ada_goes_on)
    for person in people.values():
        received = await person.received()
        for kind in ("audio", "video"):
            assert (seats["Cy"], kind) not in received or received[seats["Cy"], kind].packets == 0
    now = (await cy.evaluate(f"({READ_COUNTERS})()"))["sent"]
    assert now["audio"] > sent["audio"]
    assert now["video"] > sent["video"]


async def test_in_firefox_the_presenter_comes_back_reloads_and_outlives_a_restarted_server(firefox, gather, alone):
    cy = await firefox()
    people = await seated(gather, cy, at=alone)
    ada, dee = people["Ada"], people["Dee"]
    seats = {name: await ada.seat_of(name) for name in ("Ada", "Cy", "Dee")}
    others = [seats["Ada"], seats["Dee"]]
    await go_to(people, "fantasies")
    await cy.until("document.body.textContent.includes('nobody hears or sees you')")
    await dee.reset()

    await cy.press("Come back")
    await until(lambda: is_heard_and_seen(dee, seats["Cy"]))
    await assert_fits(cy, *PHONE)

    await cy.reload()
    await cy.until(room("link", "connected"))
    await dee.reset()
    await until(lambda: hears_and_sees(cy, others))
    await until(lambda: is_heard_and_seen(dee, seats["Cy"]))

    await alone.stop(kill=True)
    await cy.until(room("link", "reconnecting"))
    await alone.start()
    await cy.until(room("link", "connected"), within=30)
    await until(lambda: hears_and_sees(cy, others))
    await expect(dee.room).to_have_attribute("data-link", "connected", timeout=30_000)
    await until(lambda: is_heard_and_seen(dee, seats["Cy"]))
    assert await dee.seat_of("Cy") == seats["Cy"]
    assert [line for line in cy.trouble if "/socket.io/" not in line] == []


async def test_a_place_moves_from_firefox_to_another_browser_and_back(firefox, gather):
    cy = await firefox()
    people = await gather(*GROUP)
    other, ada = people["Cy"], people["Ada"]
    await asyncio.gather(ada.join(), join(cy, other.link))
    await ada.press("Admit Cy")
    await ada.press("Open the session")
    seat = await ada.seat_of("Cy")
    await until(lambda: is_heard_and_seen(ada, seat))

    await other.page.goto(other.link)
    await other.page.get_by_role("checkbox", name="I agree").check()
    await other.press("Join the room")
    await other.press("Move here")
    await cy.press("Yes, that is me")
    await expect(other.room).to_have_attribute("data-link", "connected")
    await cy.until("window.connections.every((one) => one.connectionState === 'closed')")
    await ada.reset()
    await until(lambda: is_heard_and_seen(ada, seat))

    await cy.press("Move back here")
    await expect(other.button("Move back here")).to_be_visible()
    await ada.reset()
    await until(lambda: is_heard_and_seen(ada, seat))


async def test_a_camera_in_firefox_goes_out_in_the_layers_that_somebody_looks_at(firefox, gather):
    cy = await firefox()
    people = await seated(gather, cy, device_scale_factor=FINE)
    ada, dee = people["Ada"], people["Dee"]

    await ada.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await encodes(cy.evaluate, "l", "h")
    await dee.press("Sound only")
    await encodes(cy.evaluate, "l")
    await ada.press("Sound only")
    await encodes(cy.evaluate)


async def assert_fits(cy: Firefox, width: int, height: int) -> None:
    """Every chair stands on a screen of this size, large enough to see a face."""
    await cy.resize(width, height)
    await cy.until(f"innerWidth === {width} && document.documentElement.scrollWidth <= {width}")
    boxes = "[...document.querySelectorAll('balint-chair')].map((one) => one.getBoundingClientRect().toJSON())"
    await cy.until(f"{boxes}.every((box) => box.left >= 0 && box.right <= {width} && box.top >= 0 && box.width > 40)")
