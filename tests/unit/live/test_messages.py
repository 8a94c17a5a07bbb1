"""Messages as they come in, and the room as each person may see it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.group import NOON, Evening, evening
from tests.support.group import invited as planned

from ascona.core import commands as c
from ascona.core.people import Browser
from ascona.live.messages import BadMessage, read_order
from ascona.live.rate_limit import TokenBucket
from ascona.live.snapshot import View, snapshot
from ascona.live.stance import finds_door_closed

GOOD = {"do": "Extend", "version": 3, "key": "0123456789", "minutes": 2}


def seen_by(id: str, group: Evening, devices: dict[str, tuple[bool, bool]] | None = None) -> dict[str, object]:
    person = group.session.person(id)
    assert person
    return snapshot(View.of(group.session, "Tuesday", devices or {}, NOON), person)


def test_a_command_is_read_as_it_was_meant():
    order = read_order(GOOD)
    assert (order.seen, read_order(GOOD | {"seen": 2}).seen) == (None, 2)

    assert order.command == c.Extend(2)
    assert (order.version, order.key) == (3, "0123456789")


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "NextPhase",
        {},
        GOOD | {"do": "Dance"},
        GOOD | {"do": ["Extend"]},
        GOOD | {"do": "TimeIsUp", "deadline": "2026-11-22T12:00:00Z"},
        GOOD | {"version": -1},
        GOOD | {"version": True},
        GOOD | {"version": "3"},
        GOOD | {"seen": -1},
        GOOD | {"seen": True},
        GOOD | {"seen": "3"},
        GOOD | {"key": ""},
        GOOD | {"key": "x" * 65},
        GOOD | {"key": 7},
        GOOD | {"minutes": "many"},
        GOOD | {"minutes": None},
        GOOD | {"by": "ada"},
        GOOD | {"room": "another"},
        {"do": "Admit", "version": 3, "key": "0123456789"},
        {"do": "Knock", "version": 3, "key": "0123456789", "name": 7},
        {"do": "Knock", "version": 3, "key": "0123456789", "name": "Ada", "camera": "yes"},
        {"do": "Knock", "version": 3, "key": "0123456789", "name": "Ada", "agreed": "yes"},
        {"do": "Knock", "version": 3, "key": "0123456789", "name": "Ada", "agreed": 1},
        {"do": "Knock", "version": 3, "key": "0123456789", "agreed": True},
    ],
)
def test_what_no_page_of_ours_sends_is_no_command(message):
    with pytest.raises(BadMessage):
        read_order(message)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.sampled_from(["do", "version", "key", "person", "minutes", "step", "name"]), json) | json)
def test_whatever_comes_in_is_a_command_or_a_bad_message(message):
    with suppress(BadMessage):
        read_order(message)


def test_only_leaders_are_told_who_waits_and_what_time_is_left():
    group = evening()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Max"))

    max_waits = {"person": "max", "name": "Max", "standing": "member", "was_here": False, "again": False}
    max_waits |= {"invited": None, "browser": "", "device": None}
    max_waits["since"] = group.session.version
    assert seen_by("ada", group)["door"] == [max_waits]
    assert seen_by("pia", group)["door"] == []
    assert seen_by("ben", group)["clock"]
    assert seen_by("pia", group)["clock"] is None
    group.do("ada", c.ShowClock(True))
    assert seen_by("pia", group)["clock"]


def test_whoever_is_not_inside_sees_no_chairs():
    group = evening()
    group.do("max", c.Leave())

    room = seen_by("max", group)

    assert room["people"] == []
    assert room["me"]["stance"] == "left"
    assert room["me"]["may"] == []


def test_nobody_hidden_everyone_inside_is_shown_to_everyone():
    group = evening("fantasies")
    everyone = {person.id for person in group.session.inside()}

    for person in everyone:
        assert {chair["person"] for chair in seen_by(person, group)["people"]} == everyone
        assert group.receivers() <= everyone


def test_what_the_page_offers_is_what_the_rules_would_allow():
    group = evening("fantasies")

    assert "NextPhase" in seen_by("ada", group)["me"]["may"]
    assert "NextPhase" not in seen_by("max", group)["me"]["may"]
    assert {"ComeBack", "Signal"} <= set(seen_by("pia", group)["me"]["may"])


STANCES = [
    ("arrive", "ada", "leading"),
    ("arrive", "max", "talking"),
    ("arrive", "eve", "ring_listening"),
    ("arrive", "flo", "observing"),
    ("arrive", "sol", "supervising"),
    ("account", "pia", "presenting"),
    ("fantasies", "pia", "sitting_back"),
    ("ring", "eve", "has_word"),
    ("ring", "max", "listening"),
    ("reflection", "sol", "talking"),
    ("debrief", "max", "closed_out"),
    ("debrief", "ben", "leading"),
]


@pytest.mark.parametrize(("phase", "person", "stance"), STANCES)
def test_everyone_is_told_in_one_sentence_what_they_may_do(phase, person, stance):
    assert seen_by(person, evening(phase))["me"]["stance"] == stance


def test_a_bucket_gives_so_many_at_once_and_so_many_a_second():
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]

    assert bucket.take(10.5)
    assert not bucket.take(10.5)


def test_leaders_and_nobody_else_see_whose_link_it_is_where_another_name_is_shown():
    group = evening()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Maximilian"))
    assert [one["invited"] for one in seen_by("ada", group)["door"]] == ["Max"]

    group.do("ada", c.Admit("max"))

    def invited(viewer: str) -> list[str]:
        return [chair["invited"] for chair in seen_by(viewer, group)["people"] if chair["invited"]]

    assert (invited("ada"), invited("ben"), invited("pia"), invited("max")) == (["Max"], ["Max"], [], [])


def test_whoever_is_outside_reads_what_is_true_of_the_door():
    group = evening()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Max"))
    assert seen_by("max", group)["me"]["stance"] == "door"

    group.do("ada", c.Lock())
    assert seen_by("max", group)["me"]["stance"] == "closed_door"
    group.lose("ada")
    group.lose("ben")
    assert seen_by("max", group)["me"]["stance"] == "door_unseen"  # leaders do not know of it
    group.reconnect("ben")
    group.do("ben", c.TurnAway("max"))
    assert seen_by("max", group)["me"]["stance"] == "turned_away"


def test_who_has_to_knock_reads_before_anything_else_that_the_door_is_closed():
    group = Evening(planned())
    group.arrive("ada")
    assert finds_closed(group) == set()

    group.do("ada", c.Lock())
    assert finds_closed(group) == {"pia", "max", "eve", "rio", "flo", "sol"}, "leaders come in"
    group.arrive("max")
    assert finds_closed(group) == {"pia", "eve", "rio", "flo", "sol"}
    group.do("max", c.Leave())
    assert "max" in finds_closed(group)
    group.do("ada", c.Unlock())
    assert finds_closed(group) == set()


def finds_closed(group: Evening) -> set[str]:
    """Who would knock at a closed door, each with the browser that they came with or a first one."""
    people = group.session.people
    return {one.id for one in people if finds_door_closed(group.session, one, Browser(""), NOON)}


def test_whoever_was_here_is_expected_however_closed_the_door_is():
    group = evening("account")
    group.lose("max")
    group.wait(11 * 60)
    group.reconnect("max")

    assert (group.session.locked, seen_by("max", group)["me"]["stance"]) == (True, "door")
