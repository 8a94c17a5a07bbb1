"""In a house that lets nothing out but one relay, people take part all the same."""

import pytest
from playwright.async_api import expect
from tests.e2e.evening import come_in, open_session
from tests.e2e.test_only_tcp import hears_and_sees
from tests.support.process import Server
from tests.support.relay import SECRET, relay

pytestmark = pytest.mark.long  # ten seconds; the everyday run shows the same without a browser: test_coturn.py

GROUP = ("--leader", "Ada", "--member", "Cy")

# A network with one way out, as a browser feels it: it may use no other.
ONLY_THE_RELAY = """
const Usual = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Usual {
  constructor(settings) { super({ ...settings, iceTransportPolicy: "relay" }); }
};
"""

WAYS = """
async () => {
  const reports = await window.connections.at(-1).getStats();
  const found = [...reports.values()];
  const chosen = found.filter((one) => one.type === "transport").map((one) => reports.get(one.selectedCandidatePairId));
  return chosen.map((pair) => reports.get(pair.localCandidateId).candidateType);
}
"""


@pytest.fixture
async def server(tmp_path, monkeypatch):
    """One that tells of a relay."""
    async with relay(tmp_path) as by:
        monkeypatch.setenv("ASCONA_TURN_URL", f"turn:{by.host}:{by.port}?transport=tcp")
        monkeypatch.setenv("ASCONA_TURN_SECRET", SECRET)
        running = Server(tmp_path)
        await running.start()
        yield running
        await running.stop()


async def test_who_comes_by_a_relay_is_heard_and_seen_and_hears_and_sees(gather):
    people = await gather(*GROUP, scripts={"Cy": ONLY_THE_RELAY})
    await come_in(people)
    await open_session(people, presenter=None)
    ada, cy = people["Ada"], people["Cy"]
    await expect(cy.room).to_have_attribute("data-link", "connected")

    for listener, speaker in ((ada, "Cy"), (cy, "Ada")):
        await hears_and_sees(listener, await listener.seat_of(speaker))

    assert await cy.page.evaluate(WAYS) == ["relay"]
    assert await ada.page.evaluate(WAYS) == ["host"]
    assert cy.trouble == []
