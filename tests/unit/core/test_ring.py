"""The outer ring: its word, its slots, and the way between ring and circle."""

import pytest
from tests.support.group import PEOPLE, Evening, evening, one_minute_programme

from ascona.core import commands as c
from ascona.core.media_plan import Kind
from ascona.core.people import CIRCLE_LIMIT, FLOOR_LIMIT, Role

BIG = {"ada": Role.LEADER, "pia": Role.MEMBER, "sol": Role.SUPERVISOR} | {f"r{n}": Role.RING for n in range(5)}


def seats(group: Evening) -> dict[str, int]:
    return {person.id: person.seat for person in group.session.people}


def assert_slots_are_fair(group: Evening) -> None:
    slots = group.plan.slots
    assert len(set(slots.values())) == len(slots)
    assert all(0 <= slot < group.session.seats + FLOOR_LIMIT for slot in slots.values())
    assert {route.sender for route in group.plan.routes} <= set(slots)


def test_the_ring_has_the_word_at_once_where_everyone_can_be_heard():
    assert evening("ring").session.floor == ("eve", "rio")


def test_a_ring_that_is_too_big_takes_it_in_turn():
    group = evening("ring", people=BIG)
    assert group.session.floor == ()
    for id in ("r0", "r1"):
        group.do(id, c.TakeWord())

    assert group.refused("r2", c.TakeWord()) == group.refused("ada", c.GiveWord("r2")) == "floor_full"
    group.do("r0", c.TakeWord())
    assert group.session.floor == ("r0", "r1")
    group.do("ada", c.PassWord("r0"))
    group.do("ada", c.GiveWord("r2"))
    assert group.senders(Kind.AUDIO) == {"ada", "r1", "r2"}
    assert_slots_are_fair(group)


def test_going_back_to_the_ring_gives_it_the_word_again():
    group = evening("ring")
    group.go_to("ring")
    assert group.session.floor == ("eve", "rio")
    group.go_to("reflection")
    group.do("ada", c.GiveWord("eve"))

    group.go_to("ring")

    assert group.session.floor == ("eve", "rio")


def test_somebody_of_the_ring_who_was_away_when_it_opened_takes_the_word_later():
    group = evening("answer")
    group.lose("rio")
    group.go_to("ring")
    group.reconnect("rio")
    assert group.session.floor == ("eve",)

    group.do("rio", c.TakeWord())

    assert group.session.floor == ("eve", "rio")


def test_a_lost_line_keeps_the_word():
    group = evening("ring")
    before = group.plan
    group.lose("eve")
    assert not group.heard("eve")
    group.reconnect("eve")

    assert group.plan == before


def test_a_supervisor_takes_one_of_the_places_on_the_floor_where_a_phase_hears_one():
    group = evening("reflection", people=BIG)
    assert "sol" in group.senders(Kind.AUDIO)
    group.do("ada", c.GiveWord("r0"))

    assert group.refused("ada", c.GiveWord("r1")) == "floor_full"
    assert_slots_are_fair(group)


def test_a_supervisor_who_comes_back_pushes_nobody_off_the_floor():
    group = evening("reflection", people=BIG)
    group.lose("sol")
    group.do("ada", c.GiveWord("r0"))
    assert group.refused("ada", c.GiveWord("r1")) == "floor_full"

    group.reconnect("sol")

    assert group.senders(Kind.AUDIO) == {"ada", "pia", "sol", "r0"}
    assert_slots_are_fair(group)


def test_whoever_speaks_on_keeps_their_slot_when_the_other_passes_the_word():
    group = evening("ring")
    slot = group.plan.slots["rio"]

    group.do("eve", c.PassWord("eve"))

    assert group.plan.slots["rio"] == slot
    group.do("eve", c.TakeWord())
    assert group.plan.slots["rio"] == slot != group.plan.slots["eve"]


def test_opening_the_ring_leaves_the_word_with_whoever_has_it():
    group = evening("close")
    group.do("ada", c.GiveWord("flo"))
    group.do("ada", c.OpenRing())

    assert group.session.floor == ("flo",)
    group.do("eve", c.TakeWord())
    assert group.refused("rio", c.TakeWord()) == "floor_full"


def test_the_ring_opens_only_where_the_floor_is_heard():
    group = evening("fantasies")

    assert group.refused("ada", c.OpenRing()) == group.refused("ada", c.GiveWord("eve")) == "not_now"
    assert group.refused("eve", c.TakeWord()) == "ring_closed"
    group.go_to("debrief")
    assert group.refused("ada", c.OpenRing()) == group.refused("ada", c.GiveWord("eve")) == "not_now"


