"""Each listener gets the layer that is theirs, from a key frame on, and nobody waits for what does not come."""

import pytest
from tests.support.streams import Listener, steps
from tests.unit.media.test_publisher import Camera as Person

from ascona.media.camera import AGREED_RATE, COMING_SECONDS, GIVEN_UP_SECONDS, LINGERING_SECONDS, Camera


@pytest.fixture
def ada() -> Person:
    return Person()


@pytest.fixture
def camera(ada) -> Camera:
    return ada.publisher.camera


def watching(ada: Person, layer: str, now: float = 0.0) -> Listener:
    """Somebody who has had a picture of this layer already."""
    listener = Listener()
    for one in "lh":
        ada.show(one, now=now)
    ada.publisher.admit(listener.output, now, layer)
    ada.show(layer, key=True, now=now)
    assert len(listener.sent) == 1
    return listener


def holders(ada: Person, listener: Listener) -> list[str | None]:
    return [track.layer for track in ada.publisher.camera.tracks.values() if listener.output in track.outputs]


def test_two_listeners_get_two_layers(ada):
    small, large = watching(ada, "l"), watching(ada, "h")
    before = len(small.sent), len(large.sent)
    ada.show("l", count=3)
    ada.show("h", count=5)

    assert (len(small.sent) - before[0], len(large.sent) - before[1]) == (3, 5)
    assert (holders(ada, small), holders(ada, large)) == (["l"], ["h"])


def test_a_listener_keeps_a_layer_until_the_other_ones_key_frame(ada, camera):
    listener = watching(ada, "l")
    camera.show(listener.output, "h", 0.5)
    assert ada.key_frames_asked("h") == 1
    ada.show("h", now=0.5)
    ada.show("l", now=0.5)
    assert holders(ada, listener) == ["l"]

    ada.show("h", key=True, now=0.6)
    ada.show("l", now=0.6)

    assert holders(ada, listener) == ["h"]
    assert len(listener.sent) == 3
    assert set(steps(listener.sequences, 1 << 16)) == {1}
    assert ada.counts["layers_switched"] == 1


def test_one_key_frame_is_asked_for_and_is_for_all_who_wait(ada, camera):
    first, second = Listener(), Listener()
    ada.show("l", now=0.0)
    for listener in (first, second):
        ada.publisher.admit(listener.output, 1.0, "l")

    ada.show("l", key=True, now=1.1)
    camera.request(2.0)

    assert (len(first.sent), len(second.sent)) == (1, 1)
    assert ada.key_frames_asked("l") == 1


def test_what_the_line_cannot_carry_ends_at_once(ada, camera):
    listener = watching(ada, "h")
    camera.show(listener.output, "l", 0.5, at_once=True)
    ada.show("h", now=0.5)
    ada.show("l", now=0.5)
    assert len(listener.sent) == 1

    ada.show("l", key=True, now=0.6)
    assert len(listener.sent) == 2


def test_a_paused_picture_sends_nothing_not_even_repairs_or_reports(ada, camera):
    listener = watching(ada, "l")
    seen = listener.sequences
    camera.show(listener.output, None, 0.5)
    ada.show("l", key=True, now=0.6)
    ada.show("h", key=True, now=0.6)

    assert len(listener.sent) == 1
    assert holders(ada, listener) == []
    assert listener.output.resend(seen, 0.6) == []
    asked = len(ada.asked)
    ada.publisher.ask(2.0)
    assert len(ada.asked) == asked

    camera.show(listener.output, "l", 2.0)
    ada.show("l", key=True, now=2.0)
    assert steps(listener.sequences, 1 << 16) == [1]


def test_a_gate_that_is_shut_is_not_opened_by_a_choice_of_layer(ada, camera):
    listener = watching(ada, "l")
    ada.publisher.dismiss(listener.output)
    camera.show(listener.output, "h", 0.5)
    ada.show("h", key=True, now=0.6)

    assert len(listener.sent) == 1
    assert holders(ada, listener) == []


def test_whoever_waits_goes_over_to_what_is_alive(ada, camera):
    listener = Listener()
    ada.show("h")
    ada.publisher.admit(listener.output, 0.0, "l")
    ada.show("h", key=True, now=0.1)

    assert len(listener.sent) == 1


def test_a_layer_that_comes_to_life_is_shown_from_its_first_key_frame(ada):
    listener = Listener()
    ada.publisher.admit(listener.output, 0.0, "h")
    ada.show("h", key=True, now=0.1)

    assert len(listener.sent) == 1


def test_a_layer_that_falls_silent_is_made_up_for_by_the_other(ada):
    listener = watching(ada, "l")
    for tenth in range(1, 15):
        ada.show("h", now=tenth / 10, key=tenth == 13)
        ada.publisher.ask(tenth / 10)

    assert ada.key_frames_asked("h") > 0
    assert holders(ada, listener) == ["h"]


def test_layers_nobody_watches_are_not_wanted_after_a_while(ada, camera):
    large = watching(ada, "h")
    assert camera.wanted(0.0) == ("h",)
    camera.show(large.output, "l", 1.0)
    assert camera.wanted(1.0) == ("l", "h"), "it is watched until the other comes"
    ada.show("l", key=True, now=1.1)
    assert camera.wanted(1.2) == ("l", "h")
    assert camera.wanted(1.3 + LINGERING_SECONDS) == ("l",)

    camera.show(large.output, None, 5.0)
    assert camera.wanted(5.0 + 2 * LINGERING_SECONDS) == ()


def test_while_nobody_may_see_the_smallest_is_kept_ready(ada, camera):
    assert camera.wanted(0.0) == ("l",)
    listener = watching(ada, "h")
    camera.wanted(0.0)
    ada.publisher.dismiss(listener.output)

    assert camera.wanted(10.0) == ("l",)


def test_a_camera_that_is_off_costs_nothing_and_one_that_nobody_asks_what_it_would(ada, camera):
    listener = Listener()
    ada.publisher.admit(listener.output, 0.0)
    camera.wanted(0.0)
    assert camera.rates(0.0) == AGREED_RATE
    camera.wanted(COMING_SECONDS + 0.1)
    assert camera.rates(COMING_SECONDS + 0.1) == {"l": 0.0}

    camera.show(listener.output, None, 4.0)
    camera.wanted(4.0 + 2 * LINGERING_SECONDS)
    assert camera.rates(4.0 + 2 * LINGERING_SECONDS) == AGREED_RATE


def test_a_layer_counts_as_agreed_until_it_has_been_measured(ada, camera):
    ada.show("l")
    assert camera.rates(0.0) == AGREED_RATE

    for tenth in range(20):
        ada.show("l", now=tenth / 10)
        ada.publisher.beat(tenth / 10)
    assert camera.rates(1.9)["l"] < 10_000


def test_a_layer_that_does_not_come_is_not_waited_for_but_asked_for_again_later(ada, camera):
    listener = Listener()
    ada.publisher.admit(listener.output, 0.0, "h")

    def can_be_had(now: float) -> set[str]:
        ada.show("l", now=now)
        camera.wanted(now)
        return set(camera.rates(now))

    assert can_be_had(0.0) == {"l", "h"}
    assert can_be_had(COMING_SECONDS) == {"l", "h"}
    assert can_be_had(COMING_SECONDS + 0.1) == {"l"}
    camera.show(listener.output, "l", 3.5)
    assert can_be_had(10.0) == {"l"}
    assert can_be_had(COMING_SECONDS + GIVEN_UP_SECONDS + 1.0) == {"l", "h"}
