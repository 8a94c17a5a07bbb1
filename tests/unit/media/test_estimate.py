"""What a line is believed to carry: less after losses and queues, more while all is well."""

import pytest

from ascona.media.estimate import LOST_CAUSE_SECONDS, QUEUE_SECONDS, REST_SECONDS, START, Estimate

VOICES = 200_000.0


class Line:
    """A listener whose browser reports four times a second, as our reviews come."""

    def __init__(self) -> None:
        self.estimate = Estimate(0.0)
        self.now = 0.0
        self.highest = 0
        self.sent = 0.0
        self.estimate.count(1, 0, 0.0)

    def passes(
        self, seconds: float, lost: float = 0.0, round_trip: float = 0.05, pictures: float = 1_500_000.0
    ) -> float:
        """So much time passes; what is left for pictures then."""
        left = 0.0
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.highest += 50
            self.estimate.count(1, self.highest, lost)
            self.estimate.time(round_trip, self.now)
            left = self.estimate.review(VOICES, pictures, self.now)
        return left


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_line_nothing_is_known_of_is_trusted_with_the_usual(line):
    assert line.estimate.review(VOICES, 0.0, 0.25) == pytest.approx(START - VOICES, rel=0.05)


def test_while_all_is_well_it_grows_but_not_beyond_what_is_used(line):
    assert line.passes(10) > 1.05 * (START - VOICES)
    before = line.estimate.bits

    line.passes(60)
    assert line.estimate.bits == pytest.approx(max(before, 1.5 * 1_700_000 + 500_000))


def test_a_few_losses_change_nothing(line):
    line.passes(10, lost=0.05)

    assert START * 0.95 < line.estimate.bits < START * 1.1


def test_losses_in_the_air_lower_it_gently_and_a_full_line_to_what_arrives():
    air, full = Line(), Line()
    air.passes(0.5, lost=0.12)
    full.passes(0.5, lost=0.6)

    assert air.estimate.bits > 0.9 * 1_700_000
    assert full.estimate.bits < 0.4 * 1_700_000


def test_a_queue_lowers_it_even_if_nothing_is_lost(line):
    line.passes(3)
    line.passes(4, round_trip=0.05 + QUEUE_SECONDS + 0.1)

    assert line.estimate.bits < 0.8 * 1_700_000


def test_one_slow_answer_is_no_queue(line):
    line.passes(3)
    before = line.estimate.bits
    line.passes(0.25, round_trip=2.0)

    assert line.passes(1) >= before - VOICES


def test_the_receivers_own_belief_says_how_far_to_fall_but_is_not_believed_alone(line):
    line.estimate.believe(600_000, (1, 2), 0.0)
    assert line.passes(0.25) > START - VOICES

    line.estimate.believe(600_000, (1, 2), line.now)
    assert line.passes(0.5, lost=0.7) == pytest.approx(600_000)


def test_beliefs_about_single_streams_are_added_up(line):
    line.estimate.believe(300_000, (1,), 0.0)
    line.estimate.believe(400_000, (2,), 0.0)
    line.estimate.believe(200_000, (1,), 0.0)

    assert line.passes(0.5, lost=0.7) == pytest.approx(600_000)


def test_voices_are_never_given_up(line):
    line.passes(30, lost=0.5)

    assert line.estimate.bits >= VOICES


def test_after_a_fall_it_rests_and_then_comes_back_by_itself(line):
    left = line.passes(5, lost=0.5, pictures=0.0)
    assert left == 0.0
    line.passes(REST_SECONDS, pictures=0.0)

    assert line.passes(8, pictures=0.0) > 150_000 / 0.85


def test_pictures_are_hopeless_after_five_seconds_of_many_losses_and_hoped_for_again_after_few(line):
    line.passes(LOST_CAUSE_SECONDS - 1, lost=0.2)
    assert not line.estimate.hopeless
    line.passes(2, lost=0.2)
    assert line.estimate.hopeless
    line.passes(3, lost=0.12)
    assert line.estimate.hopeless

    line.passes(1, lost=0.02)
    assert not line.estimate.hopeless


def test_reports_that_make_no_sense_are_passed_over(line):
    line.estimate.count(1, 0xFFFFFFFF, 1.0)
    line.estimate.count(1, 5, 1.0)
    line.estimate.count(2, 7, 1.0)
    line.estimate.review(VOICES, 0.0, 5.0)

    assert not line.estimate.hopeless
    assert line.estimate.bits >= START


def test_a_line_is_crowded_when_voices_alone_are_lost_behind_a_queue():
    air, full, filmed = Line(), Line(), Line()
    for one in (air, full, filmed):
        one.passes(3)
    for one, queue, pictures in ((air, 0.0, 0.0), (full, 0.3, 0.0), (filmed, 0.3, 1_500_000.0)):
        one.passes(3, lost=0.16, round_trip=0.05 + queue, pictures=pictures)
        one.crowded = False
        for _ in range(4):
            one.passes(0.25, lost=0.16, round_trip=0.05 + queue, pictures=pictures)
            one.crowded |= one.estimate.crowded

    assert (air.crowded, full.crowded, filmed.crowded) == (False, True, False)

    full.passes(1)
    assert not full.estimate.crowded