def test_a_closed_ring_is_silent_and_opening_it_again_gives_the_word_back():
    group = evening("ring")
    group.do("ada", c.CloseRing())
    assert group.senders(Kind.AUDIO) == {"ada", "ben"}
    assert group.refused("eve", c.TakeWord()) == "ring_closed"

    group.do("ben", c.OpenRing())

    assert group.senders(Kind.AUDIO) == {"ada", "ben", "eve", "rio"}
    assert group.session.ring_until == group.session.ends_at + (
        evening("ring").session.ring_until - group.session.ends_at
    )


def test_opening_and_closing_twice_is_once():
    group = evening("ring")
    version = group.session.version
    group.do("ada", c.OpenRing())
    assert group.session.version == version
    group.do("ada", c.CloseRing())
    group.do("ben", c.CloseRing())

    assert group.session.version == version + 1


def test_the_word_goes_only_to_people_outside_the_circle():
    group = evening("close")

    assert group.refused("ada", c.GiveWord("max")) == group.refused("ada", c.GiveWord("ben")) == "not_now"
    assert group.refused("ada", c.GiveWord("nobody")) == "nobody_there"
    assert group.refused("ada", c.PassWord("eve")) == "nobody_there"


def test_whoever_leaves_with_the_word_leaves_the_floor_free():
    group = evening("ring")
    group.do("eve", c.Leave())

    assert group.session.floor == ("rio",)
    assert_slots_are_fair(group)


def test_somebody_moved_to_the_ring_sits_behind_and_nobody_else_moves():
    group = evening("account")
    before = seats(group)
    group.do("ada", c.MoveToRing("max"))

    assert seats(group) == before | {"max": 10}
    assert [p.id for p in group.session.people][-1] == "max"
    assert "max" not in group.senders(Kind.AUDIO)


def test_somebody_invited_in_takes_a_spare_chair_and_nobody_else_moves():
    group = evening("account")
    before = seats(group)
    group.do("ada", c.InviteToCircle("eve"))

    assert seats(group) == before | {"eve": 4}
    assert group.heard("eve")
    assert_slots_are_fair(group)


def test_somebody_invited_in_leaves_the_floor():
    group = evening("ring")
    group.do("ada", c.InviteToCircle("eve"))

    assert group.session.floor == ("rio",)
    assert_slots_are_fair(group)


def test_the_circle_has_two_spare_chairs():
    group = evening("account")
    for id in ("eve", "rio"):
        group.do("ada", c.InviteToCircle(id))
    assert group.refused("ada", c.InviteToCircle("flo")) == "circle_full"

    group.do("ada", c.MoveToRing("eve"))

    assert group.refused("ada", c.InviteToCircle("flo")) is None


def test_the_chair_of_somebody_who_has_left_stays_theirs():
    group = evening("account")
    group.do("max", c.Leave())
    for id in ("eve", "rio"):
        group.do("ada", c.InviteToCircle(id))

    assert group.refused("ada", c.InviteToCircle("flo")) == "circle_full"
    assert seats(group)["max"] == 3


def test_a_full_circle_keeps_its_slots_below_the_floor():
    people = {"ada": Role.LEADER} | {f"m{n}": Role.MEMBER for n in range(CIRCLE_LIMIT - 2)}
    group = evening("ring", people=people | {"pia": Role.MEMBER, "eve": Role.RING, "rio": Role.RING})

    assert group.refused("ada", c.InviteToCircle("eve")) == "circle_full"
    assert sorted(group.plan.slots.values()) == list(range(CIRCLE_LIMIT + FLOOR_LIMIT))


@pytest.mark.parametrize("id", ["ada", "ben", "eve", "flo", "sol"])
def test_only_members_are_moved_to_the_ring(id):
    assert evening().refused("ada", c.MoveToRing(id)) == "not_in_circle"


def test_the_presenter_is_not_moved_and_nobody_is_invited_twice():
    group = evening("account")

    assert group.refused("ada", c.MoveToRing("pia")) == "not_now"
    assert group.refused("ada", c.InviteToCircle("max")) == "not_now"
    assert group.refused("ada", c.MoveToRing("nobody")) == "nobody_there"


def test_back_and_forth_between_ring_and_circle_nobody_else_moves():
    group = evening("close", people=PEOPLE | {"zoe": Role.MEMBER})
    before = seats(group)
    for id in ("zoe", "max", "zoe"):
        group.do("ada", c.MoveToRing(id))
        group.do("ben", c.InviteToCircle(id))
        assert_slots_are_fair(group)

    assert {id: seat for id, seat in seats(group).items() if id not in {"zoe", "max"}} == {
        id: seat for id, seat in before.items() if id not in {"zoe", "max"}
    }


def test_the_ring_speaks_on_for_its_grace_when_the_clock_has_moved_on():
    group = evening("ring", evening=one_minute_programme())
    group.let_pass(60)

    assert group.session.phase_id == "answer"
    assert {"eve", "rio"} <= group.senders(Kind.AUDIO)
    assert_slots_are_fair(group)
