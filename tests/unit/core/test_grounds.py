"""Two presses are one: what a button stood for when it was pressed, against a table written by hand."""

from dataclasses import fields
from typing import get_args

import pytest
from tests.support.group import Evening, evening
from tests.unit.core.test_rights import EXAMPLES, SCENES, after

from ascona.core import commands as c
from ascona.core.decide import decide
from ascona.core.grounds import FIRM, Ground
from ascona.core.people import Place
from ascona.core.rights import RIGHTS, Refused

# What each command stands on. Those that are missing say or take only what is somebody's own, or what they name.
STANDS_ON = {
    c.Admit: "person door",
    c.TurnAway: "person door",
    c.Remove: "person",
    c.Lock: "lock",
    c.Unlock: "lock",
    c.OpenSession: "frame",
    c.NextPhase: "frame wait",
    c.PreviousPhase: "frame",
    c.GoToPhase: "frame",
    c.Extend: "frame",
    c.Hold: "frame",
    c.Resume: "frame",
    c.SetAtEnd: "frame",
    c.EndSession: "frame",
    c.GoOnWaiting: "frame wait",
    c.ChooseAnother: "frame wait",
    c.ChoosePresenter: "person case",
    c.AgreeToPresent: "case",
    c.DeclineToPresent: "case",
    c.SitBack: "back case",
    c.ComeBack: "back case",
    c.Protect: "protection",
    c.OpenRing: "ring",
    c.CloseRing: "ring",
    c.GiveWord: "person",
    c.MoveToRing: "person",
    c.InviteToCircle: "person",
    c.NameDeputy: "person deputy",
    c.ReleaseDeputy: "deputy",
    c.HoldFrame: "deputy",
    c.DeclineFrame: "deputy",
}
ON_NOTHING = {c.Knock, c.Leave, c.AdmitEveryone, c.ShowClock, c.Signal, c.AskDeputy, c.TakeWord, c.PassWord}
ON_NOTHING |= {c.AllowDevice, c.RefuseDevice}  # they name the browser that they are about

# Buttons that stand in one place, one after the other: a second press would undo the first, or do more.
PLACES = [
    ("arrive", "ada", c.NextPhase(), c.NextPhase()),
    ("choose", "ada", c.PreviousPhase(), c.PreviousPhase()),
    ("arrive", "ada", c.GoToPhase(3), c.NextPhase()),
    ("arrive", "ada", c.Extend(2), c.Extend(2)),
    ("arrive", "ada", c.Hold(), c.Resume()),
    ("arrive", "ada", c.Lock(), c.Unlock()),
    ("account", "ada", c.Protect(True), c.Protect(False)),
    ("account", "pia", c.SitBack(), c.ComeBack()),
    ("fantasies", "pia", c.ComeBack(), c.SitBack()),
    ("fantasies", "ada", c.ComeBack(), c.SitBack()),
    ("close", "ada", c.OpenRing(), c.CloseRing()),
    ("choose", "ada", c.ChoosePresenter("max"), c.ChoosePresenter("zoe")),
    ("arrive", "ada", c.NameDeputy("max"), c.NameDeputy("zoe")),
    ("arrive", "ada", c.NameDeputy("max"), c.ReleaseDeputy()),
    ("arrive", "ada", c.MoveToRing("max"), c.InviteToCircle("max")),
]


def press(group: Evening, by: str, command: c.ByPeople, read: int) -> Refused | None:
    """Pressed on a screen that shows the room as it is, by somebody who had read it as it was."""
    try:
        decide(group.session, command, by, group.now, group.session.version, read)
    except Refused as refusal:
        return refusal
    return None


def test_every_command_stands_on_what_the_table_says():
    assert {kind: " ".join(RIGHTS[kind].on) for kind in STANDS_ON} == STANDS_ON
    assert set(get_args(c.ByPeople)) == STANDS_ON.keys() | ON_NOTHING
    assert all(RIGHTS[kind].on == () for kind in ON_NOTHING)


def test_what_is_about_somebody_stands_on_who_that_is():
    about = {kind for kind in get_args(c.ByPeople) if "person" in {field.name for field in fields(kind)}}

    assert {kind for kind in STANDS_ON if Ground.PERSON in RIGHTS[kind].on} == about - {c.PassWord}


