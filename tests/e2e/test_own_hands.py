"""What is in a person's own hands: their microphone, leaving, and among leaders their line."""

import signal

from playwright.async_api import expect
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.person import Person, until

# Lets a test pull out the plug of a device that the page uses.
PLUGS = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.plugged = [];
navigator.mediaDevices.getUserMedia = async (wishes) => {
  const stream = await ask(wishes);
  window.plugged.push(...stream.getTracks());
  return stream;
};
"""
UNPLUG = """
for (const track of window.plugged.filter((one) => one.kind === "audio")) {
  track.stop();
  track.dispatchEvent(new Event("ended"));
}
"""


async def test_an_unplugged_microphone_is_said_and_goes_on_again_only_by_ones_own_hand(gather):
    people = await gather("--leader", "Ada", scripts={"Ada": PLUGS})
    await come_in(people)
    await open_session(people, presenter=None)
    ada = people["Ada"]
    await expect(ada.button("Turn microphone off")).to_be_visible()

    await ada.page.evaluate(UNPLUG)
    await expect(ada.page.get_by_text("Your microphone was unplugged", exact=False)).to_be_visible()
    await expect(ada.button("Turn microphone on")).to_be_visible()

    await ada.page.reload()
    await expect(ada.button("Turn camera off")).to_be_visible()
    await expect(ada.button("Turn microphone on")).to_be_visible()
    await ada.press("Turn microphone on")
    await expect(ada.button("Turn microphone off")).to_be_visible()


LIGHTS = """
() => ["audio", "video"].map((kind) => window.plugged.some((one) => one.kind === kind && one.readyState === "live"))
"""


async def test_the_cameras_light_is_on_while_its_picture_goes_out_and_at_no_other_time(gather):
    people = await gather("--leader", "Ada", "--member", "Cy", scripts={"Cy": PLUGS})
    await come_in(people)
    ada, cy = people["Ada"], people["Cy"]
    slot = await ada.seat_of("Cy")

    async def lights(*expected: bool) -> None:
        await until(lambda: is_so(cy, list(expected)))

    async def seen() -> None:
        await ada.reset()
        await until(lambda: comes(ada, slot))

    await lights(True, False)  # nobody is seen before the session opens
    await open_session(people)
    await lights(True, True)
    await seen()

    await cy.press("Turn camera off")
    await lights(True, False)
    await cy.press("Turn camera on")
    await lights(True, True)
    await seen()

    await go_to(people, "fantasies")
    await lights(True, False)
    await cy.press("Come back")
    await lights(True, True)
    await seen()
    assert cy.trouble == ada.trouble == []


async def is_so(person: Person, lights: list[bool]) -> bool:
    now: list[bool] = await person.page.evaluate(LIGHTS)
    return now == lights


async def comes(person: Person, slot: int) -> bool:
    picture = (await person.received()).get((slot, "video"))
    return picture is not None and picture.frames > 3


# A headset that is there from `window.plugIn()` on.
HEADSET = """
const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
let more = [];
window.plugIn = async () => {
  const [{ deviceId }] = (await list()).filter((one) => one.label === "Fake Audio Input 2");
  more = [{ kind: "audioinput", deviceId, groupId: "one thing", label: "A headset" }];
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
};
navigator.mediaDevices.enumerateDevices = async () => [
  ...(await list()).filter((one) => one.label !== "Fake Audio Input 2"),
  ...more,
];
"""


async def test_another_microphone_is_chosen_from_the_seat_and_a_new_one_is_offered(gather):
    people = await gather("--leader", "Ada", "--member", "Cy", scripts={"Cy": HEADSET})
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]
    slot = await ada.seat_of("Cy")

    await cy.press("Choose microphone and camera")
    choice = cy.page.get_by_role("combobox", name="Microphone")
    await choice.select_option("Fake Audio Input 1")
    await expect(choice).to_be_enabled()
    await cy.press("Done")
    await expect(cy.button("Choose microphone and camera")).to_be_focused()
    await goes_on(ada, slot)

    await cy.page.evaluate("window.plugIn()")
    await expect(cy.page.get_by_text("A headset has been plugged in.")).to_be_visible()
    await cy.press("Use it")
    await expect(cy.page.get_by_text("A headset has been plugged in.")).to_have_count(0)
    await goes_on(ada, slot)
    await cy.press("Choose microphone and camera")
    await expect(choice.locator("option:checked")).to_have_text("A headset")
    await expect(ada.chair("Cy")).not_to_contain_text("microphone off")
    assert cy.trouble == []


async def goes_on(listener: Person, slot: int) -> None:
    """Wait until a voice has come in for a while."""
    await listener.reset()
    await until(lambda: heard(listener, slot))


async def heard(listener: Person, slot: int) -> bool:
    voice = (await listener.received()).get((slot, "audio"))
    return voice is not None and voice.packets > 25


async def test_whoever_leaves_is_silent_at_once_even_if_the_server_does_not_answer(gather, alone):
    people = await gather("--leader", "Ada", at=alone, scripts={"Ada": PLUGS})
    await come_in(people)
    ada = people["Ada"]
    alone.process.send_signal(signal.SIGSTOP)
    try:
        await ada.press("Leave")

        await expect(ada.button("Leave")).to_have_count(0, timeout=5_000)
        assert await ada.page.evaluate("window.plugged.map((one) => one.readyState)") == ["ended", "ended"]
    finally:
        alone.process.send_signal(signal.SIGCONT)
    await expect(ada.room).to_have_attribute("data-link", "closed")


async def test_a_leaders_line_stands_once_on_every_leaders_desk(gather):
    people = await gather("--leader", "Ada", "--co-leader", "Ben")
    await come_in(people)
    field = people["Ada"].page.locator(".line input")
    await field.fill("Shall we wait?")
    await field.press("Enter")

    for person in people.values():
        await expect(person.page.locator(".lines p", has_text="Shall we wait?")).to_have_count(1)
    await expect(field).to_have_value("")
