"""Presenting a case: asking, saying yes, sitting back, coming back, going."""

import pytest
from tests.support.group import PEOPLE, Evening, evening, invited, programme

from ascona.core import commands as c
from ascona.core.media_plan import Kind
from ascona.core.people import Role, Standing
from ascona.core.session import SitBackStyle


def choosing() -> Evening:
    """In the phase where a case is chosen, and nobody has one yet."""
    group = Evening(invited(PEOPLE | {"zoe": Role.MEMBER}))
    group.arrive(*(person.id for person in group.session.people))
    group.do("ada", c.OpenSession())
    group.do("ada", c.NextPhase())
    return group


def silent(group: Evening, id: str) -> bool:
    return not group.heard(id) | group.seen(id)


def test_nobody_presents_without_saying_yes():
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))
    assert group.session.presenter is None
    assert (group.session.asked, group.session.asked_by) == ("pia", "ada")
    assert group.refused("ada", c.NextPhase()) == "no_presenter"

    group.do("pia", c.AgreeToPresent())

    assert group.session.standing(group.session.person("pia")) is Standing.PRESENTER
    assert group.session.asked is None


def test_somebody_asked_may_decline_and_stays_a_member():
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia", c.DeclineToPresent())

    assert group.session.presenter is group.session.asked is None
    assert group.refused("pia", c.AgreeToPresent()) == group.refused("pia", c.DeclineToPresent()) == "not_now"


@pytest.mark.parametrize("person", ["max", "zoe"])
def test_only_whoever_is_asked_may_answer(person):
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))

    assert group.refused(person, c.AgreeToPresent()) == group.refused(person, c.DeclineToPresent()) == "not_now"


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ("max", None),
        ("ada", "not_in_circle"),
        ("ben", "not_in_circle"),
        ("eve", "not_in_circle"),
        ("flo", "not_in_circle"),
        ("sol", "not_in_circle"),
        ("nobody", "nobody_there"),
    ],
)
def test_only_members_of_the_circle_are_asked(person, reason):
    assert choosing().refused("ada", c.ChoosePresenter(person)) == reason


def test_somebody_whose_line_is_lost_or_who_has_gone_is_not_asked():
    group = choosing()
    group.lose("max")
    group.do("zoe", c.Leave())

    assert group.refused("ada", c.ChoosePresenter("max")) == "nobody_there"
    assert group.refused("ada", c.ChoosePresenter("zoe")) == "nobody_there"


def test_asking_somebody_else_takes_the_first_question_back():
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("ben", c.ChoosePresenter("max"))

    assert group.refused("pia", c.AgreeToPresent()) == "not_now"
    group.do("max", c.AgreeToPresent())
    assert group.session.presenter == "max"


def test_two_leaders_who_ask_the_same_person_ask_once():
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))
    version = group.session.version
    group.do("ben", c.ChoosePresenter("pia"))

    assert group.session.version == version
    assert group.session.asked_by == "ada"


def test_while_a_case_is_chosen_another_presenter_may_be_asked():
    group = choosing()
    for id in ("pia", "max"):
        group.do("ada", c.ChoosePresenter(id))
        group.do(id, c.AgreeToPresent())

    assert group.session.presenter == "max"
    assert group.refused("ada", c.ChoosePresenter("max")) == "not_now"


def test_nobody_takes_the_case_from_a_presenter_who_is_there():
    group = evening("account", people=PEOPLE | {"zoe": Role.MEMBER})

    assert group.refused("ada", c.ChoosePresenter("max")) == "not_now"


def test_a_question_of_before_ends_when_the_case_goes_on_with_its_presenter():
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia", c.AgreeToPresent())
    group.do("ada", c.ChoosePresenter("max"))
    group.do("ada", c.NextPhase())

    assert group.session.asked is None
    assert group.refused("max", c.AgreeToPresent()) == "not_now"
    assert group.session.presenter == "pia"


def test_a_question_outlives_a_phase_while_nobody_presents():
    group = Evening(invited())
    group.arrive("ada", "pia")
    group.do("ada", c.OpenSession())
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("ada", c.NextPhase())

    assert group.refused("pia", c.AgreeToPresent()) is None


def test_a_presenter_whose_line_comes_back_in_time_keeps_the_case():
    group = evening("account")
    group.lose("pia")
    group.do("ada", c.ChoosePresenter("max"))
    group.reconnect("pia")

    assert group.refused("max", c.AgreeToPresent()) == "not_now"
    assert group.session.presenter == "pia"


def test_when_the_presenters_line_stays_away_somebody_else_may_take_over():
    group = evening("fantasies")
    group.lose("pia")
    group.do("ada", c.ChoosePresenter("max"))
    group.do("max", c.AgreeToPresent())
    group.reconnect("pia")

    assert group.session.presenter == "max"
    assert silent(group, "max")
    assert not silent(group, "pia")


