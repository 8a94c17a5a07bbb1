"""Somebody's address changes in the middle of a session, or their ICE is restarted: nobody shakes hands again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.support.media import ROOM, Client, attribute, check, people, plan, until
from tests.support.nat import Nat, is_check, nat

from ascona.core.media_plan import Kind, Route
from ascona.media import places
from ascona.media.switchboard import Switchboard

FEW, MANY = 20, 60  # packets


@dataclass
class Evening:
    """Ada behind a router, Ben without one; they hear each other. `answer`: what Ada was told."""

    switchboard: Switchboard
    way: Nat
    ada: Client
    ben: Client
    answer: str

    @property
    def forwarded(self) -> int:
        """Of Ada's packets, to Ben."""
        return sum(self.switchboard.counters(ROOM)[Route("ada", "ben", kind)].forwarded for kind in Kind)

    async def is_heard(self, more: int = FEW) -> None:
        """Wait until Ben has heard so much more of Ada."""
        before = self.ben.packets(0, Kind.AUDIO)
        await until(lambda: self.ben.packets(0, Kind.AUDIO) >= before + more)

    async def hears(self, more: int = FEW) -> None:
        """Wait until Ada has heard so much more of Ben."""
        before = self.ada.packets(1, Kind.AUDIO)
        await until(lambda: self.ada.packets(1, Kind.AUDIO) >= before + more)


@pytest.fixture
async def evening(switchboard: Switchboard) -> AsyncIterator[Evening]:
    ada = Client(2)
    async with nat(switchboard.port) as way, people(switchboard, "ben") as (ben,):
        answer = await way.join(switchboard, ada, "ada", ROOM)
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))
        made = Evening(switchboard, way, ada, ben, answer)
        await made.is_heard()
        await made.hears()
        yield made
        await ada.close()


async def test_who_moves_is_followed_by_their_next_check_and_nothing_goes_to_where_they_were(evening):
    handshakes = evening.way.handshakes
    before = await evening.way.rebind()
    evening.way.send(check(evening.answer))

    await evening.is_heard()
    await evening.hears()
    late = before.came
    await evening.hears(MANY)
    assert before.came == late
    assert evening.way.handshakes == handshakes
    assert evening.switchboard.connected(ROOM) == {"ada", "ben"}


async def test_what_comes_from_another_address_before_a_check_is_not_taken(evening):
    evening.way.passes = lambda datagram: not is_check(datagram)
    before = await evening.way.rebind()
    strangers = evening.switchboard.totals()["strangers"]
    await until(lambda: evening.switchboard.totals()["strangers"] > strangers)  # all of before has come
    forwarded = evening.forwarded
    await until(lambda: evening.switchboard.totals()["strangers"] > strangers + MANY)

    assert evening.forwarded == forwarded
    late = before.came
    await until(lambda: before.came > late + FEW)
    assert evening.way.outside.came == 0, "and nothing is sent there"

    evening.way.send(check(evening.answer, password="wrong" * 5))
    await until(lambda: evening.switchboard.totals()["unproven_stun"] == 1)
    assert evening.way.outside.came == 0

    evening.way.send(check(evening.answer))
    await evening.is_heard()
    await evening.hears()


async def test_who_checks_from_another_address_is_heard_from_there_and_sent_to_where_they_nominate(evening):
    before = await evening.way.rebind()
    evening.way.send(check(evening.answer, nominated=False))
    await evening.is_heard()
    late = before.came
    await until(lambda: before.came > late + FEW)
    assert evening.way.outside.came == 2, "the check's answer, and a question"

    evening.way.send(check(evening.answer))
    await evening.hears()


async def test_a_way_that_is_checked_no_more_is_left_for_one_that_is(evening, monkeypatch):
    monkeypatch.setattr(places, "UNCHECKED_SECONDS", 0.0)
    handshakes = evening.way.handshakes
    await evening.way.rebind()
    evening.way.send(check(evening.answer, nominated=False))

    await evening.is_heard()
    await evening.hears()
    assert evening.way.handshakes == handshakes


async def test_a_restart_of_ice_loses_no_packet(evening):
    offer = await evening.ada.offer()
    again = await evening.switchboard.answer(ROOM, "ada", offer.replace(attribute(offer, "ice-ufrag"), "anew"))
    handshakes = evening.way.handshakes
    await evening.is_heard()
    await evening.hears()
    evening.way.send(check(again))
    await evening.is_heard(MANY)
    await evening.hears(MANY)

    assert attribute(again, "ice-ufrag") != attribute(evening.answer, "ice-ufrag")
    assert [evening.ben.lost(0, kind) for kind in Kind] == [evening.ada.lost(1, kind) for kind in Kind] == [0, 0]
    assert evening.way.handshakes == handshakes


async def test_a_restart_from_another_address_loses_nothing_of_what_is_sent_up(evening):
    offer = await evening.ada.offer()
    again = await evening.switchboard.answer(ROOM, "ada", offer.replace(attribute(offer, "ice-ufrag"), "anew"))
    await evening.way.rebind()
    evening.way.send(check(again))
    await evening.hears(MANY)
    await evening.is_heard(MANY)

    assert [evening.ben.lost(0, kind) for kind in Kind] == [0, 0]
