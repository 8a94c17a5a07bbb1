"""What strangers ask about is asked in turn, so that rooms do not wait behind them."""

import asyncio
from collections.abc import Collection
from datetime import datetime

import pytest
from tests.support.group import NOON

from ascona.live.callers import Callers
from ascona.pages.login import ASKED_AT_ONCE, Login


class Slow:
    """Invitations that answer when they are told to, and note how many questions they were asked at a time."""

    def __init__(self) -> None:
        self.most = self.now = self.asked = 0
        self.answer = asyncio.Event()

    async def guest(self, token: str, now: datetime) -> None:
        self.now += 1
        self.asked += 1
        self.most = max(self.most, self.now)
        await self.answer.wait()
        self.now -= 1

    def recognises(self, token: str) -> bool:
        return token == "e" * 64

    async def sign_in(self, secret: str, now: datetime, before: Collection[str]) -> None: ...

    async def sign_out(self, token: str) -> None: ...


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def login(slow: Slow) -> Login:
    async def nobody(_guest: object) -> None: ...

    return Login(slow, lambda: NOON, Callers((), lambda: 0.0), nobody)


async def waited(tasks: int) -> None:
    for _ in range(2 * tasks):
        await asyncio.sleep(0)


async def test_of_cookies_that_may_be_made_up_few_are_asked_about_at_a_time(login, slow):
    crowd = [asyncio.create_task(login.guest(f"__Host-ascona-s1={n:064x}", "s1")) for n in range(100)]
    await waited(len(crowd))
    assert slow.now == ASKED_AT_ONCE

    known = asyncio.create_task(login.guest(f"__Host-ascona-s1={'e' * 64}", "s1"))
    await waited(1)
    assert slow.now == ASKED_AT_ONCE + 1  # whoever was recognised before waits for nobody

    slow.answer.set()
    await asyncio.gather(known, *crowd)
    assert (slow.asked, slow.most) == (101, ASKED_AT_ONCE + 1)


@pytest.mark.parametrize("token", ["", "wrong", "E" * 64, "e" * 63, "e" * 65, "é" * 64])
async def test_about_what_cannot_be_a_cookie_of_ours_nobody_is_asked(login, slow, token):
    assert await login.guest(f"__Host-ascona-s1={token}", "s1") is None
    assert await login.is_signed_in(f"__Host-ascona-s1={token}") is False

    assert slow.asked == 0
