"""Who was hung up on for flooding has to wait, and nobody else with them."""

from ascona.live.flooders import FLOOD_SECONDS, Flooders

MAX, PIA = ("s1", "max"), ("s1", "pia")


def test_a_flooder_waits_by_place_and_by_browser_and_then_may_come_back():
    now = [100.0]
    flooders = Flooders(lambda: now[0])

    flooders.cut(MAX, "cookie of max")
    now[0] += FLOOD_SECONDS - 0.1

    assert flooders.holds(MAX)
    assert flooders.holds("cookie of max")
    assert not flooders.holds(PIA)
    assert not flooders.holds("cookie of pia")
    now[0] += 0.2
    assert not flooders.holds(MAX)
    assert not flooders.holds("cookie of max")


def test_nobody_is_remembered_for_longer():
    now = [0.0]
    flooders = Flooders(lambda: now[0])
    for number in range(100):
        flooders.cut(("s1", f"p{number}"), f"cookie {number}")
        now[0] += FLOOD_SECONDS

    assert len(flooders._until) == 2
