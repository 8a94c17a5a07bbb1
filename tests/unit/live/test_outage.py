"""While the journal is away: what takes rights away happens, nothing else does, and in the end both agree."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.group import Evening, evening
from tests.unit.live.test_room import Rig, room_with

from ascona.core import commands as c
from ascona.core.browsers import Asking
from ascona.core.events import Recorded, RingClosed, SessionEnded, TimeAnnounced
from ascona.core.media_plan import Kind
from ascona.core.people import Browser, Place
from ascona.core.rights import TAKES_AWAY, Refused
from ascona.core.sound_line import sound_line
from ascona.live import ledger
from ascona.live import room as rooms

KEY = "key-one-1"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for seconds here."""
    monkeypatch.setattr(rooms, "JOURNAL_RETRY_SECONDS", 0.001)


class Hanging(Rig):
    """A journal that does not answer while it is away, and writes what it was asked to when it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.back = asyncio.Event()
        self.back.set()

    async def append(self, session, records):
        await self.back.wait()
        await super().append(session, records)

    async def since(self, session, version):
        await self.back.wait()
        return await super().since(session, version)


async def test_while_the_journal_is_away_the_presenter_sits_back_at_once_and_it_is_recorded_later():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    version = room.session.version
    rig.away = True

    await room.obey(c.SitBack(), "pia", version, KEY)

    assert room.session.sits_back("pia")
    assert not any(route.sender == "pia" for route in rig.plans[-1].routes)
    assert (rig.records, room.recorded) == ([], version)
    rig.away = False
    await room.settled()
    assert [(record.by, record.key) for record in rig.records] == [("pia", KEY)]
    assert room.recorded == room.session.version == rig.records[-1].version
    await room.close()


async def test_who_sits_back_is_not_heard_while_a_journal_that_hangs_is_waited_for():
    rig = Hanging()
    room = room_with(rig, evening("questions").session)
    rig.back.clear()

    sitting_back = asyncio.create_task(room.obey(c.SitBack(), "pia", room.session.version, KEY))
    while not rig.plans:
        await asyncio.sleep(0)

    assert not sitting_back.done()
    assert rig.records == []
    assert not any(route.sender == "pia" for route in rig.plans[-1].routes)
    rig.back.set()
    await sitting_back
    await room.close()


async def test_while_nobody_knows_what_is_recorded_nothing_passes_for_being_so_already():
    rig = Rig()
    room = room_with(rig)
    await room.obey(c.Lock(), "ada", room.session.version, "key-one-1")
    rig.silent = True
    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.Unlock(), "ada", room.session.version, "key-two-2")  # which is recorded all the same

    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.ReleaseDeputy(), "ada", room.session.version, "key-three-3")
    await room.obey(c.Lock(), "ben", room.session.version, "key-four-4")

    rig.silent = False
    await room.settled()
    assert [type(record.event).__name__ for record in rig.records] == ["Locked", "Unlocked", "Locked"]
    assert room.session.locked
    await room.close()


async def test_whoever_gets_something_waits_until_it_can_be_recorded():
    rig = Rig()
    room = room_with(rig, evening("fantasies").session)
    before, lines = room.session, room.lines
    rig.away = True

    for command, by in (
        (c.NextPhase(), "ada"), (c.ComeBack(), "pia"), (c.InviteToCircle("eve"), "ada"), (c.Extend(2), "ben"),
        (c.Hold(), "ada"),
    ):  # fmt: skip
        with pytest.raises(Refused, match="journal_unavailable"):
            await room.obey(command, by, before.version, f"key-{type(command).__name__}")

    assert room.session == before
    shut, opened = rig.plans  # by the first, before the journal was known to be away
    assert shut.routes < lines.routes
    assert opened == lines
    await room.close()


async def test_a_guest_of_the_circle_is_let_into_the_talk_of_those_they_came_with_once_that_is_recorded():
    rig = Rig()
    group = evening("debrief")
    group.do("ada", c.InviteToCircle("sol"))
    room = room_with(rig, group.session)
    rig.away = True

    await room.obey(c.MoveToRing("sol"), "ada", room.session.version, KEY)

    assert "sol" not in {route.receiver for route in rig.plans[-1].routes}
    rig.away = False
    await room.settled()
    assert "sol" in {route.receiver for route in rig.plans[-1].routes}  # leaders and supervisors hear one another then
    await room.close()


async def test_the_protection_around_a_presenter_who_goes_lasts_until_that_is_recorded():
    rig = Rig()
    group = evening("re_entry")
    group.do("ada", c.Protect(True))
    room = room_with(rig, group.session)
    rig.away = True

    await room.obey(c.Leave(), "pia", room.session.version, KEY)

    assert heard(rig) == {"ada", "ben"}
    rig.away = False
    await room.settled()
    assert heard(rig) > {"ada", "ben"}
    await room.close()


def heard(rig: Rig) -> set[str]:
    """Who is, now."""
    return {route.sender for route in rig.plans[-1].routes if route.kind is Kind.AUDIO}


async def test_nobody_new_comes_in_and_whoever_was_in_comes_back():
    rig = Rig()
    group = Evening(evening().session)
    group.do("max", c.Leave())
    room = room_with(rig, group.session)
    rig.away = True
    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.Knock("Max"), "max", room.session.version, KEY)
    await room.line_lost("eve")

    await room.come("eve", c.Knock("Eve"), (True, True), "key-of-eve")

    assert "eve" in {route.receiver for route in rig.plans[-1].routes}
    assert room.session.person("max").place is Place.LEFT
    await room.close()


async def test_a_journal_that_hangs_is_not_waited_for_and_those_who_ask_next_are_answered_at_once(monkeypatch):
    monkeypatch.setattr(ledger, "JOURNAL_PATIENCE_SECONDS", 0.01)
    rig = Hanging()
    room = room_with(rig)
    rig.back.clear()
    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.NextPhase(), "ada", room.session.version, KEY)
    monkeypatch.setattr(ledger, "JOURNAL_PATIENCE_SECONDS", 1000.0)

    with pytest.raises(Refused, match="journal_unavailable"):
        await room.obey(c.NextPhase(), "ben", room.session.version, "key-two-2")
    await room.obey(c.Remove("max"), "ada", room.session.version, "key-three")

    assert rig.left == ["max", sound_line("max")]
    rig.back.set()
    await room.settled()
    assert [record.key for record in rig.records] == ["key-three"]
    await room.close()


async def test_what_was_written_though_it_was_refused_comes_first_and_what_is_owed_after_it():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    version = room.session.version
    rig.silent = True
    rig.may_go_on.clear()
    refused = asyncio.create_task(room.obey(c.Hold(), "ada", version, KEY))
    await rig.reached.wait()
    rig.away = True
    rig.may_go_on.set()
    with pytest.raises(Refused, match="journal_unavailable"):
        await refused
    await room.obey(c.SitBack(), "pia", version, "key-two-2")
    rig.away = rig.silent = False

    await room.settled()

    assert [(record.version - version, record.key) for record in rig.records] == [(1, KEY), (2, "key-two-2")]
    assert room.session.held
    assert room.session.back
    await room.obey(c.Hold(), "ada", version, KEY)  # said again by its page: done already
    assert len(rig.records) == 2
    await room.close()


async def test_a_session_that_a_hidden_end_has_overtaken_is_ended_and_its_gates_stay_shut():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    version = room.session.version
    rig.away = True
    await room.obey(c.SitBack(), "pia", version, KEY)
    await room.obey(c.Remove("max"), "ada", version, "key-two-2")
    rig.records.append(Recorded(version + 1, room.now(), "ben", "another", SessionEnded()))
    rig.away = False

    await room.settled()

    assert (room.session.ended, len(rig.records)) == (True, 1)
    assert rig.plans[-1].routes == frozenset()
    assert [plan.version for plan in rig.plans] == sorted(plan.version for plan in rig.plans)
    await room.close()


async def test_the_rings_microphones_close_by_themselves_also_while_nothing_can_be_recorded():
    rig = Rig()
    session = evening("ring").session
    assert session.ring_until
    rig.away = True
    room = room_with(rig, session, lambda: session.ring_until)

    await room.open()  # both the phase's time and the ring's are up by now
    await until(lambda: not room.session.ring_open)

    rig.away = False
    await room.settled()
    await until(lambda: len(rig.records) == 2)
    assert [record.event for record in rig.records] == [RingClosed(), TimeAnnounced()]
    await room.close()


async def test_everybody_is_told_once_when_the_journal_goes_and_when_it_is_back():
    rig = Rig()
    room = room_with(rig)
    rig.away = True
    for number in range(3):
        with pytest.raises(Refused):
            await room.obey(c.NextPhase(), "ada", room.session.version, f"key-{number}-{number}")
    await until(lambda: bool(rig.said))

    rig.away = False
    await room.settled()

    assert rig.said == ["journal_away", "journal_back"]
    await room.close()


async def test_a_room_that_is_closed_in_order_pays_what_it_owes_if_it_can():
    rig = Rig()
    room = room_with(rig, evening("questions").session)
    rig.away = True
    await room.obey(c.SitBack(), "pia", room.session.version, KEY)
    rig.away = False

    await room.close()

    assert [record.key for record in rig.records] == [KEY]


ANYBODY = ("ada", "ben", "pia", "max", "eve", "rio", "flo", "sol")
STEPS = ("arrive", "choose", "account", "questions", "fantasies", "ring", "answer", "reflection")
TAKING = (
    *((c.SitBack(), by) for by in ("ada", "pia")),
    (c.CloseRing(), "ada"),
    *((kind(person), "ada") for kind in (c.PassWord, c.MoveToRing, c.Remove, c.TurnAway) for person in ANYBODY),
    *((c.PassWord(by), by) for by in ANYBODY),
    (c.RefuseDevice("phone"), "max"),
    (c.Lock(), "ben"),
    *((c.Leave(), by) for by in ANYBODY),
    (c.EndSession(), "ada"),
)


def test_everything_that_takes_rights_away_is_tried():
    assert {type(command) for command, _ in TAKING} == TAKES_AWAY - {c.RingTimeIsUp}


@given(st.sampled_from(STEPS), st.sampled_from(TAKING), st.booleans(), st.booleans())
def test_what_takes_rights_away_lets_nobody_be_heard_or_seen_who_was_not(phase, taking, protected, word):
    group = evening(phase)
    group.session = group.session.with_asking("max", Asking("max", Browser("phone")))
    for command in (c.Protect(True),) * protected + (c.GiveWord("eve"), c.GiveWord("flo")) * word:
        if group.refused("ada", command) is None:
            group.do("ada", command)
    command, by = taking
    if group.refused(by, command) is not None:
        return
    before, guarded = group.plan.routes, group.session.protected

    group.do(by, command)

    more = group.plan.routes - before
    if guarded and group.session.presenter is None:  # with a presenter who goes, the protection around them ends
        more = {route for route in more if route.kind is not Kind.AUDIO}
    assert not more


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0)
