"""Turns of a loop that took too long are counted, and no others."""

import asyncio
import time

from ascona.turns import LONG_TURN_SECONDS, Turns


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
