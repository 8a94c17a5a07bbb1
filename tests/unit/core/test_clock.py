"""Timed transitions: what the clock says and does, and who can stop it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.group import NOON, Evening, evening, invited, one_minute_programme, programme

from ascona.core import commands as c
from ascona.core.clock import due
from ascona.core.decide import decide
from ascona.core.events import MinuteAnnounced, RingClosed, TimeAnnounced
from ascona.core.media_plan import Kind
from ascona.core.programme import AtEnd

BOTH = (AtEnd.ANNOUNCE, AtEnd.ADVANCE)


def advancing(phase: str = "arrive", minutes: float = 5) -> Evening:
    ascona = programme()
    phases = tuple(replace(p, minutes=minutes, at_end=AtEnd.ADVANCE) for p in ascona.phases)
    return evening(phase, evening=replace(ascona, phases=phases))


def without_leaders(group: Evening) -> Evening:
    group.lose("ada")
    group.lose("ben")
    return group


def test_an_announced_end_is_said_once_and_moves_nobody():
    group = evening()

    assert group.let_pass(5 * 60 - 1) == []
    assert group.let_pass(1) == [c.TimeIsUp(NOON + timedelta(minutes=5))]
    assert group.let_pass(60 * 60) == []
    assert group.session.phase_id == "arrive"
    assert group.session.time_announced


def test_an_advancing_phase_gives_a_minutes_notice_and_then_goes_on():
    group = advancing()

    assert group.let_pass(4 * 60 - 1) == []
    assert group.let_pass(1) == [c.MinuteLeft(NOON + timedelta(minutes=5))]
    assert group.session.minute_announced
    assert group.let_pass(59) == []
    group.let_pass(1)
    assert group.session.phase_id == "choose"
    assert group.session.ends_at == NOON + timedelta(minutes=10)
    assert not group.session.minute_announced


def test_a_phase_without_minutes_lasts_until_a_leader_moves_on():
    ascona = programme()
    group = evening(evening=replace(ascona, phases=tuple(replace(p, minutes=None) for p in ascona.phases)))

    assert due(group.session) is None
    assert group.refused("ada", c.Hold()) == group.refused("ada", c.Extend(2)) == "not_now"


def test_the_clock_says_nothing_before_the_session_opens_or_after_it_ends():
    group = evening("ring")
    group.do("ada", c.EndSession())

    assert due(invited()) is None
    assert due(group.session) is None


def test_without_a_leader_connected_the_clock_only_announces():
    group = without_leaders(advancing())

    group.let_pass(60 * 60)

    assert group.session.phase_id == "arrive"
    assert group.session.time_announced


def test_one_leader_connected_is_enough():
    group = advancing()
    group.lose("ada")

    group.let_pass(5 * 60)

    assert group.session.phase_id == "choose"


def test_a_leader_who_comes_back_after_the_end_is_not_overtaken_by_the_clock():
    group = without_leaders(advancing())
    group.let_pass(6 * 60)
    group.reconnect("ada")

    group.let_pass(60 * 60)

    assert group.session.phase_id == "arrive"


MOVES = {
    "a step": [c.NextPhase()],
    "a step back and forth": [c.NextPhase(), c.PreviousPhase()],
    "an extension": [c.Extend(2)],
    "a hold": [c.Hold()],
    "a hold and a resume": [c.Hold(), c.Resume()],
    "the end of the session": [c.EndSession()],
}


@pytest.mark.parametrize("at_end", BOTH)
@pytest.mark.parametrize("moves", MOVES.values(), ids=MOVES)
def test_what_a_leader_did_first_makes_the_clocks_word_stale(moves, at_end):
    group = advancing() if at_end is AtEnd.ADVANCE else evening()
    ends_at = group.session.ends_at
    group.let_pass(4 * 60 + 59)
    for move in moves:
        group.wait(0.5)
        group.do("ada", move)
    group.wait(1)

    for word in (c.TimeIsUp(ends_at), c.MinuteLeft(ends_at), c.RingTimeIsUp(ends_at)):
        assert group.refused(None, word) == "stale_version"


def test_switching_to_announce_makes_the_step_stale_but_not_the_word():
    group = advancing()
    group.let_pass(4 * 60 + 59)
    group.do("ben", c.SetAtEnd(AtEnd.ANNOUNCE, whole_evening=False))
    word = c.TimeIsUp(group.session.ends_at)
    group.wait(1)

    assert decide(group.session, word, None, group.now, 0) == (TimeAnnounced(),)
    assert group.refused(None, c.MinuteLeft(group.session.ends_at)) == "stale_version"


def test_the_clock_never_speaks_early():
    group = advancing()
    ends_at = group.session.ends_at
    assert group.refused(None, c.MinuteLeft(ends_at)) == "not_now"
    group.let_pass(4 * 60 + 30)
    assert group.refused(None, c.TimeIsUp(ends_at)) == "not_now"
    group.go_to("ring")

    assert group.refused(None, c.RingTimeIsUp(group.session.ring_until)) == "not_now"


def test_the_clock_never_says_the_same_twice():
    group = evening("ring")
    ends_at, until = group.session.ends_at, group.session.ring_until
    group.let_pass(12 * 60)

    assert group.refused(None, c.TimeIsUp(ends_at)) == "stale_version"
    assert group.refused(None, c.RingTimeIsUp(until)) == "stale_version"


def test_a_leaders_hold_one_second_before_stops_the_step():
    group = advancing()
    group.let_pass(4 * 60 + 59)
    group.do("ben", c.Hold())

    assert group.let_pass(60 * 60) == []
    assert group.session.phase_id == "arrive"
    assert group.session.left == timedelta(seconds=1)


def test_a_held_phase_goes_on_with_what_was_left():
    group = advancing()
    group.let_pass(2 * 60)
    group.do("ada", c.Hold())
    group.let_pass(20 * 60)
    group.do("ada", c.Extend(1))
    group.do("ben", c.Resume())

    assert group.session.ends_at == group.now + timedelta(minutes=4)
    group.let_pass(4 * 60)
    assert group.session.phase_id == "choose"


def test_holding_and_resuming_twice_is_told_apart():
    group = evening()
    assert group.refused("ada", c.Resume()) == "not_held"
    group.do("ada", c.Hold())

    assert group.refused("ben", c.Hold()) == "already_held"


def test_an_extension_before_the_end_is_added_to_it():
    group = evening()
    group.let_pass(60)
    group.do("ada", c.Extend(2))

    assert group.session.ends_at == NOON + timedelta(minutes=7)


def test_an_extension_after_the_end_counts_from_now():
    group = evening()
    group.let_pass(9 * 60)
    group.do("ada", c.Extend(2))

    assert group.session.ends_at == group.now + timedelta(minutes=2)
    assert not group.session.time_announced
    assert len(group.let_pass(2 * 60)) == 1


def test_a_phase_held_over_time_has_nothing_left_and_waits_for_a_leader():
    group = evening()
    group.let_pass(9 * 60)
    group.do("ada", c.Hold())
    assert group.session.left == timedelta()
    group.do("ada", c.Extend(2))
    group.do("ada", c.Resume())

    assert group.session.ends_at == group.now + timedelta(minutes=2)


FRAME = [c.NextPhase(), c.Extend(2), c.Hold(), c.SetAtEnd(AtEnd.ADVANCE, whole_evening=True), c.EndSession()]
NOT_FRAME = [c.Lock(), c.ShowClock(True), c.MoveToRing("max"), c.Remove("max"), c.SitBack(), c.Knock("Benedict")]


@pytest.mark.parametrize("command", FRAME, ids=lambda command: type(command).__name__)
def test_whoever_moves_the_frame_makes_the_others_look_first(command):
    group = evening()
    seen = group.session.version
    group.do("ben", command)

    assert group.refused("ada", c.PreviousPhase(), seen) in {"stale_version", "already_ended"}
    assert group.refused("ada", c.Hold(), seen) in {"stale_version", "already_ended"}


@pytest.mark.parametrize("command", NOT_FRAME, ids=lambda command: type(command).__name__)
def test_what_does_not_touch_the_frame_makes_no_leader_press_twice(command):
    group = evening()
    seen = group.session.version
    group.do("ben", command)

    assert group.session.version > seen
    assert group.refused("ada", c.NextPhase(), seen) is None


@pytest.mark.parametrize("minutes", [-1, 0, 61])
def test_an_extension_has_one_to_sixty_minutes(minutes):
    assert evening().refused("ada", c.Extend(minutes)) == "not_now"


def test_leaders_switch_the_phase_at_hand_to_advance_and_the_next_one_announces_again():
    group = evening()
    group.do("ben", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=False))

    group.let_pass(5 * 60)

    assert group.session.phase_id == "choose"
    assert group.session.at_end is AtEnd.ANNOUNCE


def test_leaders_switch_the_whole_evening_and_one_phase_of_it_back():
    group = evening()
    group.do("ben", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=True))
    group.let_pass(5 * 60)
    assert group.session.phase_id == "choose"
    group.do("ada", c.SetAtEnd(AtEnd.ANNOUNCE, whole_evening=False))
    group.let_pass(60 * 60)
    assert group.session.phase_id == "choose"

    group.do("ada", c.NextPhase())

    assert group.session.at_end is AtEnd.ADVANCE


def test_the_evening_can_be_switched_before_it_opens():
    group = Evening(invited())
    group.arrive("ada", "ben", "pia")
    group.do("ada", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=True))
    group.do("ada", c.OpenSession())

    group.let_pass(5 * 60)

    assert group.session.phase_id == "choose"


def test_before_the_session_opens_there_is_no_phase_at_hand_to_switch():
    group = Evening(invited())
    group.arrive("ada")

    assert group.refused("ada", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=False)) == "not_now"


def test_switching_to_advance_in_the_last_minute_tells_everyone_at_once():
    group = evening()
    group.let_pass(4 * 60 + 30)
    group.do("ada", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=False))

    assert group.let_pass(0) == [c.MinuteLeft(group.session.ends_at)]


def test_switching_to_advance_when_time_is_up_already_jumps_nowhere():
    group = evening()
    group.let_pass(6 * 60)
    group.do("ada", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=False))

    assert group.let_pass(60 * 60) == []
    assert group.session.phase_id == "arrive"


def test_the_clock_never_chooses_a_presenter():
    group = advancing("choose")
    group.do("pia", c.Leave())

    group.let_pass(60 * 60)

    assert group.session.phase_id == "choose"
    assert group.session.presenter is None
    assert group.session.time_announced


def test_the_last_phase_never_ends_by_itself():
    group = advancing("debrief")
    said = group.let_pass(5 * 60 * 60)

    assert len(said) == 1
    assert group.session.phase_id == "debrief"


@pytest.mark.parametrize("at_end", BOTH)
@pytest.mark.parametrize("line", ["with leaders", "without leaders"])
def test_the_rings_microphones_close_a_minute_after_its_slot(at_end, line):
    group = evening("ring")
    group.do("ada", c.SetAtEnd(at_end, whole_evening=False))
    if line == "without leaders":
        without_leaders(group)

    group.let_pass(10 * 60 + 59)
    assert {"eve", "rio"} <= group.senders(Kind.AUDIO)
    group.let_pass(1)

    assert not {"eve", "rio"} & group.senders(Kind.AUDIO)
    moved_on = at_end is AtEnd.ADVANCE and line == "with leaders"
    assert group.session.phase_id == ("answer" if moved_on else "ring")


def test_a_leader_who_moves_on_closes_the_ring_at_once():
    group = evening("ring")
    group.let_pass(10 * 60 + 5)
    group.do("ada", c.NextPhase())

    assert "eve" not in group.senders(Kind.AUDIO)
    assert group.session.ring_until is None


def test_the_rings_time_moves_with_the_slot():
    group = evening("ring")
    group.let_pass(60)
    group.do("ada", c.Extend(2))
    assert group.session.ring_until == group.session.ends_at + timedelta(seconds=60)
    group.do("ada", c.Hold())
    assert group.let_pass(60 * 60) == []
    group.do("ada", c.Resume())

    assert group.session.ring_until == group.session.ends_at + timedelta(seconds=60)
    assert group.session.ring_open


def test_a_hold_in_the_next_phase_does_not_keep_the_ring_open():
    group = evening("ring")
    group.do("ada", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=False))
    group.let_pass(10 * 60 + 10)
    group.do("ada", c.Hold())

    group.let_pass(50)

    assert not group.session.ring_open
    assert "eve" not in group.senders(Kind.AUDIO)


def test_the_ring_is_not_heard_where_leaders_are_among_themselves():
    ascona = one_minute_programme()
    ring = next(p for p in ascona.phases if p.id == "ring")
    group = evening("ring", evening=replace(ascona, phases=(*ascona.phases[:3], ring, ascona.phases[-1])))

    group.let_pass(60)

    assert group.session.phase_id == "debrief"
    assert group.senders(Kind.AUDIO) == {"ada", "ben", "sol"}
    assert group.session.floor == ()


def test_the_end_of_the_ring_is_recorded_once():
    group = evening("ring")
    until = group.session.ring_until
    group.now = until

    assert decide(group.session, c.RingTimeIsUp(until), None, group.now, 0) == (RingClosed(),)


def test_a_whole_evening_of_minutes_runs_by_itself():
    group = evening(evening=one_minute_programme())
    ids = [phase.id for phase in group.session.programme.phases]
    walked, notices = [], 0
    while (spoken := due(group.session)) is not None:
        group.now = max(group.now, spoken[0])
        events = decide(group.session, spoken[1], None, group.now, 0)
        notices += MinuteAnnounced() in events
        group.do(None, spoken[1])
        walked.append((group.session.phase_id, group.session.back, group.now))

    assert list(dict.fromkeys(id for id, _, _ in walked)) == ids
    assert notices == len(ids) - 1
    assert {id for id, back, _ in walked if back} == {"fantasies", "ring", "answer"}
    assert not group.session.back
    for index, id in enumerate(ids[1:], start=1):
        assert next(now for name, _, now in walked if name == id) == NOON + timedelta(minutes=index)
    assert group.now == NOON + timedelta(minutes=len(ids))
    assert group.session.phase_id == "debrief"
    assert group.senders(Kind.AUDIO) == {"ada", "ben", "sol"}
