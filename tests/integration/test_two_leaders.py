"""Two leaders press the same button within a millisecond: exactly one step, and the second is told who was quicker."""

import asyncio
import os
import sys

from ascona.core.people import Role
from ascona.live import connection

GROUP = {"Ada": Role.LEADER, "Ben": Role.CO_LEADER, "Max": Role.MEMBER}


async def test_two_leaders_at_once_take_one_step_and_the_second_is_told(gather, capsys, monkeypatch):
    times = int(os.environ.get("ASCONA_TEST_TIMES", "25"))
    monkeypatch.setattr(connection, "MESSAGES_AT_ONCE", 2.0 * times + 40)  # nobody else presses so often
    people = await gather(GROUP)
    leaders = [people["Ada"], people["Ben"]]
    for leader in leaders:
        assert await leader.come() == {}
    assert await leaders[0].do("OpenSession") == {}
    quicker = {"Ada": 0, "Ben": 0}
    for turn in range(times):
        pressed, step = ("NextPhase", 1) if turn % 2 == 0 else ("PreviousPhase", 0)
        for leader in leaders:
            await leader.sees(lambda room, before=1 - step: room["step"] == before)
        seen = leaders[0].room["version"]
        assert seen == leaders[1].room["version"]

        hurry = leaders if turn % 4 < 2 else leaders[::-1]  # each is the first to press, forwards and backwards
        answers = await asyncio.gather(*(leader.do(pressed) for leader in hurry))

        first = next(leader.invited.name for leader, answer in zip(hurry, answers, strict=True) if answer == {})
        told = [answer for answer in answers if answer != {}]
        assert told == [{"refused": "stale_version", "by": first}]
        quicker[first] += 1
        for leader in leaders:
            room = await leader.sees(lambda room, after=step: room["step"] == after)
            assert room["version"] == seen + 1
    with capsys.disabled():
        sys.stdout.write(f"\n  two leaders: {times} times at once, {times} steps; quicker {quicker}\n")
