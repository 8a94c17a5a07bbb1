"""Screens are shown ten times a second at most, the last state winning; nothing that is said or shut waits for that."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from itertools import pairwise
from typing import Any

from tests.simulation.loop import VirtualLoop
from tests.support.group import NOON, evening

from ascona.core import commands as c
from ascona.core.events import Event
from ascona.core.media_plan import MediaPlan
from ascona.core.session import Session
from ascona.live.notices import notices
from ascona.live.room import SCREENS_PAUSE_SECONDS, Room

A_SECOND = 20
"""Messages of somebody who does not keep still."""


class Group:
    """
    Everything around a room, by the loop's own clock.

    Attributes:
        shown: When screens were shown, and the room as it stood.
        said: Keys of what was announced or shown with its events.
        forwarded: When each plan was followed.
    """

    def __init__(self) -> None:
        self.shown: list[tuple[float, Session, dict[str, tuple[bool, bool]]]] = []
        self.said: list[str] = []
        self.forwarded: list[tuple[float, MediaPlan]] = []
        self.room = Room(evening("account").session, "", self, self, self, lambda: NOON, pause=SCREENS_PAUSE_SECONDS)

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def append(self, *_anything: object) -> None: ...

    async def since(self, *_anything: object) -> list[Any]:
        return []

    async def follow(self, _room: str, plan: MediaPlan) -> None:
        self.forwarded.append((self.now, plan))

    async def leave(self, *_anything: object) -> None: ...

    async def show(self, room: Room, events: Sequence[Event] = (), by: str | None = None) -> None:
        self.shown.append((self.now, room.session, dict(room.devices)))
        self._tell(self.shown[-2][1] if len(self.shown) > 1 else room.session, room.session, events, by)

    async def announce(self, room: Room, before: Session, events: Sequence[Event], by: str | None) -> None:
        self._tell(before, room.session, events, by)

    def _tell(self, before: Session, after: Session, events: Sequence[Event], by: str | None) -> None:
        self.said += [notice.key for notice in notices(before, after, events, by)]

    async def press(self, by: str, command: c.ByPeople) -> None:
        await self.room.obey(command, by, self.room.session.version, f"key-{len(self.said)}-{type(command).__name__}")


def in_virtual_time(test: Callable[[Group], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        async def begin() -> None:
            group = Group()
            await test(group)
            await group.room.close()

        loop = VirtualLoop(lambda: None)
        loop.run(begin())
        assert loop.troubles == []

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@in_virtual_time
async def test_somebody_who_does_not_keep_still_is_shown_ten_times_a_second(group):
    for number in range(5 * A_SECOND):
        await group.room.turned("max", (bool(number % 2), False))
        await asyncio.sleep(1 / A_SECOND)
    await asyncio.sleep(1.0)

    times = [at for at, *_ in group.shown]
    assert len(times) <= 5 / SCREENS_PAUSE_SECONDS + 2
    assert min(later - sooner for sooner, later in pairwise(times)) > 0.99 * SCREENS_PAUSE_SECONDS
    assert group.shown[-1][2]["max"] == (True, False)  # the last word


@in_virtual_time
async def test_what_happens_after_a_quiet_moment_is_shown_at_once(group):
    await asyncio.sleep(1.0)
    pressed = group.now

    await group.press("ada", c.NextPhase())

    assert group.shown[-1][0] == pressed


@in_virtual_time
async def test_a_command_is_answered_when_screens_show_it_and_not_before(group):
    await group.room.turned("max", (True, False))
    pressed = group.now

    await group.press("ada", c.NextPhase())

    at, session, _ = group.shown[-1]
    assert session is group.room.session
    assert pressed < at <= pressed + 1.01 * SCREENS_PAUSE_SECONDS
    assert group.now == at


@in_virtual_time
async def test_nothing_that_is_said_is_lost_and_none_of_it_waits(group):
    await group.room.turned("max", (True, False))
    pressed = group.now
    presses = [
        asyncio.create_task(group.press(by, command))
        for by, command in (
            ("pia", c.SitBack()),
            ("ada", c.NameDeputy("max")),
            ("ben", c.Lock()),
            ("ada", c.NextPhase()),
        )
    ]
    await asyncio.sleep(0.001)

    assert group.said == ["sat_back", "deputy_named", "moved_on"]  # the door was locked with the account
    assert len(group.shown) == 1
    await asyncio.gather(*presses)
    assert [at for at, *_ in group.shown] == [pressed, group.now]
    assert group.said == ["sat_back", "deputy_named", "moved_on"]


@in_virtual_time
async def test_what_shuts_does_not_wait_for_screens(group):
    await group.room.turned("max", (True, False))
    pressed = group.now

    await group.press("pia", c.SitBack())

    shut = [at for at, plan in group.forwarded if "pia" not in {route.sender for route in plan.routes}]
    assert shut[0] == pressed


@in_virtual_time
async def test_who_comes_is_shown_before_anything_reaches_them(group):
    await group.room.line_lost("max")
    await group.room.turned("pia", (True, False))
    await asyncio.sleep(0.01)
    come = asyncio.create_task(group.room.come("max", c.Knock("Max"), (False, False), "comes-back"))
    await asyncio.sleep(0.01)
    assert "max" in group.room.session.here
    assert "max" not in group.room.shown
    assert all(route.receiver != "max" for route in group.forwarded[-1][1].routes)

    await come

    assert "max" in group.room.shown
    assert any(route.receiver == "max" for route in group.forwarded[-1][1].routes)
    assert group.shown[-1][0] <= group.forwarded[-1][0]


@in_virtual_time
async def test_a_room_that_is_closed_shows_nothing_more(group):
    await group.room.turned("max", (True, False))
    await group.room.turned("max", (False, False))

    await group.room.close()
    await asyncio.sleep(1.0)

    assert len(group.shown) == 1
