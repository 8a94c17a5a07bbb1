"""The door: who comes in, who does not, and under which name."""

import pytest
from tests.support.group import Evening, evening, invited

from ascona.core import commands as c
from ascona.core.media_plan import Kind
from ascona.core.people import NAME_LIMIT, Place, Role, clean_name, seated


def place(group: Evening, id: str) -> Place:
    return group.session.person(id).place


def waiting(*people: str) -> Evening:
    group = Evening(invited())
    group.arrive("ada", "ben")
    for id in people:
        group.reconnect(id)
    return group


def test_leaders_come_straight_in_and_everybody_else_waits():
    group = waiting("pia", "eve", "flo", "sol")

    assert [place(group, id) for id in ("ada", "ben", "pia", "eve", "flo", "sol")] == [
        Place.INSIDE, Place.INSIDE, Place.DOOR, Place.DOOR, Place.DOOR, Place.DOOR,
    ]  # fmt: skip


def test_whoever_waits_at_the_door_neither_hears_nor_is_heard():
    group = waiting("pia", "eve")
    group.do("ada", c.OpenSession())

    assert {r.sender for r in group.plan.routes} | group.receivers() == {"ada", "ben"}


def test_a_leader_admits_one_person_and_then_everyone():
    group = waiting("pia", "max", "eve")
    group.do("ben", c.Admit("max"))
    assert [place(group, id) for id in ("max", "pia")] == [Place.INSIDE, Place.DOOR]

    group.do("ada", c.AdmitEveryone())

    assert {p.id for p in group.session.inside()} == {"ada", "ben", "pia", "max", "eve"}


def test_somebody_turned_away_may_knock_again():
    group = waiting("pia")
    group.do("ada", c.TurnAway("pia"))
    assert place(group, "pia") is Place.INVITED

    group.do("pia", c.Knock("Pia"))

    assert place(group, "pia") is Place.DOOR


@pytest.mark.parametrize("command", [c.Admit, c.TurnAway])
@pytest.mark.parametrize("person", ["max", "ben", "nobody"])
def test_only_whoever_waits_at_the_door_is_admitted_or_turned_away(command, person):
    assert waiting("pia").refused("ada", command(person)) == "nobody_there"


def test_nobody_new_comes_into_a_locked_room_unless_a_leader_lets_them_in():
    group = waiting()
    group.do("ada", c.Lock())

    group.do("max", c.Knock("Max", agreed=True))

    assert place(group, "max") is Place.DOOR
    assert "max" not in group.receivers()
    group.do("ben", c.Admit("max"))
    assert place(group, "max") is Place.INSIDE
    assert group.session.locked


def test_skipping_the_account_locks_the_door_all_the_same():
    group = evening("fantasies")
    assert group.session.locked
    group.do("ada", c.Unlock())
    group.do("ada", c.NextPhase())
    assert not group.session.locked

    group.go_to("account")

    assert group.session.locked


def test_whoever_knocked_before_the_door_was_locked_is_still_admitted():
    group = waiting("max")
    group.do("ada", c.Lock())
    group.do("ada", c.Admit("max"))

    assert place(group, "max") is Place.INSIDE


@pytest.mark.parametrize("id", ["pia", "max", "eve", "flo", "sol", "ada", "ben"])
def test_a_lost_line_is_never_a_late_arrival(id):
    group = evening("fantasies")
    before = group.session
    group.lose(id)
    assert id not in group.receivers() | group.senders(Kind.AUDIO) | group.senders(Kind.VIDEO)

    group.reconnect(id)

    assert before.locked
    assert group.session == before


def test_a_leader_comes_straight_into_a_locked_room():
    group = evening("fantasies")
    group.do("ben", c.Leave())
    group.do("ben", c.Knock("Ben"))

    assert place(group, "ben") is Place.INSIDE


def test_somebody_removed_stays_removed():
    group = evening("account")
    group.do("ada", c.Unlock())
    group.do("ada", c.Remove("max"))

    assert group.refused("max", c.Knock("Max")) == "removed"
    assert group.refused("ada", c.Admit("max")) == "nobody_there"
    assert group.refused("ada", c.Remove("max")) == "nobody_there"
    assert "max" not in group.receivers() | group.senders(Kind.AUDIO)
    group.do("max", c.Leave())
    assert place(group, "max") is Place.REMOVED


def test_whoever_leaves_after_the_end_just_goes():
    group = evening("account")
    group.do("ada", c.EndSession())
    ended = group.session

    group.do("max", c.Leave())

    assert group.session == ended


