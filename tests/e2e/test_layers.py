"""Of everybody's picture each listener receives what their chairs can show, and nobody encodes what no one looks at."""

from collections.abc import Awaitable, Callable, Collection

from playwright.async_api import expect
from tests.e2e.conftest import DESKTOP
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import Person, until

GROUP = ("--leader", "Ada", "--member", "Cy", "--member", "Dee")
PHONE = {"width": 390, "height": 600}
FINE = 2  # device pixels to a pixel: chairs are 150 to 220 of them high on the phone, 380 to 420 on the desktop
ROWS = 180  # of the smaller layer; fewer when a browser finds that its machine cannot keep up
SECOND = 50  # packets of a voice
PATIENCE = 180  # seconds: a busy machine looks like a narrow line, on which small pictures come first

# What has gone out: packets of the voice, frames of each layer.
SENT = """
async () => {
  const connection = window.connections.filter((one) => one.connectionState !== "closed").at(-1);
  const reports = [...(await connection.getStats()).values()].filter((one) => one.type === "outbound-rtp");
  return Object.fromEntries(reports.map((one) => [one.rid || one.kind, one.framesEncoded ?? one.packetsSent]));
}
"""

HEIGHT = """
async (slot) => {
  const connection = window.connections.filter((one) => one.connectionState !== "closed").at(-1);
  const reports = [...(await connection.getStats()).values()];
  return reports.find((one) => one.type === "inbound-rtp" && one.mid === String(3 + 2 * slot))?.frameHeight ?? 0;
}
"""

# What becomes of a chair's picture: what its attribute says, and whether the browser draws it, seen or not.
NOTE_DRAWN = """
(name) => {
  const chair = document.querySelector(`balint-chair[data-name="${name}"]`);
  const note = () => {
    const drawn = chair.querySelector("video").checkVisibility({ visibilityProperty: true, opacityProperty: true });
    window.drawn.push([chair.dataset.picture ?? null, drawn]);
  };
  window.drawn = [];
  new MutationObserver(note).observe(chair, { attributes: true, attributeFilter: ["data-picture"] });
}
"""


async def encodes(evaluate: Callable[[str], Awaitable[dict[str, int]]], *layers: str) -> None:
    """Wait for a second of somebody's voice in which these layers of their camera are encoded, and no other."""
    before = await evaluate(f"({SENT})()")

    async def they_are() -> bool:
        nonlocal before
        now = await evaluate(f"({SENT})()")
        if now.get("audio", 0) < before.get("audio", 0) + SECOND:  # nothing of either while a line is being made
            return False
        grown = [layer for layer in ("l", "h") if now.get(layer, 0) > before.get(layer, 0)]
        before = now
        return grown == list(layers)

    await until(they_are, PATIENCE)


async def sees(person: Person, slot: int, *, large: bool) -> None:
    """Wait until the picture that comes into a slot is large, or small."""

    async def it_is() -> bool:
        height = await person.page.evaluate(HEIGHT, slot)
        return bool(height > ROWS if large else 0 < height <= ROWS)

    await until(it_is, PATIENCE)


async def hears_a_second(person: Person, slot: int) -> None:
    """Wait for a second of a voice since `reset`."""

    async def it_came() -> bool:
        return (await person.received())[slot, "audio"].packets >= SECOND

    await until(it_came, PATIENCE)


async def together(gather, simulated: Collection[str] = ()) -> list[Person]:
    """Three people whose chairs are small; the session is open."""
    people = await gather(*GROUP, simulated=simulated, device_scale_factor=FINE, viewport=PHONE)
    ada = people["Ada"]
    await ada.page.set_viewport_size(DESKTOP)  # on a phone the desk lies over the circle
    await come_in(people)
    await open_session(people, presenter=None)
    await ada.page.set_viewport_size(PHONE)
    return [*people.values()]


async def test_everyone_receives_the_layer_that_fits_and_no_other_is_encoded(gather):
    ada, cy, dee = await together(gather)
    slot = await ada.seat_of("Cy")
    await encodes(cy.page.evaluate, "l")
    for person in (ada, dee):
        await sees(person, slot, large=False)

    await ada.page.set_viewport_size(DESKTOP)
    await encodes(cy.page.evaluate, "l", "h")
    await sees(ada, slot, large=True)
    await sees(dee, slot, large=False)

    await ada.page.set_viewport_size(PHONE)
    await encodes(cy.page.evaluate, "l")
    await sees(ada, slot, large=False)


async def test_whoever_wants_only_sound_is_sent_no_picture_until_they_want_pictures_again(gather):
    ada, cy, dee = await together(gather)
    slot = await ada.seat_of("Cy")
    shown = ada.page.locator('balint-chair[data-name="Cy"][data-picture="shown"]')
    await expect(shown).to_have_count(1, timeout=1000 * PATIENCE)

    await ada.press("Sound only")
    await expect(ada.chair("Cy")).to_have_attribute("data-without", "sound_only")
    await expect(shown).to_have_count(0)
    await ada.reset()
    await hears_a_second(ada, slot)  # what was on its way has arrived
    await ada.reset()
    await hears_a_second(ada, slot)
    assert [counts.packets for (_, kind), counts in (await ada.received()).items() if kind == "video"] == [0, 0]
    await encodes(cy.page.evaluate, "l")  # for Dee

    await dee.press("Sound only")
    await encodes(cy.page.evaluate)
    await ada.press("Sound only")
    await encodes(cy.page.evaluate, "l")
    await expect(shown).to_have_count(1, timeout=1000 * PATIENCE)


async def test_a_picture_that_is_awaited_is_drawn_unseen_since_frames_of_what_is_not_drawn_are_looked_for_late(gather):
    ada, cy, _ = await together(gather, simulated=("Dee",))
    shown = ada.page.locator('balint-chair[data-name="Cy"][data-picture="shown"]')
    await expect(shown).to_have_count(1, timeout=1000 * PATIENCE)
    await ada.page.evaluate(NOTE_DRAWN, "Cy")

    await cy.press("Turn camera off")
    await expect(shown).to_have_count(0)
    await cy.press("Turn camera on")
    await expect(shown).to_have_count(1, timeout=1000 * PATIENCE)
    assert await ada.page.evaluate("window.drawn") == [[None, False], ["awaited", True], ["shown", True]]
