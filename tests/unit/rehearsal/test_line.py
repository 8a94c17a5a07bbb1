"""The line of a simulated person, and what it needs of aiortc and aioice beyond their public names."""

import av
from aioice import ice
from aiortc import RTCRtpSender, RTCSessionDescription
from aiortc.codecs import vpx
from aiortc.sdp import SessionDescription

from ascona.rehearsal.line import LARGEST_PAYLOAD, Line, reach_this_machine, send_what_fits
from ascona.rehearsal.loops import loops
from ascona.rehearsal.tracks import LoopTrack


def tracks() -> tuple[LoopTrack, LoopTrack]:
    people = loops("Noor", 4)
    return LoopTrack(people.voice, float, lambda: True), LoopTrack(people.picture, float, lambda: True)


async def nobody() -> None:
    """Whoever is told that the line is lost."""


async def test_the_offer_asks_for_nothing_but_to_send_one_voice_and_one_picture():
    line = Line(*tracks(), lost=nobody)

    offer = await line.offer()
    await line.close()

    media = SessionDescription.parse(RTCSessionDescription(offer, "offer").sdp).media
    assert [(one.kind, one.direction) for one in media] == [("audio", "sendonly"), ("video", "sendonly")]
    assert [codec.mimeType for codec in media[0].rtp.codecs] == ["audio/opus"]
    assert [codec.mimeType for codec in media[1].rtp.codecs] == ["video/VP8", "video/rtx"]


async def test_the_offer_names_no_candidates():
    line = Line(*tracks(), lost=nobody)

    offer = await line.offer()
    await line.close()

    assert "a=candidate" not in offer
    assert "a=end-of-candidates" not in offer


async def test_a_picture_loss_begins_the_piece_again():
    voice, picture = tracks()
    asked = []
    picture.restart = lambda: asked.append(True)
    line = Line(voice, picture, lost=nobody)

    line._peer.getSenders()[1]._send_keyframe()
    await line.close()

    assert asked
    assert callable(RTCRtpSender._send_keyframe)  # aiortc's own: what it calls for a PLI or FIR


def test_people_of_this_machine_are_reached_over_loopback(monkeypatch):
    monkeypatch.setattr(ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])

    reach_this_machine()

    assert ice.get_host_addresses(use_ipv4=True, use_ipv6=True) == ["127.0.0.1"]


def test_pictures_fit_the_smallest_line_that_ipv6_promises(monkeypatch):
    monkeypatch.setattr(vpx, "PACKET_MAX", vpx.PACKET_MAX)  # as it was, afterwards
    picture = av.Packet(bytes(20_000))
    picture.pts, picture.time_base = 0, vpx.VIDEO_TIME_BASE

    send_what_fits()
    payloads, _ = vpx.Vp8Encoder().pack(picture)

    around = 40 + 8 + 12 + 20 + 2 + 16  # IPv6, UDP, RTP and extensions, a repair's own number, SRTP
    assert max(map(len, payloads)) == LARGEST_PAYLOAD
    assert LARGEST_PAYLOAD + around <= 1280
