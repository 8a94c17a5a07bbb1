"""Other browsers of a person: what they may ask for, and what an answer is for."""

from dataclasses import replace

import pytest
from tests.support.group import Evening, evening, invited

from ascona.core import commands as c
from ascona.core.browsers import Asking, has_own_bell, is_another
from ascona.core.decide import decide
from ascona.core.people import Browser, Place
from ascona.core.rights import Refused

LAPTOP, PHONE, THIEF = Browser("laptop", "link"), Browser("phone", "link"), Browser("thief", "link")


def inside() -> Evening:
    """Max sits here with his laptop, and Ada with hers."""
    group = Evening(invited())
    group.session = replace(group.session, present=frozenset({"ada", "max"}))
    group.do("ada", c.Knock("Ada", Browser("desk", "hers"), agreed=True))
    group.do("max", c.Knock("Max", LAPTOP, agreed=True))
    group.do("ada", c.Admit("max"))
    return group


def asks(group: Evening, browser: Browser) -> int:
    """As a room does it; the version that had been read before."""
    read = group.session.version
    group.do("max", c.Knock("Max", browser))
    group.session = group.session.with_asking("max", Asking("max", browser, came=group.session.version))
    return read


@pytest.mark.parametrize(("by", "press"), [("max", c.AllowDevice("phone")), ("ada", c.Admit("max", "phone"))])
def test_a_press_that_was_meant_for_something_else_lets_no_browser_in(by, press):
    group = inside()
    read = asks(group, PHONE)

    def pressed(version: int, seen: int | None) -> str | None:
        try:
            decide(group.session, press, by, group.now, version, seen)
        except Refused as refusal:
            return refusal.reason
        return None

    now = group.session.version
    assert pressed(now, read) == "stale_version"
    assert pressed(read, None) == "stale_version"
    assert pressed(now, now) is None
    assert pressed(now, None) is None


def test_a_second_browser_that_asks_does_not_take_the_place_of_the_first():
    group = inside()
    asks(group, PHONE)

    assert group.refused("max", c.Knock("Max", THIEF)) == "another_waits"
    assert group.refused("max", c.Knock("Max", PHONE)) is None
    group.do("max", c.RefuseDevice("phone"))
    assert group.refused("max", c.Knock("Max", THIEF)) is None


def test_asking_once_more_is_no_other_question():
    group = inside()
    asks(group, PHONE)
    version = group.session.version

    group.do("max", c.Knock("Max", PHONE))

    assert group.session.version == version


def at_the_door() -> Evening:
    """Max waits there with his laptop."""
    group = Evening(invited())
    group.arrive("ada")
    group.session = replace(group.session, present=group.session.present | {"max"})
    group.do("max", c.Knock("Max", LAPTOP, agreed=True))
    return group


def test_at_the_door_another_browser_stands_behind_the_first_and_leaders_are_told_of_it_once():
    group = at_the_door()

    group.do("max", c.Knock("Another", THIEF))

    waits = group.session.person("max")
    assert (waits.name, waits.knocks, is_another(waits)) == ("Max", LAPTOP, True)
    version = group.session.version
    group.do("max", c.Knock("Max", PHONE))
    assert group.session.version == version


def test_at_the_door_another_browser_waits_in_place_of_one_whose_line_is_lost():
    group = at_the_door()
    group.session = replace(group.session, present=frozenset({"ada"}))

    group.do("max", c.Knock("Max", PHONE))

    assert group.session.person("max").knocks == PHONE


def test_a_browser_that_was_let_in_goes_before_one_at_the_door_that_never_was():
    group = inside()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Max", THIEF))

    group.do("max", c.Knock("Max", LAPTOP, agreed=True))

    assert group.session.person("max").knocks == LAPTOP


def test_only_browsers_that_were_let_in_or_came_first_have_a_bell_of_their_own():
    waits = at_the_door().session.person("max")
    assert [has_own_bell(waits, one) for one in (LAPTOP, THIEF)] == [True, False]
    thief_was_first = replace(inside().session.person("max"), knocked_from=("thief", "laptop"))
    assert [has_own_bell(thief_was_first, one) for one in (LAPTOP, THIEF)] == [True, False]


def test_what_is_written_in_a_second_device_neither_renames_a_person_nor_keeps_it_out():
    group = inside()
    asks(group, PHONE)
    group.do("max", c.AllowDevice("phone"))

    group.do("max", c.Knock("Ada", PHONE))
    group.do("max", c.Knock("Maximilian", LAPTOP))

    assert group.session.person("max").name == "Max"


def test_a_question_to_one_person_is_over_when_the_session_is():
    group = evening("account")
    group.do("max", c.Knock("Max", PHONE))
    group.session = group.session.with_asking("max", Asking("max", PHONE))
    group.do("ada", c.EndSession())

    assert group.session.asking == ()
    assert group.session.person("max").place is Place.INSIDE
