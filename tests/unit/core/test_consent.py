"""Nothing is sent to people, or taken from them, before it is recorded that they have agreed."""

from dataclasses import replace

import pytest
from tests.support.group import PEOPLE, Evening, evening, invited

from ascona.core import commands as c
from ascona.core import events as e
from ascona.core.consent import came_before
from ascona.core.decide import decide
from ascona.core.media_plan import Kind, may_receive, may_send
from ascona.core.people import Browser

PHASES = [phase.id for phase in evening().session.programme.phases]


def first_knock(group: Evening, person: str, *, agreed: bool) -> tuple[e.Event, ...]:
    knock = c.Knock(person.title(), agreed=agreed)
    return decide(group.session, knock, person, group.now, group.session.version)


@pytest.mark.parametrize("person", PEOPLE)
def test_a_first_knock_without_agreement_is_refused(person):
    group = Evening(invited())

    assert group.refused(person, c.Knock(person.title())) == "not_agreed"
    assert group.refused(person, c.Knock(person.title(), sound=True)) == "not_agreed"


@pytest.mark.parametrize("person", PEOPLE)
def test_agreement_is_recorded_before_a_place_is(person):
    first, *_, last = first_knock(Evening(invited()), person, agreed=True)

    assert first == e.Agreed(person)
    assert isinstance(last, e.Knocked | e.Admitted)


def test_agreement_is_a_persons_and_no_other_device_of_theirs_is_hindered():
    group = evening()

    for browser in (Browser(), Browser("phone")):
        assert group.refused("max", c.Knock("Max", browser)) is None
        assert group.refused("max", c.Knock("Max", browser, sound=True)) is None
    assert not any(isinstance(event, e.Agreed) for event in first_knock(group, "max", agreed=True))


@pytest.mark.parametrize("ended_by", [c.Leave(), None])
def test_a_person_who_comes_again_need_not_agree_again(ended_by):
    group = evening()
    group.do("max", ended_by) if ended_by else group.lose("max")

    assert group.refused("max", c.Knock("Max")) is None


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("person", ["ada", "pia", "max", "eve"])
def test_a_person_inside_who_has_not_agreed_is_in_no_route(phase, person):
    group = evening(phase)
    people = tuple(replace(one, agreed=one.id != person) for one in group.session.people)
    group.session = replace(group.session, people=people, ring_open=True, word=("eve", None))
    unsure = group.session.person(person)

    assert not may_receive(group.session, unsure)
    assert not any(may_send(group.session, unsure, kind) for kind in Kind)
    assert not any(person in (route.sender, route.receiver) for route in group.plan.routes)


def test_in_a_journal_that_begins_with_an_agreement_each_person_has_their_own():
    assert came_before([e.Agreed("ada"), e.Admitted("ada"), e.Knocked("max"), e.Admitted("max")]) == frozenset()
    assert came_before([]) == frozenset()


def test_in_a_journal_that_begins_without_one_those_who_came_before_the_first_have_agreed():
    history = [e.Admitted("ada"), e.Named("max", "Max M."), e.Knocked("max"), e.Agreed("ben"), e.Admitted("ben")]

    assert came_before([*history, e.Knocked("eve")]) == {"ada", "max"}
