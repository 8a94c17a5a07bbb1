"""When the port is read: woken for each packet while few come, by the clock while many do."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from ascona.media.reading import PACE_SECONDS, Reading

PATIENCE = 20.0
MOST = 10
"""Packets that are read at a time."""


class Letterbox:
    """A socket, and what has been read from it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.read = 0
        self.woken = 0
        self._ours, self._theirs = socket.socketpair(type=socket.SOCK_DGRAM)
        self._ours.setblocking(False)
        self.reading = Reading(asyncio.get_running_loop(), self._ours.fileno(), self._empty, MOST, lambda: self.now)

    def _empty(self) -> int:
        self.woken += 1
        came = 0
        with suppress(BlockingIOError):
            while came < MOST:
                self._ours.recv(10)
                came += 1
        self.read += came
        return came

    async def come(self, count: int) -> int:
        """Some packets come, and are read; returns how many turns of the loop that took."""
        due, turns = self.read + count, 0
        for _ in range(count):
            self._theirs.send(b"packet")
        async with asyncio.timeout(PATIENCE):
            while self.read < due:
                await asyncio.sleep(0)
                turns += 1
        return turns

    async def turn(self, paced: bool) -> None:
        """Wait until it is read that way."""
        async with asyncio.timeout(PATIENCE):
            while self.reading.paced is not paced:
                await asyncio.sleep(0.001)

    def close(self) -> None:
        self.reading.close()
        self._ours.close()
        self._theirs.close()


@pytest.fixture
async def letterbox() -> Iterator[Letterbox]:
    opened = Letterbox()
    yield opened
    opened.close()


async def test_few_packets_are_read_as_they_come(letterbox):
    for number in range(200):
        letterbox.now = number / 1000
        await letterbox.come(1)

    assert not letterbox.reading.paced
    assert letterbox.woken == 200


async def test_many_are_read_by_the_clock_until_few_come_again(letterbox):
    for number in range(200):
        letterbox.now = number / 4000
        await letterbox.come(1)
    assert letterbox.reading.paced

    await letterbox.come(30)
    await letterbox.turn(paced=False)
    await letterbox.come(1)


async def test_who_floods_the_port_does_not_fill_it_while_it_waits_for_the_clock(letterbox):
    for number in range(100):
        letterbox.now = number / 4000
        await letterbox.come(1)
    assert letterbox.reading.paced

    first = await letterbox.come(MOST)
    many = await letterbox.come(10 * MOST)

    assert many <= first + 30  # ten readings, one after another, and not ten waits


async def test_nothing_is_read_after_the_end(letterbox):
    for _ in range(100):
        await letterbox.come(1)
    letterbox.reading.close()
    before = letterbox.woken

    await asyncio.sleep(2 * PACE_SECONDS)  # behind whatever was due

    assert letterbox.woken == before
