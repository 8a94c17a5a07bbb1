"""A spoilt line spoils what it is told to, and nothing else."""

import random

import pytest
from tests.network.link import Conditions, Direction
from tests.network.profiles import profiles
from tests.network.rounds import ROUNDS

SMALL, LARGE = bytes([0x45]) + bytes(99), bytes([0x45]) + bytes(1299)
UDP = bytes([0x45]) + bytes(8) + bytes([17]) + bytes(90)


def way() -> Direction:
    return Direction(random.Random(7))  # noqa: S311 - repeatable


def outcomes(direction: Direction, line: Conditions, count: int = 1000) -> list[float | None]:
    return [direction.passes(SMALL, line, 0.0) for _ in range(count)]


def test_a_perfect_line_passes_everything_at_once():
    assert outcomes(way(), Conditions()) == [0.0] * 1000


def test_a_lossy_line_loses_about_its_share():
    direction = way()

    lost = outcomes(direction, Conditions(loss=0.2)).count(None)

    assert 150 < lost < 250
    assert direction.counts["lost"] == lost


def test_the_same_seed_loses_the_same_packets():
    assert outcomes(way(), Conditions(loss=0.2)) == outcomes(way(), Conditions(loss=0.2))


def test_delay_and_jitter_are_seconds_between_two_bounds():
    waits = outcomes(way(), Conditions(delay_ms=20, jitter_ms=300))

    assert all(wait is not None and 0.02 <= wait <= 0.32 for wait in waits)
    assert max(wait or 0 for wait in waits) > 0.25


def test_a_narrow_line_lets_packets_wait_for_one_another_and_loses_what_waits_too_long():
    line = Conditions(rate_kbit=8, queue_ms=250)  # a packet takes 100 ms
    direction = way()

    assert [direction.passes(SMALL, line, 0.0) for _ in range(5)] == [
        pytest.approx(0.1),
        0.2,
        pytest.approx(0.3),
        None,
        None,
    ]
    assert direction.passes(SMALL, line, 0.3) == pytest.approx(0.1)
    assert direction.counts["queue"] == 2


@pytest.mark.parametrize(
    ("line", "lost", "passed"),
    [
        (Conditions(mtu=1280), LARGE, SMALL),
        (Conditions(udp=False), UDP, SMALL),
        (Conditions(cut=True), SMALL, b""),
    ],
)
def test_what_does_not_fit_or_is_blocked_or_cut_off_is_lost(line, lost, passed):
    assert way().passes(lost, line, 0.0) is None
    if passed:
        assert way().passes(passed, line, 0.0) == 0.0


def test_every_profile_can_be_run():
    for profile in profiles().values():
        assert profile.happens in ROUNDS
        assert profile.lasts or profile.happens != "nothing"
