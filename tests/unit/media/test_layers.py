"""A line is shared fairly: everybody small before anybody large, and the last seats left out first."""

from hypothesis import given
from hypothesis import strategies as st

from ascona.media.layers import HEADROOM, STILL_TALL, TALL, Pane, share

RATES = {"l": 150_000.0, "h": 500_000.0}
PLENTY = 10_000_000.0


def panes(*heights: int, layer: str | None = None, paused: bool = False) -> list[Pane]:
    return [Pane(slot, height, RATES, layer, paused) for slot, height in enumerate(heights)]


def test_a_large_chair_gets_the_larger_layer_and_a_small_one_the_smaller():
    assert share(panes(TALL + 1, TALL, 0), PLENTY) == {0: "h", 1: "l", 2: None}


def test_a_chair_that_shrinks_a_little_keeps_its_layer():
    assert share(panes(STILL_TALL + 1, STILL_TALL, layer="h"), PLENTY) == {0: "h", 1: "l"}


def test_everybody_is_seen_small_before_anybody_is_seen_large():
    assert share(panes(360, 360, 360), 4 * 150_000 / HEADROOM) == {0: "l", 1: "l", 2: "l"}
    assert share(panes(360, 360, 360), 800_000 / HEADROOM) == {0: "h", 1: "l", 2: "l"}


def test_where_not_all_have_a_place_the_smallest_and_the_last_seats_are_left_out():
    assert share(panes(200, 200, 200), 300_000 / HEADROOM) == {0: "l", 1: "l", 2: None}
    assert share(panes(100, 200, 200), 300_000 / HEADROOM) == {0: None, 1: "l", 2: "l"}


def test_what_is_there_may_use_the_whole_line_and_what_is_new_must_fit_with_room_to_spare():
    assert share(panes(200, layer="l"), 150_000) == {0: "l"}
    assert share(panes(200), 150_000) == {0: None}
    assert share(panes(360, layer="h"), 500_000) == {0: "h"}
    assert share(panes(360, layer="l"), 500_000) == {0: "l"}


def test_pictures_come_back_one_by_one_where_only_one_may():
    assert share(panes(360, 360, paused=True), PLENTY, steps=1) == {0: "l", 1: None}
    assert share(panes(360, 360, layer="l"), PLENTY, steps=1) == {0: "h", 1: "l"}
    assert share(panes(360, 360), PLENTY, steps=0) == {0: "l", 1: "l"}, "who has just come was not paused"


def test_a_camera_with_one_layer_gets_by_with_it():
    small, large = Pane(0, 360, {"l": 150_000.0}), Pane(1, 100, {"h": 500_000.0})

    assert share([small, large], PLENTY) == {0: "l", 1: "h"}
    assert share([small, large], 400_000) == {0: "l", 1: None}
    assert share([Pane(0, 360, {})], PLENTY) == {0: None}


rates = st.dictionaries(st.sampled_from(["l", "h"]), st.floats(0, 1e6))
layers = st.sampled_from(["l", "h", None])


@given(
    st.lists(st.builds(Pane, st.integers(0, 20), st.integers(0, 999), rates, layers, st.booleans())), st.floats(0, 5e6)
)
def test_whoever_is_there_nobody_gets_more_than_the_line_carries(seen, budget):
    seen = list({pane.slot: pane for pane in seen}.values())
    shares = share(seen, budget)

    assert shares.keys() == {pane.slot for pane in seen}
    assert sum(pane.rates[layer] for pane in seen if (layer := shares[pane.slot]) is not None) <= budget * 1.0001
    assert all(shares[pane.slot] is None for pane in seen if pane.height == 0)