@pytest.mark.parametrize(("phase", "by", "first", "second"), PLACES)
def test_a_second_press_in_the_same_place_is_none_until_it_can_have_been_read(phase, by, first, second):
    group = after(phase)(by)
    read = group.session.version
    group.do(by, first)

    assert press(group, by, second, read).reason == "stale_version"
    read = group.session.version
    assert getattr(press(group, by, second, read), "reason", None) != "stale_version"


def test_two_leaders_with_one_thought_make_one_step_and_the_second_is_told_who_was_faster():
    group = evening("fantasies")
    read = group.session.version
    group.do("ben", c.NextPhase())

    refused = press(group, "ada", c.NextPhase(), read)

    assert (refused.reason, refused.by) == ("stale_version", "Ben")
    assert press(group, "ben", c.NextPhase(), read).by is None  # twice by himself is no race


def test_what_has_nothing_to_do_with_a_button_does_not_hold_it_up():
    group = evening("arrive")
    read = group.session.version
    for by, command in (("max", c.Leave()), ("max", c.Knock("Max")), ("ada", c.Lock()), ("ada", c.NameDeputy("pia"))):
        group.do(by, command)

    assert press(group, "ben", c.NextPhase(), read) is None


def test_nobody_takes_the_place_of_somebody_who_was_let_in_under_the_finger():
    group = evening()
    for id in ("pia", "max"):
        group.do(id, c.Leave())
        group.do(id, c.Knock(id.title()))
    read = group.session.version
    group.do("ada", c.Admit("pia"))

    assert press(group, "ada", c.Admit("max"), read).reason == "stale_version"  # Max's row has moved up
    assert press(group, "ada", c.TurnAway("max"), read).reason == "stale_version"
    assert press(group, "ada", c.Admit("max"), group.session.version) is None


def test_whoever_comes_moves_nobody_at_the_door():
    group = evening()
    for id in ("max", "pia"):
        group.do(id, c.Leave())
        group.do(id, c.Knock(id.title()))

    assert [person.id for person in group.session.waiting()] == ["max", "pia"]


def test_everyone_is_everyone_who_had_been_read():
    group = evening()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Max"))
    read = group.session.version
    group.do("pia", c.Leave())
    group.do("pia", c.Knock("Pia"))

    events = decide(group.session, c.AdmitEveryone(), "ada", group.now, group.session.version, read)

    assert [event.person for event in events] == ["max"]
    group.do("ada", c.Admit("max"))
    assert press(group, "ben", c.AdmitEveryone(), read).reason == "stale_version"  # Pia was not there then
    group.do("ada", c.AdmitEveryone())
    assert group.session.person("pia").place is Place.INSIDE  # a page that does not say what was read


def test_a_name_that_changes_between_look_and_press_is_asked_about_again():
    group = evening()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Max"))
    read = group.session.version
    group.do("max", c.Knock("Maximilian"))

    assert press(group, "ada", c.Admit("max"), read).reason == "stale_version"
    assert group.refused("ada", c.Admit("max"), version=read) == "stale_version"  # also where only a version is said
    assert group.refused("ada", c.Remove("max"), version=read) == "stale_version"
    assert press(group, "ada", c.Admit("max"), group.session.version) is None


def test_a_question_that_has_just_come_is_not_answered_by_a_key_that_was_meant_for_something_else():
    group = evening("choose")
    read = group.session.version
    group.do("ada", c.ChoosePresenter("max"))

    assert press(group, "max", c.AgreeToPresent(), read).reason == "stale_version"
    assert press(group, "max", c.AgreeToPresent(), group.session.version) is None


def test_without_a_word_on_what_was_read_only_phase_time_and_people_are_looked_at():
    for kind in STANDS_ON.keys() - {c.OpenSession}:  # before it the frame has never moved
        group = SCENES.get(kind, after("arrive"))("ada")

        refusal = group.refused("ada", EXAMPLES[kind], version=0)

        assert (refusal == "stale_version") == bool(FIRM.intersection(RIGHTS[kind].on)), kind.__name__


def test_nobody_has_read_what_is_not_there_yet():
    group = evening()

    assert group.refused("ada", c.NextPhase(), group.session.version + 1) == "stale_version"
