"""In a house that lets nothing out but one relay, people take part all the same."""

import pytest
from tests.e2e.ways import take_part
from tests.support.process import Server
from tests.support.relay import SECRET, relay

pytestmark = pytest.mark.long  # ten seconds; the everyday run shows the same without a browser: test_coturn.py

# A network with one way out, as a browser feels it: it may use no other.
ONLY_THE_RELAY = """
const Usual = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Usual {
  constructor(settings) { super({ ...settings, iceTransportPolicy: "relay" }); }
};
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
    ada, cy = await take_part(gather, hindrance=ONLY_THE_RELAY)

    assert cy.kind == "relay"
    assert ada.kind == "host"