def test_somebody_at_the_door_can_be_removed():
    group = waiting("max")
    group.do("ada", c.Remove("max"))

    assert place(group, "max") is Place.REMOVED


def test_leaders_do_not_remove_one_another():
    group = evening()

    assert group.refused("ada", c.Remove("ben")) == group.refused("ben", c.Remove("ben")) == "leaders_stay"


def test_whoever_leaves_is_gone_from_the_media_and_keeps_the_seat():
    group = evening()
    seats = {p.id: p.seat for p in group.session.people}
    group.do("max", c.Leave())
    assert "max" not in group.receivers() | group.senders(Kind.AUDIO)

    group.do("max", c.Knock("Max"))
    group.do("ada", c.Admit("max"))

    assert {p.id: p.seat for p in group.session.people} == seats


def test_leaving_twice_is_leaving():
    group = evening()
    group.do("max", c.Leave())
    version = group.session.version
    group.do("max", c.Leave())

    assert group.session.version == version


# Names

KEPT = {
    "Ada Lovelace": "Ada Lovelace",
    "  Ada \t Lovelace\n": "Ada Lovelace",
    "<b>Ada</b> & \"Co\"": "<b>Ada</b> & \"Co\"",
    "Zoe\u0308": "Zo\u00eb",
    "محمد": "محمد",
    "李 华": "李 华",
    "Anna 🙂": "Anna 🙂",
    "x" * NAME_LIMIT: "x" * NAME_LIMIT,
}  # fmt: skip

REFUSED = {
    "empty": "",
    "spaces": " \t\n",
    "too long": "x" * (NAME_LIMIT + 1),
    "ten thousand characters": "x" * 10_000,
    "ten thousand spaces and a letter": " " * 10_000 + "x",
    "right-to-left override": "Ada\u202eneB",
    "isolate": "Ada\u2066",
    "right-to-left mark": "Ada\u200f",
    "zero width space": "A\u200bda",
    "byte order mark": "\ufeffAda",
    "bell": "Ada\x07",
    "nothing": "Ada\x00",
    "half a surrogate": "Ada\ud800",
    "private use": "Ada\ue000",
    "tag characters": "Ada\U000e0041",
    "nothing but a filler": "\u3164",
    "a filler": "Ada\u3164",
    "blank braille": "\u2800\u2800",
    "nothing but an accent": "\u0301",
    "nothing but dashes": "--",
}


@pytest.mark.parametrize(("text", "shown"), KEPT.items(), ids=KEPT.values())
def test_a_name_is_shown_as_it_is_written(text, shown):
    group = waiting()
    group.do("max", c.Knock(text, agreed=True))

    assert group.session.person("max").name == shown == clean_name(shown)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_name_that_cannot_be_shown_is_refused_and_changes_nothing(text):
    group = waiting()

    assert group.refused("max", c.Knock(text)) == "bad_name"
    assert group.refused("ada", c.Knock(text)) == "bad_name"


def test_a_new_name_is_taken_along_when_somebody_reconnects():
    group = evening("fantasies")
    group.do("max", c.Knock("Maximilian"))

    assert group.session.person("max").name == "Maximilian"
    assert place(group, "max") is Place.INSIDE


# Seats


def test_a_co_leader_sits_opposite_the_leader():
    people, seats = seated([(f"P{n}", Role.MEMBER) for n in range(6)] + [("A", Role.LEADER), ("B", Role.CO_LEADER)],
                           [f"p{n}" for n in range(8)])  # fmt: skip
    of = {person.name: person.seat for person in people}

    assert (of["A"], of["B"], seats) == (0, 4, 10)


def test_people_outside_sit_behind_everyone_in_the_circle():
    session = invited()

    assert [p.id for p in session.people] == ["ada", "pia", "ben", "max", "eve", "rio", "flo", "sol"]
    assert [p.seat for p in session.people] == [0, 1, 2, 3, 6, 7, 8, 9]


@pytest.mark.parametrize(
    "roles",
    [[], [Role.MEMBER], [Role.LEADER] + [Role.MEMBER] * 16, [Role.LEADER] + [Role.RING] * 150],
    ids=["nobody", "no leader", "circle too big", "room too big"],
)
def test_a_group_that_cannot_sit_is_refused(roles):
    with pytest.raises(ValueError, match=r"a session|the circle"):
        seated([("Somebody", role) for role in roles], [f"p{n}" for n in range(len(roles))])
