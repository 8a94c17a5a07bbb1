"""Everything a leader does is named to the room, in one line that says who did it."""

import json
from typing import get_args

import pytest
from tests.support.group import Evening, evening
from tests.unit.core.test_rights import EXAMPLES, SCENES, after

from ascona import assets
from ascona.core import commands as c
from ascona.core.decide import decide
from ascona.core.evolve import evolve
from ascona.core.rights import LEADERS, RIGHTS
from ascona.live.notices import Notice, notices, presence_notices

TEXTS = json.loads((assets.web() / "i18n" / "en.json").read_text(encoding="utf-8"))["notices"]
BY_LEADERS = [kind for kind in get_args(c.ByPeople) if RIGHTS[kind].who >= LEADERS and len(RIGHTS[kind].who) < 7]


def said(group: Evening, by: str | None, command: c.Command) -> list[Notice]:
    before = group.session
    events = decide(before, command, by, group.now, before.version)
    for event in events:
        group.session = evolve(group.session, event, by)
    return notices(before, group.session, events, by)


@pytest.mark.parametrize("kind", BY_LEADERS, ids=lambda kind: kind.__name__)
def test_whatever_a_leader_does_everyone_is_told_once_and_by_whom(kind):
    group = SCENES.get(kind, after("arrive"))("ada")

    lines = [notice for notice in said(group, "ada", EXAMPLES[kind]) if notice.key != "ring_closes_soon"]

    assert [(line.by, line.leaders_only) for line in lines] == [("Ada", False)]
    assert "{by}" in TEXTS[lines[0].key], lines[0].key


def test_letting_everyone_in_is_one_line():
    group = evening()
    for id in ("pia", "max"):
        group.do(id, c.Leave())
        group.do(id, c.Knock(id.title()))

    assert said(group, "ben", c.AdmitEveryone()) == [Notice("admitted_some", "Ben", {"names": "Pia, Max"})]


def test_what_people_do_of_themselves_is_not_said_to_be_done_to_them():
    group = evening("account")

    assert said(group, "pia", c.SitBack())[0].key == "sat_back"
    assert said(group, "pia", c.ComeBack())[0].key == "came_back"


def test_whether_somebody_said_no_is_told_to_leaders_only():
    group = evening("choose")
    group.do("ada", c.ChoosePresenter("max"))

    assert said(group, "max", c.DeclineToPresent())[0].leaders_only


def test_when_a_leaders_line_is_lost_everyone_hears_who_leads():
    group = evening("questions")
    before = group.session
    group.lose("ada")

    assert presence_notices(before, group.session) == [Notice("leader_lost", None, {"name": "Ada", "leader": "Ben"})]
    before = group.session
    group.lose("ben")
    assert [notice.key for notice in presence_notices(before, group.session)] == ["line_lost", "no_leader"]


def test_a_deputy_is_thanked_when_a_leader_is_back():
    group = evening("questions")
    group.do("ada", c.NameDeputy("max"))
    group.lose("ada")
    group.lose("ben")
    group.wait(90)
    group.do("pia", c.AskDeputy())
    group.do("max", c.HoldFrame())
    before = group.session
    group.reconnect("ben")

    assert presence_notices(before, group.session)[-1] == Notice("leaders_again", None, {"name": "Max"})


def test_everyone_is_told_that_the_group_waits_for_its_presenter_and_when_the_wait_is_over():
    group = evening("account")
    group.lose("pia")
    group.wait(5)
    since = dict(group.session.lost)["pia"]

    assert said(group, None, c.PresenterIsMissing(since)) == [Notice("presenter_awaited", None, {"name": "Pia"})]
    group.wait(180)
    assert said(group, None, c.WaitIsOver(group.session.awaited_until))[0].key == "wait_ended"
    assert said(group, "ada", c.ChooseAnother()) == [Notice("choose_another", "Ada", {"name": "Pia"})]


def test_a_change_of_name_is_read_by_everybody_who_sees_the_chair():
    group = evening("account")

    assert said(group, "max", c.Knock("Maximilian")) == [Notice("named", None, {"was": "Max", "name": "Maximilian"})]


def test_a_change_of_name_at_the_door_is_read_by_leaders():
    group = evening()
    group.do("max", c.Leave())
    group.do("max", c.Knock("Max"))

    assert said(group, "max", c.Knock("Maximilian")) == [
        Notice("named_at_door", None, {"was": "Max", "name": "Maximilian"}, leaders_only=True)
    ]


def test_a_name_that_changes_while_a_chair_is_kept_is_read_by_everybody():
    group = evening("account")
    group.lose("max")
    group.wait(11 * 60)

    assert said(group, "max", c.Knock("Maximilian"))[0] == Notice("named", None, {"was": "Max", "name": "Maximilian"})


def test_leaders_and_nobody_else_read_who_comes_to_the_door_and_who_goes_from_there():
    group = evening()
    group.do("max", c.Leave())

    assert said(group, "max", c.Knock("Max")) == [Notice("knocked", None, {"name": "Max"}, leaders_only=True)]
    assert said(group, "max", c.Leave()) == [Notice("left_door", None, {"name": "Max"}, leaders_only=True)]
    group.do("ada", c.Lock())
    assert said(group, "max", c.Knock("Max")) == [Notice("knocked_closed", None, {"name": "Max"}, leaders_only=True)]
    group.do("ada", c.Admit("max"))
    assert said(group, "max", c.Leave()) == [Notice("left", "Max", {"name": "Max"})]


def test_everyone_reads_why_the_presenters_chair_moves_with_the_phase():
    group = evening("questions")

    [back] = said(group, "ada", c.NextPhase())
    assert back.line["also"] == [{"key": "sat_back", "values": {"name": "Pia"}}]
    group.go_to("answer")
    [again] = said(group, "ada", c.NextPhase())

    assert again.line["also"] == [{"key": "came_back", "values": {"name": "Pia"}}]


def test_everyone_reads_that_the_door_is_closed_with_the_account():
    group = evening("choose")

    [line] = said(group, "ada", c.NextPhase())

    assert line.line["also"] == [{"key": "locked_too", "values": {}}]
