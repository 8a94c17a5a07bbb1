"""In a house that lets no UDP through, people take part all the same."""

from tests.e2e.ways import Way, take_part

# A network without UDP, as a browser feels it: none of those ways ever answers.
NO_UDP = """
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
  return set.call(this, { type, sdp: sdp.replace(/^a=candidate:\\d+ 1 udp .*\\r\\n/gm, "") });
};
"""


async def test_who_comes_by_tcp_is_heard_and_seen_and_hears_and_sees(gather):
    ada, cy = await take_part(gather, hindrance=NO_UDP)

    assert cy.protocol == "tcp"
    assert ada == Way("host", "udp")
