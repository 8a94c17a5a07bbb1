"""What one screen shows decides what is sent to it, and a narrow line takes pictures away, never voices."""

import pytest
from tests.support.streams import Listener
from tests.unit.media.test_publisher import Camera as Person

from ascona.core.media_plan import Kind
from ascona.media.estimate import Estimate
from ascona.media.viewer import STEP_SECONDS, Viewer
from ascona.media.voices import LEAN_SECONDS

VOICE = 50_000.0


class Screen:
    """Somebody who sees three others, each with two layers."""

    def __init__(self) -> None:
        self.people = [Person() for _ in range(3)]
        self.eyes = [Listener(ssrc=10 * slot) for slot in range(3)]
        self.viewer = Viewer()
        self.estimate = Estimate(0.0)
        self.now = 0.0
        self.cameras_work()
        for person, eye in zip(self.people, self.eyes, strict=True):
            person.publisher.admit(eye.output, 0.0)

    def cameras_work(self) -> None:
        for person in self.people:
            for layer in "lh":
                person.show(layer, key=True, now=self.now)

    def look(self, *heights: int, seconds: float = 0.25) -> list[str | None]:
        """The layers that come after a while."""
        if heights:
            self.viewer.heights = heights
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            views = {
                slot: (person.publisher.camera, eye.output)
                for slot, (person, eye) in enumerate(zip(self.people, self.eyes, strict=True))
            }
            self.viewer.review(views, [VOICE] * 3, self.estimate, self.now)
            self.cameras_work()
        return [eye.output.source.layer if eye.output.source else None for eye in self.eyes]

    def narrow(self, bits: float) -> None:
        """The line turns out to be narrow just now."""
        self.estimate.bits, self.estimate.fell_at = bits, self.now


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_before_the_page_has_spoken_everybody_is_shown_small(screen):
    assert screen.look() == ["l", "l", "l"]


def test_what_the_page_shows_is_what_comes(screen):
    assert screen.look(360, 180, 0) == ["h", "l", None]
    assert screen.look(180, 180) == ["l", "l", None]
    assert screen.viewer.paused == ()


def test_sound_only_is_no_pause(screen):
    assert screen.look(0, 0, 0) == [None, None, None]
    assert screen.viewer.paused == ()
    assert screen.look(180, 180, 180) == ["l", "l", "l"]


def test_when_the_line_narrows_pictures_become_small_and_then_fewer_and_voices_stay(screen):
    ear = Listener(Kind.AUDIO)
    screen.people[0].publisher.admit(ear.output, 0.0)
    screen.look(360, 360, 360)
    screen.narrow(700_000)
    assert screen.look() == ["l", "l", "l"]
    screen.narrow(500_000)
    assert screen.look() == ["l", "l", None]
    assert screen.viewer.paused == (2,)
    screen.narrow(100_000)
    assert screen.look() == [None, None, None]

    screen.people[0].speak(screen.now)
    assert len(ear.sent) == 1


def test_pictures_come_back_by_themselves_one_by_one(screen):
    screen.look(360, 360, 360)
    screen.narrow(100_000)
    screen.look()
    screen.narrow(5_000_000)

    assert screen.look() == ["l", None, None]
    assert screen.look(seconds=STEP_SECONDS) == ["l", "l", None]
    assert screen.look(seconds=STEP_SECONDS) == ["l", "l", "l"]
    assert screen.look(seconds=STEP_SECONDS) == ["h", "l", "l"]
    assert screen.viewer.paused == ()


def test_whatever_the_line_carries_a_hopeless_one_gets_no_pictures(screen):
    screen.look(360, 360, 360)
    screen.estimate.hopeless = True

    assert screen.look() == [None, None, None]
    assert screen.viewer.paused == (0, 1, 2)


def test_while_voices_need_the_line_to_themselves_there_are_no_pictures(screen):
    screen.look(180, 180, 180)
    screen.estimate.crowded = True
    screen.viewer.voices.review(3, screen.estimate, screen.now)

    assert screen.look() == [None, None, None]
    assert screen.viewer.paused == (0, 1, 2)
    assert screen.look(seconds=LEAN_SECONDS) != [None, None, None]
