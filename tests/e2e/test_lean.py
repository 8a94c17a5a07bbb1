"""Whoever is asked to speak leaner does so at once, and back; their camera goes on as it is."""

import json

import pytest
from tests.e2e.evening import come_in, open_session
from tests.e2e.person import Person, until
from tests.e2e.test_layers import GROUP, PATIENCE, encodes

# Lets the test say what the server would.
LISTEN_IN = """
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...settings) { super(...settings); window.socket = this; }
};
"""
PER_SECOND = """
async () => {
  const voice = async () => {
    const connection = window.connections.filter((one) => one.connectionState !== "closed").at(-1);
    const reports = [...(await connection.getStats()).values()];
    return reports.find((one) => one.type === "outbound-rtp" && one.kind === "audio");
  };
  const before = await voice();
  await new Promise((done) => setTimeout(done, 1000));
  const now = await voice();
  return 1000 * (now.packetsSent - before.packetsSent) / (now.timestamp - before.timestamp);
}
"""


async def speaks(person: Person, lean: bool) -> None:
    """Ask for it until the packets of the voice are as many as they should be."""
    pictures = {"layers": ["l", "h"], "paused": [], "weak": False, "lean": lean}
    message = "42" + json.dumps(["pictures", pictures])

    async def they_are() -> bool:
        await person.page.evaluate("(data) => window.socket.onmessage({ data })", message)
        rate = await person.page.evaluate(PER_SECOND)
        return bool(20 < rate < 30 if lean else 40 < rate < 60)

    await until(they_are, PATIENCE)


@pytest.mark.long
async def test_a_voice_becomes_leaner_and_as_usual_again_and_the_camera_still_obeys(gather):
    people = await gather(*GROUP, scripts={"Cy": LISTEN_IN})
    await come_in(people)
    await open_session(people, presenter=None)
    cy = people["Cy"]
    lines = await cy.page.evaluate("window.connections.length")

    for lean in (True, False):
        await speaks(cy, lean)
        await encodes(cy.page.evaluate, "l", "h")
        await cy.press("Turn camera off")
        await speaks(cy, lean)
        await encodes(cy.page.evaluate)
        await cy.press("Turn camera on")
        await encodes(cy.page.evaluate, "l", "h")
    assert await cy.page.evaluate("window.connections.length") == lines
