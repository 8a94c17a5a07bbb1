"""Packets that come late: nothing that was sent before a gate opened opens it, or can be had through it."""

import pytest
from tests.support.streams import AUDIO_TYPE, Listener, datagram, vp8
from tests.unit.media.test_publisher import Camera

from ascona.core.media_plan import Kind

pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture
def camera() -> Camera:
    return Camera()


def test_an_old_key_frame_sent_again_opens_no_gate(camera):
    picture = Listener()
    camera.show("l", key=True)
    camera.show("l", count=3)
    camera.publisher.admit(picture.output, 0.0)

    camera.repair("l", 1, vp8(1, 1, key=True))

    assert picture.sent == []


def test_a_key_frame_from_before_the_gate_opened_opens_no_gate_even_if_it_was_lost_then(camera):
    picture = Listener()
    camera.show("l", key=True)
    camera.sent["l"] += 1  # number 2, a key frame, is lost
    camera.show("l", count=3)
    camera.publisher.admit(picture.output, 0.0)

    camera.repair("l", 2, vp8(2, 2, key=True))
    camera.show("l")
    assert picture.sent == []

    camera.show("l", key=True)
    first = picture.sequences[0]
    assert picture.output.resend([(first - step) & 0xFFFF for step in range(1, 5)], 0.0) == []


def test_a_voice_that_was_overtaken_before_the_gate_opened_is_not_heard_after(camera):
    voice = Listener(Kind.AUDIO)
    camera.speak()
    camera.sent["voice"] += 1
    camera.speak()
    camera.publisher.admit(voice.output, 0.0)

    camera.publisher.receive(datagram(AUDIO_TYPE, 2, 960, 20, b"late"), 0.0)
    assert voice.sent == []

    camera.speak()
    assert len(voice.sent) == 1


def test_a_lost_key_frame_that_is_repaired_opens_the_gate_that_asked_for_it(camera):
    picture = Listener()
    camera.show("l")
    camera.publisher.admit(picture.output, 0.0)
    camera.sent["l"] += 1
    camera.show("l")

    camera.repair("l", 2, vp8(2, 2, key=True))

    assert len(picture.sent) == 1


def test_a_key_frame_that_was_overtaken_breaks_no_picture_off(camera):
    picture = Listener()
    camera.publisher.admit(picture.output, 0.0)
    camera.show("l", key=True)
    camera.sent["h"] = 1
    camera.show("h")
    camera.sent["h"] = 0
    camera.show("h", key=True)

    camera.show("l")

    assert len(picture.sent) == 2
