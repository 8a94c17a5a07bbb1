"""What was repeated to a listener just now is not repeated because they ask again."""

from ascona.media.repeats import LONGEST_SECONDS, Repeats

TRIP = 0.04
"""Seconds there and back."""


def test_what_was_repeated_within_a_round_trip_is_on_its_way():
    repeats = Repeats()
    repeats.note(11, (7, 8), 1.0)

    assert repeats.unanswered(11, (7, 8, 9), 1.03, TRIP) == (9,)
    assert repeats.unanswered(12, (7,), 1.03, TRIP) == (7,), "of another stream"
    assert repeats.unanswered(11, (7, 8, 9), 1.05, TRIP) == (7, 8, 9)


def test_what_was_repeated_once_more_counts_from_then_on():
    repeats = Repeats()
    repeats.note(11, (7, 8), 1.0)
    repeats.note(11, (7, 7), 1.03)

    assert repeats.unanswered(11, (7, 8), 1.05, TRIP) == (8,)


def test_whoever_names_a_packet_often_misses_it_once():
    assert Repeats().unanswered(11, (7, 8, 7, 7), 1.0, TRIP) == (7, 8)


def test_however_long_a_round_trip_is_said_to_be_little_is_remembered():
    repeats = Repeats()
    for step in range(2000):
        now = step / 100
        repeats.unanswered(11, (step,), now, 3600.0)
        repeats.note(11, (step,), now)

    assert len(repeats) <= 100 * LONGEST_SECONDS + 1
    assert repeats.unanswered(11, (1999,), now + LONGEST_SECONDS, 3600.0) == (1999,)
