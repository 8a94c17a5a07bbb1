"""What a line is believed to carry: less after losses and queues, more while all is well."""

import pytest
from tests.support.lines import Listener, Way

from ascona.media.estimate import (
    LATE_SECONDS,
    LONGEST_ROUND_TRIP_SECONDS,
    LOST_CAUSE_SECONDS,
    MANY_LOST,
    REST_SECONDS,
    START,
    Estimate,
)
from ascona.media.missing import SUPPOSED_ROUND_TRIP_SECONDS
from ascona.media.trial import QUEUE_SECONDS

VOICES = 200_000.0


class Line:
    """A listener whose browser reports four times a second, as our reviews come."""

    def __init__(self) -> None:
        self.estimate = Estimate(0.0)
        self.now = 0.0
        self.highest = 0
        self.lost = 0.0
        self.estimate.count(1, 0, 0, 0.0)

    def passes(
        self, seconds: float, lost: float = 0.0, round_trip: float = 0.05, pictures: float = 1_500_000.0
    ) -> float:
        """So much time passes; what is left for pictures then."""
        left = max(0.0, self.estimate.bits - VOICES)
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.highest += 50
            self.lost += 50 * lost
            self.estimate.count(1, self.highest, round(self.lost), self.now)
            self.estimate.time(round_trip, self.now)
            left = self.estimate.review(VOICES, min(pictures, left), self.now)
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


def test_a_few_losses_are_no_reason_to_send_less_nor_not_to_try_more(line):
    line.passes(10, lost=0.05)

    assert line.estimate.bits > START


def test_a_full_line_lowers_it_to_what_arrives(line):
    line.passes(0.5, lost=0.6)

    assert line.estimate.bits < 0.4 * 1_700_000


def test_a_queue_lowers_it_even_if_nothing_is_lost(line):
    line.passes(3)
    line.passes(4, round_trip=0.05 + QUEUE_SECONDS + 0.1)

    assert line.estimate.bits < 0.8 * 1_700_000


def test_what_left_before_the_line_was_full_says_nothing_of_its_queue_when_it_is_answered(line):
    line.passes(3)
    for _ in range(10):
        line.passes(0.25, round_trip=0.05 + QUEUE_SECONDS + 0.1)
        line.estimate.time(0.05, 2.5)

    assert line.estimate.bits < 0.8 * 1_700_000


def test_few_answers_are_as_good_as_many_if_they_are_not_old(line):
    line.passes(3)
    for queue in (0.2, 0.3):
        line.now += 1.1
        line.estimate.time(0.05 + queue, line.now)
        assert (line.estimate._queue(0.25, line.now) or 0.0) < 0.01

    line.estimate.time(0.05 + 0.5, line.now + 1.1)
    assert line.estimate._queue(0.25, line.now + 1.1) == pytest.approx(0.2, abs=0.02)
    assert line.estimate._queue(0.25, line.now + 6.0) is None


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
    line.passes(0.5, lost=0.9)
    assert line.passes(REST_SECONDS, pictures=0.0) == 0.0

    assert line.passes(10, pictures=0.0) > 150_000 / 0.85


def test_pictures_are_hopeless_after_five_seconds_of_many_losses_and_hoped_for_again_after_few(line):
    line.passes(LOST_CAUSE_SECONDS - 1, lost=0.2)
    assert not line.estimate.hopeless
    line.passes(8, lost=0.2)
    assert line.estimate.hopeless
    line.passes(3, lost=0.12)
    assert line.estimate.hopeless

    line.passes(9, lost=0.02)
    assert not line.estimate.hopeless


def test_reports_that_make_no_sense_are_passed_over(line):
    line.estimate.count(1, 0xFFFFFFFF, 1 << 23, 0.1)
    line.estimate.count(1, 5, -(1 << 23), 0.2)
    line.estimate.count(2, 7, 1 << 23, 0.3)
    line.estimate.review(VOICES, 1_000_000.0, 5.0)

    assert not line.estimate.hopeless
    assert line.estimate.bits >= START


def test_whoever_is_late_himself_takes_no_delay_for_a_queue(line):
    line.passes(3)
    for _ in range(8):
        line.now += LATE_SECONDS + 0.1
        for _ in range(4):
            line.estimate.time(0.5 + QUEUE_SECONDS, line.now)
        line.estimate.review(VOICES, 1_500_000.0, line.now)

    assert line.estimate.bits >= START


