"""Programmes as text: what is read, and what is said about what cannot be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascona import assets
from ascona.core.programme import (
    PHASE_IDS,
    PHASE_LIMIT,
    PROGRAMME_BYTES_LIMIT,
    AtEnd,
    Group,
    Phase,
    ProgrammeError,
    read_programme,
)

GOOD = 'name = "ours"\n\n[[phase]]\nid = "arrive"\n'

# What is wrong, the text, the line that is named, a piece of the reason.
BAD = {
    "nothing": ("", 1, "“name” is missing"),
    "no name": ('[[phase]]\nid = "arrive"\n', 1, "“name” is missing"),
    "a name with capitals": ('# ours\nname = "Ours"\n', 2, "small letters"),
    "a name with a path": ('name = "../etc"\n', 1, "small letters"),
    "an empty name": ('name = ""\n', 1, "small letters"),
    "a name with a line break": ('name = "ours\\n"\n', 1, "small letters"),
    "a number for a name": ("\nname = 3\n", 2, "small letters"),
    "no phases": ('name = "ours"\n', 1, "no [[phase]]"),
    "an empty list of phases": ('name = "ours"\nphase = []\n', 1, "no [[phase]]"),
    "phases that are numbers": ('name = "ours"\nphase = [1, 2]\n', 1, "no [[phase]]"),
    "a single table": ('name = "ours"\n[phase]\nid = "arrive"\n', 1, "no [[phase]]"),
    "a stray word": (GOOD.replace("\n\n", "\ncolour = 3\n\n", 1), 2, "“colour” is not a word"),
    "a stray word in a phase": (GOOD + "colour = 3\n", 5, "a phase has no “colour”"),
    "a second phase's stray word": (GOOD + '[[phase]]\nid = "close"\ncolour = 3\n', 7, "a phase has no “colour”"),
    "no id": (GOOD + "[[phase]]\nminutes = 5\n", 5, "needs an “id”"),
    "an unknown id": (GOOD.replace("arrive", "dance"), 4, "“id” is none of arrive, "),
    "a list for an id": (GOOD.replace('"arrive"', "[]"), 4, "“id” is none of"),
    "no time": (GOOD + "minutes = 0\n", 5, "above 0"),
    "negative time": (GOOD + "minutes = -5\n", 5, "above 0"),
    "too much time": (GOOD + "minutes = 181\n", 5, "at most 180"),
    "time without end": (GOOD + "minutes = inf\n", 5, "at most 180"),
    "time that is no number": (GOOD + "minutes = nan\n", 5, "above 0"),
    "time in words": (GOOD + 'minutes = "five"\n', 5, "is a number"),
    "yes for a time": (GOOD + "minutes = true\n", 5, "is a number"),
    "an unknown group": (GOOD + 'heard = ["leaders", "audience"]\n', 5, "“heard” is a list of everyone"),
    "a word for a list": (GOOD + 'seen = "leaders"\n', 5, "“seen” is a list of"),
    "lists in a list": (GOOD + 'hears = [["leaders"]]\n', 5, "“hears” is a list of"),
    "everyone heard": (GOOD + 'heard = ["everyone"]\n', 5, "“heard” cannot be “everyone”"),
    "everyone seen": (GOOD + 'seen = ["everyone"]\n', 5, "“seen” cannot be “everyone”"),
    "an unknown end": (GOOD + 'minutes = 5\nat_end = "explode"\n', 6, "“announce” or “advance”"),
    "an advance without minutes": (GOOD + 'at_end = "advance"\n', 5, "cannot advance by itself"),
    "a word for yes": (GOOD + 'presenter_sits_back = "yes"\n', 5, "is true or false"),
    "a number for yes": (GOOD + "locks_door = 1\n", 5, "is true or false"),
    "not TOML": (GOOD + "minutes =\n", 5, "not TOML"),
    "a string without an end": (GOOD + 'x = "\n', 5, "not TOML"),
    "the same key twice": (GOOD + 'id = "close"\n', 5, "not TOML"),
    "prose": ("Dear group,\nplease come.", 1, "not TOML"),
    "a date that is none": (GOOD + "minutes = 2026-13-45\n", 5, "not TOML"),
    "a number with thousands of digits": (GOOD + f"minutes = {'1' * 5000}\n", 5, "thousands of digits"),
    "half a surrogate": ("name = '\ud800'\n", 1, "small letters"),
    "lists without end": ("name = " + "[" * 10_000, 1, "lists within lists"),
    "too big": ("#" * (PROGRAMME_BYTES_LIMIT + 1), 1, "bytes"),
    "too many phases": (
        'name = "ours"\n' + '[[phase]]\nid = "close"\n' * (PHASE_LIMIT + 1),
        2 * PHASE_LIMIT + 3,
        "at most 40 phases",
    ),
}


@pytest.mark.parametrize(("text", "line", "reason"), BAD.values(), ids=BAD)
def test_a_bad_programme_is_refused_with_its_line_and_reason(text, line, reason):
    with pytest.raises(ProgrammeError) as error:
        read_programme(text)

    assert (error.value.line, reason in error.value.reason) == (line, True), str(error.value)
    assert str(error.value) == f"line {line}: {error.value.reason}"


def test_a_separator_inside_a_comment_is_no_new_line():
    with pytest.raises(ProgrammeError) as error:
        read_programme("# one\u2028still one\n" + GOOD + "minutes = 0\n")

    assert error.value.line == 6


def test_the_least_programme_has_the_least_rights():
    programme = read_programme(GOOD)

    assert programme.phases == (Phase("arrive"),)
    assert programme.phases[0].heard == programme.phases[0].seen == {Group.LEADERS, Group.CIRCLE}
    assert programme.phases[0].at_end is AtEnd.ANNOUNCE
    assert programme.minutes == 0


def test_windows_line_ends_are_read():
    assert read_programme(GOOD.replace("\n", "\r\n")) == read_programme(GOOD)


def test_a_case_begins_where_one_is_chosen():
    programme = read_programme(assets.preset("two-cases-90"))
    cases = [programme.case_of(step) for step, _ in enumerate(programme.phases)]

    assert cases == sorted(cases)
    assert set(cases) == {1, 2}


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_whatever_is_written_there_is_a_programme_or_a_line_and_a_reason(text):
    read_or_refuse(text)


VALUES = st.recursive(
    st.sampled_from([*PHASE_IDS, *Group, *AtEnd, "x"]).map(lambda word: f'"{word}"')
    | st.sampled_from(["true", "1", "-1", "5.5", "nan", "inf", "1979-05-27", "07:32:00", "1e400", "{}", "{a = 1}"]),
    lambda values: st.lists(values, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
    max_leaves=4,
)
KEYS = st.sampled_from([*(f for f in Phase.__slots__), "name", "phase", "'id'", "id.x", "colour"])
LINES = st.sampled_from(["[[phase]]", "[[ phase ]] # one", "[phase]", GOOD]) | st.builds("{} = {}".format, KEYS, VALUES)


@settings(max_examples=300)
@given(st.lists(LINES, max_size=8))
def test_whatever_is_nearly_a_programme_is_one_or_has_a_line_and_a_reason(lines):
    read_or_refuse(GOOD + "\n".join(lines))


def read_or_refuse(text: str) -> None:
    refused = None
    try:
        assert read_programme(text).phases
    except ProgrammeError as error:
        refused = error
    assert refused is None or (1 <= refused.line <= text.count("\n") + 1 and refused.reason)
