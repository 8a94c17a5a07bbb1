"""The answer a browser gets: what is agreed, in every section where browsers look for it."""

import re

import pytest
from aiortc.sdp import SessionDescription
from tests.unit.media.test_offer import CHROMIUM, FIREFOX

from ascona.core.media_plan import Kind
from ascona.media.answer import VOICE_BITS, Credentials, Sources, write_answer
from ascona.media.offer import read_offer

SLOTS = [Sources(10, 11, 12), Sources(20, 21, 22)]
CREDENTIALS = Credentials("name1234", "password" * 3, ":".join(["AB"] * 32))


def answered(sdp: str = CHROMIUM) -> str:
    return write_answer(read_offer(sdp, 2), CREDENTIALS, SLOTS, [("192.0.2.7", 4000), ("192.0.2.8", 4001)], 3)


def sections(answer: str) -> list[list[str]]:
    return [section.split("\r\n") for section in re.split(r"^m=", answer, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("sdp", [CHROMIUM, FIREFOX])
def test_another_implementation_reads_it(sdp):
    read = SessionDescription.parse(answered(sdp))

    assert [media.direction for media in read.media] == ["recvonly"] * 2 + ["sendonly"] * 4
    assert [media.rtp.muxId for media in read.media] == list("012345")
    assert all(media.ice.iceLite and media.dtls.role == "server" for media in read.media)
    assert [source.ssrc for media in read.media[2:] for source in media.ssrc] == [10, 11, 12, 20, 21, 22]


def test_every_section_says_who_we_are():
    for section in sections(answered()):
        assert "a=ice-ufrag:name1234" in section
        assert f"a=ice-pwd:{'password' * 3}" in section
        assert f"a=fingerprint:sha-256 {CREDENTIALS.fingerprint}" in section
        assert "a=setup:passive" in section


def test_the_way_in_stands_in_the_first_section_only():
    first, *others = sections(answered())

    candidates = [line for line in first if line.startswith("a=candidate")]
    assert [line.split(" ")[4:6] for line in candidates] == [["192.0.2.7", "4000"], ["192.0.2.8", "4001"]]
    assert int(candidates[0].split(" ")[3]) > int(candidates[1].split(" ")[3])
    assert "a=end-of-candidates" in first
    assert not any("candidate" in line for section in others for line in section)


def test_layers_are_received_and_voices_level_is_not():
    audio, video, *_ = sections(answered())

    assert "a=simulcast:recv l;h" in video
    assert "a=rid:l recv" in video
    assert "a=rid:h recv" in video
    assert "a=fmtp:97 apt=96" in video
    assert not any("audio-level" in line for line in audio)


def test_voices_carry_their_own_repair_and_no_silence_is_cut_out():
    voices = [section for section in sections(answered()) if section[0].startswith("audio")]

    assert len(voices) == 3
    for section in voices:
        (agreed,) = [line for line in section if line.startswith("a=fmtp")]
        assert "useinbandfec=1" in agreed
        assert f"maxaveragebitrate={VOICE_BITS}" in agreed
        assert "usedtx" not in agreed


def test_without_simulcast_no_layers_are_named():
    single = "\r\n".join(line for line in CHROMIUM.split("\r\n") if not line.startswith(("a=rid", "a=simulcast")))

    assert "rid" not in answered(single)


def test_slots_are_found_by_ssrc_and_not_by_mid():
    for number, section in enumerate(sections(answered())[2:]):
        video = section[0].startswith(Kind.VIDEO)
        assert any(line.startswith("a=ssrc-group:FID") for line in section) is video
        assert not any("sdes:mid" in line for line in section)
        assert f"a=msid:slot{number // 2} slot{number // 2}-{'video' if video else 'audio'}" in section


def test_a_restart_has_a_higher_version():
    assert "\r\no=- 1 3 IN IP4 0.0.0.0\r\n" in answered()
