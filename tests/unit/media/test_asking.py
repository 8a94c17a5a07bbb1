"""What a publisher lost is asked for at once, and again when its repair could have been here."""

from itertools import pairwise

import pytest
from tests.support.streams import Listener, vp8
from tests.unit.media.test_publisher import SSRC, Camera

from ascona.media import rtcp
from ascona.media.asking import LEAST_PAUSE_SECONDS

pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture
def camera() -> Camera:
    return Camera()


def watched(camera: Camera) -> Listener:
    """Somebody sees the small picture, from a key frame on; what comes next is the third packet."""
    picture = Listener()
    camera.show("l", key=True)
    camera.publisher.admit(picture.output, 0.0)
    camera.show("l", key=True)
    return picture


def test_a_lost_packet_is_asked_for_and_its_repair_sent_on(camera):
    picture = watched(camera)
    camera.lose("l")
    camera.show("l")
    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 1

    camera.repair("l", 3, vp8(3, 3))

    first = picture.sequences[0]
    assert [number - first for number in picture.sequences] == [0, 2, 1]
    camera.publisher.ask(1.0)
    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 1


def test_what_does_not_come_is_asked_for_when_a_repair_could_have_been_here(camera):
    watched(camera)
    camera.publisher.asking.round_trip = 0.04
    camera.lose("l")
    camera.show("l")
    [(after, look)] = camera.alarms
    assert after == 0.04

    look(0.041)

    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 2
    (again, look) = camera.alarms[-1]
    assert again == pytest.approx(0.005)
    camera.repair("l", 3, vp8(3, 3))
    look(0.046)
    assert len(camera.alarms) == 2, "nothing is missing any more"
    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 2


def test_however_much_is_missing_one_look_at_a_time_is_waited_for(camera):
    watched(camera)
    camera.publisher.asking.round_trip = 0.016
    for _ in range(3):
        camera.lose("l")
        camera.show("l")
    moments = []
    now = 0.0
    while camera.alarms and now < 1.0:
        alarms, camera.alarms = sorted(camera.alarms, key=lambda alarm: alarm[0]), []
        assert len(alarms) == 1
        now += alarms[0][0]
        moments.append(now)
        alarms[0][1](now)
        if len(moments) == 5:
            camera.lose("l")
            camera.show("l", now=now)

    assert len(moments) > 20
    assert min(after - before for before, after in pairwise(moments)) >= LEAST_PAUSE_SECONDS - 1e-9


def test_a_look_that_was_put_off_is_not_taken(camera):
    watched(camera)
    camera.lose("l")
    camera.show("l")
    [(_, look)] = camera.alarms

    look(0.01)

    assert len(camera.alarms) == 1
    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 1


def test_where_the_asking_may_be_lost_it_is_done_twice_and_once_more_soon(camera):
    watched(camera)
    camera.publisher.asking.airy = True
    camera.publisher.asking.round_trip = 0.05
    camera.lose("l")

    camera.show("l")

    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 2
    [(after, look)] = camera.alarms
    assert after == pytest.approx(0.02)
    look(after)
    assert camera.asked.count(rtcp.Nack(SSRC["l"], (3,))) == 4
