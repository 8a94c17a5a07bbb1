"""Turns of a loop that took too long are counted, and no others."""

import asyncio
import time

import pytest
from structlog.typing import EventDict

from ascona.turns import LONG_TURN_SECONDS, WINDOW_SECONDS, Turns, Watchdog


def test_a_turn_that_takes_too_long_is_counted():
    turns = Turns()
    with asyncio.Runner(loop_factory=turns.loop) as runner:
        runner.run(dawdling())

    assert turns.long >= 3


async def dawdling() -> None:
    for _ in range(3):
        began = time.monotonic()
        while time.monotonic() - began < 1.5 * LONG_TURN_SECONDS:
            pass
        await asyncio.sleep(0)


def test_waiting_is_no_turn():
    turns = Turns()
    assert turns.select(2 * LONG_TURN_SECONDS) == []

    before = turns.long
    turns.select(0)

    assert turns.long in (before, before + 1), "only what this machine did meanwhile"
    turns.close()


def test_the_longest_turn_is_remembered_and_forgotten() -> None:
    now = [0.0]
    turns = Turns(lambda: now[0])
    now[0] = 0.7
    turns.select(0)
    assert turns.longest() == 0.7

    now[0] += WINDOW_SECONDS
    assert turns.longest() >= 0.7, "also in the window after"
    turns.began = None
    now[0] += 2 * WINDOW_SECONDS
    assert turns.longest() == 0.0
    turns.close()


def test_the_present_turn_counts_while_it_lasts() -> None:
    now = [0.0]
    turns = Turns(lambda: now[0])
    now[0] = 3.0

    assert turns.longest() == 3.0
    turns.close()


def test_a_turn_that_is_stuck_is_told_with_its_place_in_the_code(
    monkeypatch: pytest.MonkeyPatch, logged: list[EventDict]
) -> None:
    monkeypatch.setattr("ascona.turns.STUCK_SECONDS", 0.01)
    turns = Turns()
    watchdog = Watchdog(turns)
    stuck_here(logged)
    watchdog.close()
    turns.close()

    [line] = logged
    assert line["event"] == "turn_stuck"
    assert any(place.endswith(" stuck_here") for place in line["where"])
    assert turns.stuck == 1


def stuck_here(logged: list[EventDict]) -> None:
    while not logged:
        time.sleep(0.001)


def test_a_loop_that_waits_is_not_stuck(monkeypatch: pytest.MonkeyPatch, logged: list[EventDict]) -> None:
    monkeypatch.setattr("ascona.turns.STUCK_SECONDS", 0.01)
    turns = Turns()
    turns.began = None
    watchdog = Watchdog(turns)
    watchdog._over.wait(0.05)
    watchdog.close()
    turns.close()

    assert logged == []
