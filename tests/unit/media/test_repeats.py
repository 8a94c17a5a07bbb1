"""What was repeated to a listener just now is not repeated because they ask again."""

from ascona.media.repeats import Repeats

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


def test_nothing_is_remembered_for_longer():
    repeats = Repeats()
    for step in range(1000):
        now = step / 100
        repeats.unanswered(11, (), now, TRIP)
        repeats.note(11, (step,), now)

    assert len(repeats) <= 5
