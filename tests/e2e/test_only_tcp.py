"""In a house that lets no UDP through, people take part all the same."""

import asyncio

from playwright.async_api import expect
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import Person, Received

NOTHING = Received(packets=0, frames=0, energy=0.0, lost=0, freezes=0)
GROUP = ("--leader", "Ada", "--member", "Cy")

# A network without UDP, as a browser feels it: none of those ways ever answers.
NO_UDP = """
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  return set.call(this, { type, sdp: sdp.replace(/^a=candidate:\\d+ 1 udp .*\\r\\n/gm, "") });
};
"""

WAYS = """
async () => {
  const reports = await window.connections.at(-1).getStats();
  const found = [...reports.values()];
  const chosen = found.filter((one) => one.type === "transport").map((one) => reports.get(one.selectedCandidatePairId));
  return chosen.map((pair) => reports.get(pair.localCandidateId).protocol);
}
"""


async def hears_and_sees(listener: Person, slot: int) -> None:
    """Wait until sound and picture have come from this slot for a while."""
    async with asyncio.timeout(20):
        while True:
            received = await listener.received()
            sound, picture = received.get((slot, "audio"), NOTHING), received.get((slot, "video"), NOTHING)
            if sound.packets > 50 and picture.frames > 10:
                return
            await asyncio.sleep(0.1)


async def test_who_comes_by_tcp_is_heard_and_seen_and_hears_and_sees(gather):
    people = await gather(*GROUP, scripts={"Cy": NO_UDP})
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]
    await expect(cy.room).to_have_attribute("data-link", "connected")

    for listener, speaker in ((ada, "Cy"), (cy, "Ada")):
        await hears_and_sees(listener, await listener.seat_of(speaker))

    assert await cy.page.evaluate(WAYS) == ["tcp"]
    assert await ada.page.evaluate(WAYS) == ["udp"]
    assert cy.trouble == []
