"""How much is lost, and when that is no chance any more."""

from random import Random

import pytest

from ascona.media.losses import MEMORY_SECONDS, Losses


@pytest.fixture
def losses() -> Losses:
    begun = Losses()
    begun.count(1, 1000, 0, 0.0)
    return begun


def test_few_packets_must_lose_far_more_and_many_hardly_more(losses):
    losses.count(1, 1024, 5, 1.0)
    assert not losses.surely_above(0.1)

    losses.count(1, 2024, 165, 2.0)
    assert losses.surely_above(0.1)
    assert not losses.surely_above(0.2)


def test_half_of_a_handful_says_nothing(losses):
    losses.count(1, 1010, 10, 1.0)

    assert not losses.surely_above(0.1)
    assert losses.latest == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_five_percent_by_chance_are_hardly_ever_taken_for_ten(seed):
    losses, chance = Losses(), Random(seed)  # noqa: S311 - repeatable
    lost = 0
    for second in range(600):
        lost += sum(chance.random() < 0.05 for _ in range(50))
        losses.count(1, 50 * second, lost, second)
        losses.pass_time(1.0)
        assert not losses.surely_above(0.1)
    assert losses.part == pytest.approx(0.05, abs=0.06)


def test_old_reports_fade(losses):
    losses.count(1, 2000, 600, 1.0)
    losses.pass_time(3 * MEMORY_SECONDS)
    losses.count(1, 3000, 600, 10.0)
    losses.pass_time(0.25)

    assert losses.part < 0.05


def test_what_came_late_after_all_was_not_lost(losses):
    losses.count(1, 1200, 100, 1.0)
    losses.count(1, 1200, 0, 1.1)

    assert losses.latest == 0.0


def test_of_what_was_sent_before_a_new_beginning_nothing_counts_even_if_it_is_reported_later(losses):
    losses.count(1, 1200, 100, 1.0)
    losses.begin_again(1.5)
    losses.count(1, 2200, 900, 2.0)
    assert not losses.surely_above(0.1)

    losses.count(1, 2400, 900, 3.0)
    assert losses.latest == 0.0
    losses.count(1, 2600, 1100, 4.0)
    assert losses.surely_above(0.1)


def test_what_was_lost_before_is_known_better_by_what_is_reported_of_it_later(losses):
    losses.count(1, 1040, 10, 1.0)
    losses.begin_again(1.5)
    assert losses.before.part == 0.25

    losses.count(1, 1100, 70, 2.0)
    assert losses.before.part == 0.7
    losses.count(1, 1200, 70, 3.0)
    assert losses.before.part == 0.7


def test_of_a_long_report_nobody_knows_when_it_was_lost(losses):
    losses.count(1, 1040, 10, 1.0)
    losses.begin_again(1.5)
    losses.count(1, 1300, 10, 6.0)

    assert losses.before.part == 0.25


def test_numbers_that_make_no_sense_are_passed_over(losses):
    losses.count(1, 5, 1 << 23, 1.0)
    losses.count(1, 0xFFFFFFFF, -(1 << 23), 2.0)
    losses.count(2, 7, 1 << 23, 3.0)

    assert not losses.surely_above(0.0)