@pytest.mark.parametrize("going", ["leaves", "is removed"])
@pytest.mark.parametrize("phase", ["account", "fantasies"])
def test_with_the_presenter_the_case_ends_and_nobody_sits_back(phase, going):
    group = evening(phase)
    if going == "leaves":
        group.do("pia", c.Leave())
    else:
        group.do("ada", c.Remove("pia"))

    assert group.session.presenter is None
    assert not group.session.back
    assert silent(group, "pia")
    group.go_to("answer")
    assert not group.session.back
    assert group.senders(Kind.AUDIO) == {"ada", "ben", "max"}


def test_the_members_are_heard_again_when_a_protected_presenter_leaves():
    group = evening("account")
    group.do("ada", c.Protect(True))
    group.do("pia", c.Leave())

    assert "max" in group.senders(Kind.AUDIO)
    assert not group.session.protected


@pytest.mark.parametrize("leaving", [c.Leave(), c.Remove("pia"), c.MoveToRing("pia")])
def test_a_question_goes_with_whoever_was_asked(leaving):
    group = choosing()
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia" if isinstance(leaving, c.Leave) else "ada", leaving)

    assert group.session.asked is None


def test_a_presenter_sits_back_comes_back_and_sits_back_again():
    group = evening("fantasies")
    assert silent(group, "pia")
    group.do("pia", c.ComeBack())
    assert not silent(group, "pia")
    group.do("ben", c.SitBack())
    assert silent(group, "pia")
    group.do("ada", c.ComeBack())

    assert not silent(group, "pia")


def test_a_statement_between_two_rounds_ends_with_the_next_of_them():
    group = evening("fantasies")
    group.do("pia", c.ComeBack())
    group.do("ada", c.NextPhase())

    assert group.session.back
    assert silent(group, "pia")


def test_a_presenter_may_sit_back_early_and_is_back_with_the_next_open_phase():
    group = evening("account")
    group.do("pia", c.SitBack())
    assert silent(group, "pia")

    group.do("ada", c.NextPhase())

    assert not silent(group, "pia")


def test_who_is_back_cannot_sit_back_and_who_is_here_cannot_come_back():
    group = evening("account")
    assert group.refused("pia", c.ComeBack()) == group.refused("pia", c.Signal()) == "not_now"
    group.go_to("fantasies")

    assert group.refused("pia", c.SitBack()) == "not_now"


def test_there_is_nobody_to_sit_back_without_a_presenter():
    group = evening("fantasies")
    group.do("pia", c.Leave())

    assert group.refused("ada", c.SitBack()) == group.refused("ada", c.Protect(True)) == "no_presenter"
    assert group.refused("ada", c.ComeBack()) == "not_now"


def test_where_presenters_stay_in_the_circle_nobody_sits_back():
    group = evening("fantasies", sit_back=SitBackStyle.OFF)

    assert not group.session.back
    assert group.refused("pia", c.SitBack()) == "not_now"


def test_a_signal_is_given_once_and_ends_with_coming_back():
    group = evening("fantasies")
    group.do("pia", c.Signal())
    version = group.session.version
    group.do("pia", c.Signal())
    assert group.session.signals
    assert group.session.version == version

    group.do("ada", c.ComeBack())

    assert not group.session.signals


@pytest.mark.parametrize("style", SitBackStyle)
def test_a_lost_line_does_not_bring_the_presenter_back(style):
    group = evening("fantasies", sit_back=style)
    before = group.plan
    group.lose("pia")
    group.reconnect("pia")

    assert group.plan == before


def test_protecting_belongs_to_phases_that_allow_it_and_ends_with_them():
    group = evening("account")
    group.do("ada", c.Protect(True))
    group.do("ada", c.NextPhase())

    assert not group.session.protected
    assert group.refused("ada", c.Protect(True)) == "not_now"


def test_a_presenter_released_for_a_second_case_is_a_member_again():
    group = evening("fantasies", evening=programme("two-cases-90"))
    group.do("ada", c.GoToPhase(6))

    assert group.session.phase_id == "choose"
    assert group.session.standing(group.session.person("pia")) is Standing.MEMBER
    assert not silent(group, "pia")


def test_nothing_is_left_open_after_the_end():
    group = evening("ring")
    group.do("pia", c.Signal())
    group.do("ada", c.EndSession())
    session = group.session

    assert (session.asked, session.back, session.signals, session.protected) == (None, False, False, False)
    assert (session.ring_open, session.ring_until, session.floor, session.ends_at) == (False, None, (), None)
    assert group.refused("ada", c.EndSession()) == "already_ended"
