"""Names that people choose and others decide by: nobody is shown as somebody else."""

import unicodedata

import pytest
from tests.support.group import Evening, evening, invited

from ascona.core import commands as c
from ascona.core.confusables import PROTOTYPES, UNICODE_VERSION
from ascona.core.likeness import alike, first_alike
from ascona.core.people import RENAMES_LIMIT, Role, seated

LIKE_ADA = ["Ada", "ADA", "ada", "Аda", "Аdа", "𝐀𝐝𝐚", "Ａｄａ", "Adà", "A d a", "Ada.", "-Ada-", "Ad\u0430"]
ALIKE = [
    ("Ida", "lda"),
    ("Bo", "Во"),
    ("Zoë", "Zoe"),
    ("Ann-Marie", "Annmarie"),
    ("Anna 0", "Anna O"),
    ("Сергей", "Cepгeй"),
]
DIFFERENT = [
    ("Ada", "Ada B"), ("Ada", "Ada 2"), ("Anna", "Anne"), ("Mia", "Mina"), ("राम", "रामी"), ("محمد", "محمود"),
    ("山田", "山本"),
    ("Max", "Maxine"),
]  # fmt: skip


def at_the_door(person: str = "max") -> Evening:
    group = evening()
    group.do(person, c.Leave())
    group.do(person, c.Knock(person.title()))
    return group


@pytest.mark.parametrize("name", LIKE_ADA)
def test_nobody_comes_under_a_name_that_looks_like_somebody_elses(name):
    group = at_the_door()

    assert group.refused("max", c.Knock(name)) == "name_taken"
    assert group.refused("ada", c.Knock("Ada")) is None  # her own


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_can_be_taken_for_one_another(one, other):
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_names_that_only_begin_alike(one, other):
    assert not alike(one, other)


def test_whoever_is_expected_keeps_the_name_they_were_invited_under():
    group = Evening(invited({"ada": Role.LEADER, "max": Role.MEMBER, "zoe": Role.MEMBER}))
    group.do("ada", c.Knock("Adele", agreed=True))

    assert group.refused("max", c.Knock("Zoe", agreed=True)) == "name_taken"  # she has not come yet
    assert group.refused("max", c.Knock("Ada", agreed=True)) == "name_taken"  # she comes under another name
    assert group.refused("max", c.Knock("Adele", agreed=True)) == "name_taken"
    group.do("ada", c.Knock("Ada"))
    assert group.refused("max", c.Knock("Adele", agreed=True)) is None


def test_a_name_is_changed_so_often_and_no_more():
    group = at_the_door()
    for number in range(RENAMES_LIMIT):
        group.do("max", c.Knock(f"Max {number}"))

    assert group.refused("max", c.Knock("Max")) == "name_settled"
    assert group.refused("max", c.Knock(f"Max {RENAMES_LIMIT - 1}")) is None  # every reconnect knocks


def test_the_name_on_the_link_is_known_for_as_long_as_another_one_is_shown():
    group = at_the_door()

    group.do("max", c.Knock("Maximilian"))
    assert group.session.person("max").names == ("Maximilian", "Max")
    group.do("max", c.Knock("Maxi"))
    assert group.session.person("max").names == ("Maxi", "Max")
    group.do("max", c.Knock("Max"))
    assert group.session.person("max").names == ("Max",)


def test_two_people_whose_names_are_alike_are_not_planned():
    with pytest.raises(ValueError, match="“Anna” and “anna” are too much alike"):
        seated([("Ada", Role.LEADER), ("Anna", Role.MEMBER), ("anna", Role.RING)], ["a", "b", "c"])
    assert first_alike(["Ada", "Ben", "Cy"]) is None


def test_the_table_of_what_looks_alike_is_unicodes():
    assert UNICODE_VERSION == "17.0.0"
    assert len(PROTOTYPES) > 6000
    assert {PROTOTYPES[ord(one)] for one in "а𝐚ａɑα"} == {"a"}
    assert all(unicodedata.category(one)[0] in "LNM" or PROTOTYPES[ord(one)] for one in map(chr, PROTOTYPES))
