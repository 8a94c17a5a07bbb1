"""Six people in real browsers walk an Ascona evening; what each receives is what the phase allows, and nothing else."""

import asyncio
import time

import pytest
from playwright.async_api import expect
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import NEVER_STOP_SENDING, Person

PEOPLE = (
    "--leader", "Ada", "--co-leader", "Ben", "--member", "Cy", "--member", "Dee", "--ring", "Eve", "--observer", "Flo",
)  # fmt: skip

LEADERS = {"Ada", "Ben"}
CIRCLE = LEADERS | {"Cy", "Dee"}
EVERYONE = CIRCLE | {"Eve", "Flo"}

# Written down by hand, apart from the programme: phase, who is heard, who is seen, who receives.
EVENING = [
    ("arrive", CIRCLE, CIRCLE, EVERYONE),
    ("choose", CIRCLE, CIRCLE, EVERYONE),
    ("account", CIRCLE, CIRCLE, EVERYONE),
    ("questions", CIRCLE, CIRCLE, EVERYONE),
    ("fantasies", CIRCLE - {"Cy"}, CIRCLE - {"Cy"}, EVERYONE),
    ("ring", LEADERS | {"Eve"}, CIRCLE - {"Cy"} | {"Eve"}, EVERYONE),
    ("answer", CIRCLE - {"Cy"}, CIRCLE - {"Cy"}, EVERYONE),
    ("re_entry", CIRCLE, CIRCLE, EVERYONE),
    ("reflection", CIRCLE, CIRCLE, EVERYONE),
    ("close", CIRCLE, CIRCLE, EVERYONE),
    ("debrief", LEADERS, LEADERS, LEADERS),
]

SETTLE_SECONDS = 0.4  # what was on its way when the gates closed has arrived, and the browser's own count is fresh
LISTEN_SECONDS = 1.5
PATIENCE = 180  # seconds for what is to come: a busy machine looks like a narrow line, on which pictures come late


async def test_in_every_phase_everyone_receives_exactly_what_the_phase_allows(gather):
    """The presenter's and the ring's clients ignore every instruction and never stop sending."""
    people = await gather(*PEOPLE, at_once=True, scripts={"Cy": NEVER_STOP_SENDING, "Eve": NEVER_STOP_SENDING})
    await come_in(people)
    await open_session(people)
    for number, (phase, heard, seen, receive) in enumerate(EVENING):
        if number:
            await people["Ada"].press("Next phase")
        for person in people.values():
            await person.sees_phase(phase)
        await turn_on(people, heard, seen)
        await assert_received(people, phase, heard, seen, receive)
        if phase == "fantasies":
            assert await people["Cy"].sent("audio") > 0
            assert await people["Cy"].sent("video") > 0
    for person in people.values():
        assert person.trouble == []


async def turn_on(people: dict[str, Person], heard: set[str], seen: set[str]) -> None:
    """Whoever may be heard or seen, and has it off, turns it on with their own hand."""
    for name, person in people.items():
        for device, may in (("microphone", name in heard), ("camera", name in seen)):
            button = person.button(f"Turn {device} on")
            if may and await button.count():
                await button.click()
                await expect(person.button(f"Turn {device} off")).to_be_visible()


async def assert_received(
    people: dict[str, Person], phase: str, heard: set[str], seen: set[str], receive: set[str]
) -> None:
    everyone = list(people.values())
    await asyncio.sleep(SETTLE_SECONDS)
    await asyncio.gather(*(person.reset() for person in everyone))
    flows = {
        (sender, receiver): (sender in heard and receiver in receive, sender in seen and receiver in receive)
        for sender in people
        for receiver in people
        if sender != receiver
    }
    deadline = time.monotonic() + PATIENCE
    slots = await slots_of(people)
    while True:
        await asyncio.sleep(LISTEN_SECONDS)
        received = {person.name: await person.received() for person in everyone}
        missing = []
        for (sender, receiver), (audio, video) in flows.items():
            sound = received[receiver].get((slots[sender], "audio"))
            picture = received[receiver].get((slots[sender], "video"))
            if not audio:
                assert sound is None or sound.packets == 0, f"{phase}: {receiver} hears {sender}: {sound}"
            elif not (sound and sound.packets and sound.energy > 0):
                missing.append(f"{phase}: {receiver} does not hear {sender}: {sound}")
            if not video:
                assert picture is None or picture.packets == 0, f"{phase}: {receiver} sees {sender}: {picture}"
            elif not (picture and picture.frames):
                missing.append(f"{phase}: {receiver} does not see {sender}: {picture}")
        if not missing:
            return
        if time.monotonic() > deadline:
            pytest.fail("\n".join(missing))


async def slots_of(people: dict[str, Person]) -> dict[str, int]:
    """The slot of each sender: the seat in the circle; for the ring, the first floor slot behind it."""
    ada = people["Ada"]
    seats = {name: await ada.seat_of(name) for name in people}
    first_behind = min(seats["Eve"], seats["Flo"])
    return {name: seats[name] if name in CIRCLE else first_behind + (name == "Flo") for name in people}
