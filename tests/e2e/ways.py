"""Two people of whom one has another way in, and by which way each of them came."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import expect
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import Person, Received

NOTHING = Received(packets=0, frames=0, energy=0.0, lost=0, freezes=0)
GROUP = ("--leader", "Ada", "--member", "Cy")

CHOSEN = """
async () => {
  const reports = await window.connections.at(-1).getStats();
  const found = [...reports.values()];
  const chosen = found.filter((one) => one.type === "transport").map((one) => reports.get(one.selectedCandidatePairId));
  return chosen.map((pair) => reports.get(pair.localCandidateId)).map((way) => [way.candidateType, way.protocol]);
}
"""


@dataclass(frozen=True)
class Way:
    """A candidate of the browser's own (RFC 8445): `host`, `relay`; `udp`, `tcp`."""

    kind: str
    protocol: str


async def take_part(gather: Callable[..., Awaitable[dict[str, Person]]], hindrance: str) -> tuple[Way, Way]:
    """Let Ada, and Cy with a hindrance, hear and see each other; the ways they came."""
    people = await gather(*GROUP, scripts={"Cy": hindrance})
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]
    await expect(cy.room).to_have_attribute("data-link", "connected")

    for listener, speaker in ((ada, "Cy"), (cy, "Ada")):
        await hears_and_sees(listener, await listener.seat_of(speaker))

    assert cy.trouble == []
    return await way_of(ada), await way_of(cy)


async def way_of(person: Person) -> Way:
    """The way in use."""
    ((kind, protocol),) = await person.page.evaluate(CHOSEN)
    return Way(kind, protocol)


async def hears_and_sees(listener: Person, slot: int) -> None:
    """Wait until sound and picture have come from this slot for a while."""
    async with asyncio.timeout(40):
        while True:
            received = await listener.received()
            sound, picture = received.get((slot, "audio"), NOTHING), received.get((slot, "video"), NOTHING)
            if sound.packets > 50 and picture.frames > 10:
                return
            await asyncio.sleep(0.1)
