"""Voices become leaner where a line is full of them alone, and hardly ever change their minds."""

import pytest

from ascona.media.estimate import Estimate
from ascona.media.voices import LEAN_SECONDS, LONGEST_SECONDS, PLAIN, ROOM_TO_SPARE, TRIAL_SECONDS, Voices

HEARD = 10
WIDE, NARROW = ROOM_TO_SPARE * PLAIN * HEARD, PLAIN * HEARD


class Ear:
    """Somebody who hears ten."""

    def __init__(self) -> None:
        self.voices = Voices()
        self.estimate = Estimate(0.0)
        self.now = 0.0

    def listens(self, seconds: float, bits: float, crowded: bool = False) -> bool:
        """Whether voices are lean after so many seconds of such a line."""
        self.now += seconds
        self.estimate.bits, self.estimate.crowded = bits, crowded
        self.voices.review(HEARD, self.estimate, self.now)
        return self.voices.lean


@pytest.fixture
def ear() -> Ear:
    return Ear()


def test_voices_are_as_usual_until_they_alone_fill_the_line(ear):
    assert not ear.listens(1, NARROW / 2)
    assert ear.listens(1, NARROW / 2, crowded=True)


def test_then_they_have_the_line_to_themselves_for_a_while(ear):
    ear.listens(1, NARROW, crowded=True)
    ear.listens(LEAN_SECONDS - 1, WIDE)
    assert ear.voices.alone

    assert ear.listens(1, WIDE)
    assert not ear.voices.alone


def test_they_are_as_usual_again_after_pictures_have_shown_that_there_is_room_to_spare(ear):
    ear.listens(1, NARROW, crowded=True)
    ear.listens(LEAN_SECONDS, NARROW)

    assert ear.listens(TRIAL_SECONDS - 1, WIDE)
    assert ear.listens(1, NARROW)
    assert not ear.listens(1, WIDE)


def test_when_pictures_do_not_fit_voices_are_alone_again_for_twice_as_long_but_not_for_ever(ear):
    alone = LEAN_SECONDS
    ear.listens(1, NARROW, crowded=True)
    while alone < 2 * LONGEST_SECONDS:
        ear.listens(min(alone, LONGEST_SECONDS) - 1, WIDE)
        assert ear.voices.alone
        ear.listens(1, WIDE)
        assert not ear.voices.alone

        ear.estimate.fell_at = ear.now + 1
        assert ear.listens(1, NARROW)
        assert ear.voices.alone
        alone *= 2


def test_whoever_hears_nobody_any_more_needs_nothing(ear):
    ear.listens(1, NARROW, crowded=True)
    ear.estimate.bits = 0.0
    ear.voices.review(0, ear.estimate, ear.now + LEAN_SECONDS + TRIAL_SECONDS)

    assert not ear.voices.lean
