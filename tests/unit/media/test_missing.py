"""Packets that have not come: asked for at once, and again when a repair could have been here."""

from ascona.media.missing import KEPT_UP_SECONDS, Missing

TRIP = 1 / 32
"""Seconds there and back."""


def missing(*numbers: int) -> Missing:
    """What has just turned out to be missing, and has been asked for."""
    lost = Missing()
    lost.add(numbers)
    assert lost.due(0.0, TRIP) == list(numbers)
    return lost


def test_nothing_is_asked_for_again_before_its_repair_could_be_here():
    lost = missing(7, 8)

    assert [lost.due(moment, TRIP) for moment in (0.0, 0.02, 0.031)] == [[], [], []]
    assert lost.due(TRIP, TRIP) == [7, 8]


def test_from_then_on_it_is_asked_for_eight_times_in_a_round_trip():
    lost = missing(7)

    asked = [moment for moment in range(32, 65) if lost.due(moment / 1024, TRIP)]

    assert asked == [32, 36, 40, 44, 48, 52, 56, 60, 64]


def test_it_says_when_it_is_worth_looking_again():
    lost = missing(7)
    assert lost.next_due(TRIP) == TRIP
    lost.due(TRIP, TRIP)

    assert lost.next_due(TRIP) == TRIP + TRIP / 8
    lost.found(7)
    assert lost.next_due(TRIP) is None


def test_over_a_long_way_it_is_asked_for_as_seldom_as_that_makes_sense():
    lost = Missing()
    lost.add([7])

    asked = [moment for moment in range(1200) if lost.due(moment / 1000, 0.6)]

    assert asked == [0, 600, 675, 750, 825, 900, 975, 1050, 1125]


def test_over_bad_air_it_is_asked_for_twice_and_then_when_neither_repair_has_come():
    lost = missing(7)

    asked = [moment for moment in range(1, 65) if lost.due(moment / 1024, TRIP, airy=True)]

    assert asked == [13, 40, 48, 56, 64], "of a round trip of 32"
    assert lost.next_due(TRIP, airy=True) == (64 + 8) / 1024


def test_what_has_come_is_not_asked_for():
    lost = missing(7, 8)

    lost.found(7)

    assert lost.due(TRIP, TRIP) == [8]
    assert len(lost) == 1


def test_what_does_not_come_is_given_up_once():
    lost = missing(7)
    lost.add([9])
    assert lost.due(0.2, TRIP) == [7, 9]

    assert not lost.give_up(KEPT_UP_SECONDS + TRIP - 0.001, TRIP)
    assert lost.give_up(KEPT_UP_SECONDS + TRIP + 0.001, TRIP)
    assert len(lost) == 1


def test_what_was_never_asked_for_is_not_given_up():
    lost = Missing()
    lost.add([7])

    assert not lost.give_up(100.0, TRIP)
