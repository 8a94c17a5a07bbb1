"""Lost lines: nothing of a session is lost with them, and a place waits for whoever it belongs to."""

from datetime import timedelta

import pytest
from tests.support.group import Evening, evening

from ascona.core import commands as c
from ascona.core.lines import CHAIR_EMPTIES, PLACE_KEPT, chair_is_empty, next_look
from ascona.core.media_plan import Kind
from ascona.core.people import Place, Role

LONG = PLACE_KEPT.total_seconds()


def away(id: str, seconds: float, phase: str = "fantasies") -> Evening:
    """Somebody's line was lost so long ago."""
    group = evening(phase)
    group.lose(id)
    group.wait(seconds)
    return group


@pytest.mark.parametrize("id", ["ada", "ben", "pia", "max", "eve", "flo", "sol"])
def test_a_lost_line_costs_neither_seat_nor_role_nor_case(id):
    group = evening("fantasies")
    before = group.session
    group.lose(id)
    group.wait(LONG - 1)

    group.reconnect(id)

    assert group.session == before


def test_a_presenter_who_comes_back_still_sits_back_and_is_not_heard():
    group = away("pia", 300)
    group.reconnect("pia")

    assert group.session.sits_back("pia")
    assert group.heard("pia") == group.seen("pia") == set()


def test_whoever_had_the_word_has_it_when_the_line_is_back():
    group = evening("ring")
    group.lose("eve")
    assert group.heard("eve") == set()

    group.reconnect("eve")

    assert "eve" in group.session.floor
    assert group.heard("eve")


def test_whoever_comes_back_finds_the_phase_at_hand_and_not_the_one_they_left():
    group = away("max", 60, "account")
    group.go_to("fantasies")
    group.reconnect("max")

    assert group.session.phase_id == "fantasies"
    assert "max" in group.receivers()


def test_a_lost_line_is_never_late_however_locked_the_room_is():
    group = away("max", LONG - 1)
    assert group.session.locked

    group.reconnect("max")

    assert group.session.person("max").place is Place.INSIDE


def test_after_ten_minutes_somebody_comes_to_the_door_though_it_is_locked_and_everything_waits_for_them():
    group = away("pia", LONG)
    assert group.session.locked
    seat = group.session.person("pia").seat

    group.reconnect("pia")

    pia = group.session.person("pia")
    assert (pia.place, pia.kept, pia.seat) == (Place.DOOR, True, seat)
    assert pia in group.session.seated()
    assert chair_is_empty(group.session, pia, group.now)
    assert group.session.sits_back("pia")
    assert "pia" not in group.receivers()
    group.do("ben", c.Admit("pia"))
    assert group.session.sits_back("pia")
    assert "pia" in group.receivers()
    assert not group.session.person("pia").kept


def test_whoever_was_here_and_is_turned_away_loses_case_and_chair():
    group = away("pia", LONG)
    group.reconnect("pia")

    group.do("ada", c.TurnAway("pia"))

    assert group.session.presenter is None
    assert group.session.person("pia") not in group.session.seated()
    group.do("pia", c.Knock("Pia"))
    assert group.session.person("pia").place is Place.DOOR
    assert group.session.presenter is None


def test_a_word_waits_for_nobody_who_has_to_be_let_in_again():
    group = away("eve", LONG, "ring")
    assert "eve" in group.session.floor

    group.reconnect("eve")

    assert "eve" not in group.session.floor


def test_leaders_come_straight_back_however_long_they_were_away():
    group = away("ada", LONG * 3)
    group.reconnect("ada")

    assert group.session.person("ada").place is Place.INSIDE


def test_a_chair_is_empty_after_a_minute_and_screens_are_told_then():
    group = evening("questions")
    lost_at = group.now
    group.lose("max")
    chair = group.session.person("max")
    assert next_look(group.session, group.now) == lost_at + CHAIR_EMPTIES
    assert not chair_is_empty(group.session, chair, lost_at + CHAIR_EMPTIES - timedelta(seconds=1))

    assert chair_is_empty(group.session, chair, lost_at + CHAIR_EMPTIES)
    assert next_look(group.session, lost_at + CHAIR_EMPTIES) is None


@pytest.mark.parametrize("id", ["flo", "eve", "sol"])
def test_a_guest_of_the_circle_goes_back_as_what_they_came(id):
    group = evening("questions")
    role = group.session.person(id).role
    group.do("ada", c.InviteToCircle(id))
    assert group.session.person(id).role is Role.MEMBER
    assert group.session.person(id).came_as is role

    group.do("ada", c.MoveToRing(id))

    assert (group.session.person(id).role, group.session.person(id).came_as) == (role, None)


def test_a_guest_of_the_circle_who_goes_leaves_the_chair_and_is_no_member_when_they_come_again():
    group = evening("arrive")
    group.do("ada", c.InviteToCircle("flo"))
    chair = group.session.person("flo").seat

    group.do("flo", c.Leave())
    group.do("ada", c.Unlock())
    group.reconnect("flo")
    group.do("ada", c.Admit("flo"))

    assert group.session.person("flo").role is Role.OBSERVER
    assert group.session.free_seat() == chair
    assert "flo" not in group.senders(Kind.AUDIO)


def test_a_member_moved_to_the_ring_is_of_the_ring():
    group = evening("questions")
    group.do("ada", c.MoveToRing("max"))

    assert group.session.person("max").role is Role.RING
    assert group.session.person("max").came_as is Role.MEMBER
