"""What the status page works out: a curve of numbers, and how long most writes took."""

from hypothesis import given
from hypothesis import strategies as st

from ascona.pages.metrics import journal_seconds
from ascona.pages.status import curve, within


def test_the_newest_is_at_the_right_edge_and_the_highest_at_the_top():
    assert curve([0, 50, 100]) == "0.0,90.0 300.0,45.0 600.0,0.0"


def test_one_value_is_no_curve():
    assert curve([]) == curve([7]) == ""


@given(st.lists(st.floats(0, 1e9), max_size=200))
def test_whatever_is_counted_the_curve_stays_in_its_frame(values):
    for point in curve(values).split():
        x, y = map(float, point.split(","))
        assert 0 <= x <= 600
        assert 0 <= y <= 90


def test_most_writes_are_within_the_bucket_that_holds_them():
    seconds = journal_seconds()
    assert within(seconds, 0.95) is None
    for _ in range(96):
        seconds.observe(0.004)
    for _ in range(4):
        seconds.observe(0.4)

    assert within(seconds, 0.95) == 0.005
    assert within(seconds, 0.97) == 0.5