def test_a_line_is_crowded_when_voices_alone_are_lost_behind_a_queue():
    air, full, filmed = Line(), Line(), Line()
    for one in (air, full, filmed):
        one.passes(3)
    for one, queue, pictures in ((air, 0.0, 0.0), (full, 0.3, 0.0), (filmed, 0.3, 1_500_000.0)):
        one.crowded = False
        for _ in range(40):
            one.passes(0.25, lost=0.16, round_trip=0.05 + queue, pictures=pictures)
            one.crowded |= one.estimate.crowded

    assert (air.crowded, full.crowded, filmed.crowded) == (False, True, False)

    full.passes(1)
    assert not full.estimate.crowded


# --- whole lines: four others are heard and seen, one of them large, unless it says otherwise ---

SEEDS = range(1, 4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", [0.03, 0.05, 0.08, 0.10])
def test_what_the_air_loses_by_chance_takes_no_picture_away(loss, seed):
    someone = Listener(Way(loss=loss), tall=1, seed=seed)
    someone.listens(5)
    someone.listens(60)

    assert someone.shown > 3.9
    assert someone.large > 0.9


@pytest.mark.parametrize("seed", SEEDS)
def test_one_voice_and_one_picture_are_few_packets_and_their_losses_still_chance(seed):
    someone = Listener(Way(loss=0.05), voices=1, tall=1, seed=seed)
    someone.listens(5)

    assert someone.listens(60).shown > 0.98


@pytest.mark.parametrize("seed", SEEDS)
def test_when_too_much_is_lost_less_is_sent_and_if_that_changes_nothing_it_was_the_air(seed):
    someone = Listener(Way(), tall=1, seed=seed)
    someone.listens(10)
    someone.listens(30, loss=0.13)
    someone.listens(30)

    assert someone.shown > 3.5
    assert someone.estimate.bits > 2_000_000
    assert MANY_LOST < someone.estimate.air < 0.16


@pytest.mark.parametrize("seed", SEEDS)
def test_where_a_fifth_is_lost_voices_go_on_alone_and_pictures_come_back_with_the_line(seed):
    someone = Listener(Way(), tall=1, seed=seed)
    someone.listens(10)
    someone.listens(20, loss=0.2)
    assert someone.listens(30).shown < 0.3  # of four, now and then one
    assert someone.estimate.hopeless
    assert not someone.viewer.voices.lean

    someone.listens(25, loss=0.0)
    assert someone.listens(1).shown == 4


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("waits", [0.3, 0.1, 0.02], ids=["deep", "shallow", "policer"])
def test_ten_voices_on_a_narrow_line_are_whole_however_it_shows_that_it_is_full(waits, seed):
    someone = Listener(Way(bits=300_000, waits=waits), voices=10, tall=1, seed=seed)
    someone.listens(20)

    assert someone.listens(60).unheard < 0.001
    assert someone.shown == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("waits", [0.3, 0.1, 0.02], ids=["deep", "shallow", "policer"])
def test_voices_that_do_not_fit_any_more_are_lean_and_whole_within_seconds(waits, seed):
    someone = Listener(Way(), voices=10, tall=1, seed=seed)
    someone.listens(20)
    someone.listens(3.5, bits=300_000, waits=waits)
    assert someone.viewer.voices.lean

    someone.listens(1)  # what has been sent before stands in the queue
    assert someone.listens(60).unheard == 0


def test_a_round_trip_is_supposed_then_known_and_not_forgotten():
    estimate = Estimate(0.0)
    assert estimate.round_trip == SUPPOSED_ROUND_TRIP_SECONDS

    for trip, left_at in ((0.7, 1.0), (0.6, 2.0), (0.8, 3.0)):
        estimate.time(trip, left_at)
    assert estimate.round_trip == 0.6

    estimate.review(0.0, 0.0, 100.0)
    assert estimate.round_trip == pytest.approx(0.8, abs=0.2), "longer than what is supposed"


def test_an_answer_to_an_hour_ago_is_no_round_trip_of_an_hour():
    estimate = Estimate(0.0)

    estimate.time(3600.0, 1.0)

    assert estimate.round_trip == LONGEST_ROUND_TRIP_SECONDS


def test_before_a_round_trip_is_known_losses_are_not_taken_for_the_airs():
    estimate = Estimate(0.0)
    estimate.losses.part = 0.05
    assert not estimate.airy

    estimate.time(0.04, 0.0)
    assert estimate.airy


@pytest.mark.parametrize("seed", SEEDS)
def test_bad_air_is_told_from_a_narrow_line_and_from_a_good_one(seed):
    """Where repairs go twice: not where they would fill what is full."""
    airy = [Listener(way, seed=seed).listens(60).estimate.airy for way in (Way(loss=0.05), Way(loss=0.2), Way())]
    assert airy == [True, True, False]

    narrow = Listener(Way(bits=1_000_000, waits=0.02), tall=4, seed=seed).listens(20).estimate
    assert (narrow.narrow, narrow.airy) == (True, False)


@pytest.mark.parametrize(("waits", "seed"), [(0.3, 261), (0.3, 455), (0.1, 13), (0.02, 60)])
def test_so_they_are_where_the_first_reports_make_the_line_a_little_wider_than_it_is(waits, seed):
    """Once every picture is paused, nothing would be known for another five seconds."""
    someone = Listener(Way(), voices=10, tall=1, seed=seed)
    someone.listens(20)
    someone.listens(4.2, bits=300_000, waits=waits)

    assert someone.viewer.voices.lean


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("waits", [0.3, 0.1, 0.02], ids=["deep", "shallow", "policer"])
def test_so_they_are_for_whoever_comes_in_over_such_a_line(waits, seed):
    someone = Listener(Way(bits=300_000, waits=waits), voices=10, tall=1, seed=seed)
    someone.listens(3.5)
    assert someone.viewer.voices.lean

    someone.listens(1)
    assert someone.listens(60).unheard == 0


@pytest.mark.parametrize("seed", [4, 6, 11, 18, 19, 37])
def test_a_silence_before_the_first_report_or_in_a_long_queue_keeps_nobody_from_being_heard(seed):
    """Behind a queue of a second reports are a second late: nothing was cut off."""
    comes_in = Listener(Way(bits=300_000, waits=1.0), voices=10, tall=1, seed=seed)
    comes_in.listens(4)
    assert comes_in.viewer.voices.lean


@pytest.mark.parametrize("seed", [4, 5, 7, 14, 21, 22])
def test_nor_does_it_where_the_line_became_narrow(seed):
    was_wide = Listener(Way(), voices=10, tall=1, seed=seed)
    was_wide.listens(20)
    was_wide.listens(4, bits=300_000, waits=1.0)
    assert was_wide.viewer.voices.lean


@pytest.mark.parametrize("seed", SEEDS)
def test_without_any_picture_it_is_the_queue_that_says_so(seed):
    someone = Listener(Way(), voices=10, seed=seed)
    someone.viewer.heights = [0] * 10
    someone.listens(20)
    someone.listens(15, bits=300_000)

    assert someone.listens(60).unheard == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("voices", [4, 10])
def test_a_line_over_which_nothing_passed_for_seconds_is_not_a_narrow_one(voices, seed):
    someone = Listener(Way(), voices=voices, tall=1, seed=seed)
    someone.listens(20)
    someone.listens(5, cut=True)

    assert someone.listens(60, cut=False).lean == 0
    assert someone.listens(1).shown == voices


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_that_drowns_pictures_but_carries_the_voices_leaves_them_as_they_are(seed):
    someone = Listener(Way(), voices=10, tall=1, seed=seed)
    someone.listens(20)
    someone.listens(20, bits=600_000)

    assert someone.listens(60).lean == 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("waits", [0.3, 0.1, 0.02], ids=["deep", "shallow", "policer"])
def test_a_line_that_carries_some_pictures_carries_some_and_no_more(waits, seed):
    someone = Listener(Way(bits=1_000_000, waits=waits), tall=4, seed=seed)
    someone.listens(5)
    assert someone.large < 2  # of four that were wanted at once
    someone.listens(40)
    someone.listens(60)

    assert someone.shown > 3
    assert someone.unheard < 0.04


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("waits", [0.1, 0.02], ids=["shallow", "policer"])
def test_on_a_narrow_line_in_bad_air_each_gets_its_own(waits, seed):
    someone = Listener(Way(bits=1_000_000, waits=waits, loss=0.05), tall=4, seed=seed)
    someone.listens(45)
    someone.listens(60)

    assert someone.shown > 3
    assert someone.unheard < 0.05 + 0.04
    assert 0.02 < someone.estimate.air < 0.09


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("waits", [0.3, 0.02], ids=["deep", "policer"])
def test_a_line_that_becomes_narrow_takes_the_pictures_within_seconds_and_gives_them_back(waits, seed):
    someone = Listener(Way(), voices=6, tall=6, seed=seed)
    someone.listens(20)
    someone.listens(5, bits=600_000, waits=waits)
    assert someone.listens(15).large == 0

    someone.listens(75, bits=0)
    assert someone.listens(1).shown == 6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_delay_that_stays_when_less_is_sent_is_no_queue_of_ours(seed):
    someone = Listener(Way(), tall=1, seed=seed)
    someone.listens(20)
    someone.listens(20, lag=0.5)

    assert someone.listens(10).shown == 4
