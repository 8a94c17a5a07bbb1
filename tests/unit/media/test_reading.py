"""When the port is read: woken for each packet while few come, by the clock while many do."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from ascona.media.reading import PACE_SECONDS, Reading

PATIENCE = 20.0


class Letterbox:
    """A socket, and what has been read from it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.read = 0
        self.woken = 0
        self._ours, self._theirs = socket.socketpair(type=socket.SOCK_DGRAM)
        self._ours.setblocking(False)
        self.reading = Reading(asyncio.get_running_loop(), self._ours.fileno(), self._empty, lambda: self.now)

    def _empty(self) -> int:
        self.woken += 1
        came = 0
        while True:
            try:
                self._ours.recv(10)
            except BlockingIOError:
                self.read += came
                return came
            came += 1

    async def come(self, count: int) -> None:
        """Some packets come, and are read."""
        due = self.read + count
        for _ in range(count):
            self._theirs.send(b"packet")
        async with asyncio.timeout(PATIENCE):
            while self.read < due:
                await asyncio.sleep(0)

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


async def test_nothing_is_read_after_the_end(letterbox):
    for _ in range(100):
        await letterbox.come(1)
    letterbox.reading.close()
    before = letterbox.woken

    await asyncio.sleep(2 * PACE_SECONDS)  # behind whatever was due

    assert letterbox.woken == before
