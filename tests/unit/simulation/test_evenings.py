"""Evenings in virtual time keep every promise, and a promise that is broken on purpose is seen to be."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

import pytest
from tests.simulation.evening import simulate
from tests.simulation.house import Plan

from ascona.core import commands as c
from ascona.core.events import Event, Recorded
from ascona.core.evolve import evolve
from ascona.core.media_plan import media_plan
from ascona.core.session import Session
from ascona.live.outage import Order
from ascona.live.room import Room

SEEDS = range(1, 13)
"""Of everyday evenings; `python -m tests.simulation` plays thousands."""


@pytest.mark.parametrize("seed", SEEDS)
def test_an_evening_goes_well_whatever_happens(seed):
    outcome = simulate(seed)

    assert outcome.wrong == [], "\n".join(outcome.history[-60:])
    assert outcome.counts["acknowledged"] > 0


def test_the_same_seed_is_the_same_evening():
    one, again = simulate(7), simulate(7)

    assert one.history == again.history
    assert one.counts == again.counts
    assert one.history != simulate(8).history


class OpensBeforeItIsRecorded(Room):
    async def _record(self, records: list[Recorded], order: Order, takes: bool) -> None:
        after = reduce(lambda session, record: evolve(session, record.event, record.by), records, self.session)
        await self._switchboard.follow(self.session.id, media_plan(after))
        await super()._record(records, order, takes)


class AcknowledgesBeforeItIsRecorded(Room):
    async def _record(self, records: list[Recorded], order: Order, takes: bool) -> None:
        self._later = asyncio.create_task(super()._record(records, order, takes))
        self._later.add_done_callback(lambda task: task.cancelled() or task.exception())  # its refusal is the bug


class LeavesOutTheVersion(Room):
    async def _obey(self, command: c.Command, by: str | None, version: int, key: str, seen: int | None = None) -> None:
        await super()._obey(command, by, self.session.version, key, None)


class LeavesOutWhatWasRead(Room):
    async def _obey(self, command: c.Command, by: str | None, version: int, key: str, seen: int | None = None) -> None:
        await super()._obey(command, by, version, key, None)


class ForgetsToShut(Room):
    async def _follow(self, *what: object) -> None:
        opened = self._opened = getattr(self, "_opened", frozenset()) | self.plan.routes
        await self._switchboard.follow(self.session.id, replace(self.plan, routes=opened))


class ForgetsWhatIsOwed(Room):
    async def catch_up(self) -> None:
        if self._ledger.outage:
            self._ledger.outage.owed.clear()
        await super().catch_up()


class ForgetsToShutWhileAway(Room):
    async def _follow(self, before: Session) -> None:
        if not self.behind:
            await super()._follow(before)


class ShowsNobodyThatALineIsBack(Room):
    async def show_now(self, events: Sequence[Event] = (), by: str | None = None) -> None:
        if events:
            await super().show_now(events, by)
        else:
            self.shown = self.session.here
            await self._follow(self.session)


PLANTED = {
    "a gate is opened before it is recorded": (Plan(OpensBeforeItIsRecorded), "gates are open that may not be"),
    "a command is acknowledged before it is recorded": (Plan(AcknowledgesBeforeItIsRecorded), "is shown version"),
    "the version is left out": (Plan(LeavesOutTheVersion), "moved the frame from"),
    "what was read is left out": (Plan(LeavesOutWhatWasRead), "one thought of the leaders made two steps"),
    "a restart stretches the deadline": (
        Plan(rebuilt=lambda session, down: replace(session, ends_at=session.ends_at and session.ends_at + down)),
        "ms left, where",
    ),
    "a gate stays open": (Plan(ForgetsToShut), "gates are open that may not be"),
    "what took effect unrecorded is never recorded": (Plan(ForgetsWhatIsOwed), "gates are open that may not be"),
    "a gate stays open without the journal": (Plan(ForgetsToShutWhileAway), "gates are open that may not be"),
    "somebody who is back is not shown": (Plan(ShowsNobodyThatALineIsBack), "receive"),
    "a restart forgets who sits back": (
        Plan(rebuilt=lambda session, _: replace(session, back=False)),
        "gates are open that may not be",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_bug_that_is_planted_is_found(planted):
    plan, told = PLANTED[planted]

    assert any(told in line for seed in range(1, 61) for line in simulate(seed, plan).wrong)


def test_a_link_that_would_open_the_place_of_its_owner_is_found(monkeypatch):
    for where in ("ascona.core.door", "ascona.live.seats"):
        monkeypatch.setattr(f"{where}.goes_straight_in", lambda *_anything: True)

    assert any("nobody has pressed" in line for seed in range(1, 6) for line in simulate(seed).wrong)
