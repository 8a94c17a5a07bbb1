"""Leaders and presenters who are missing: a deputy who was named may be asked, and the account waits."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.group import Evening, evening
from tests.support.invariants import assert_safe

from ascona.core import commands as c
from ascona.core.lines import DEPUTY_AFTER, next_look, noted
from ascona.core.programme import AtEnd
from ascona.core.rights import LEADERS, RIGHTS

ALONE = DEPUTY_AFTER.total_seconds()
WAITS = 180


def leaderless(phase: str = "questions", deputy: str = "max", seconds: float = ALONE) -> Evening:
    """Both leaders' lines have been lost for so long; a deputy was named before."""
    group = evening(phase)
    group.do("ada", c.NameDeputy(deputy))
    group.lose("ada")
    group.lose("ben")
    group.wait(seconds)
    return group


def held() -> Evening:
    group = leaderless()
    group.do("pia", c.AskDeputy())
    group.do("max", c.HoldFrame())
    return group


def test_the_co_leader_leads_on_without_being_asked():
    group = evening("questions")
    group.lose("ada")

    assert group.session.leader_present
    assert group.refused("ben", c.NextPhase()) is None


def test_without_leaders_the_phase_stays_and_the_clock_goes_on_also_where_phases_advance():
    group = evening("questions")
    group.do("ada", c.SetAtEnd(AtEnd.ADVANCE, whole_evening=True))
    ends_at = group.session.ends_at
    group.lose("ada")
    group.lose("ben")

    group.let_pass(20 * 60)

    assert (group.session.phase_id, group.session.ends_at) == ("questions", ends_at)
    assert group.session.time_announced


def test_the_deputy_is_asked_after_ninety_seconds_and_not_before():
    group = leaderless(seconds=ALONE - 1)
    assert group.refused("pia", c.AskDeputy()) == "not_now"
    assert next_look(group.session, group.now) == group.now + timedelta(seconds=1)
    group.wait(1)

    group.do("pia", c.AskDeputy())

    assert group.session.deputy_asked_by == "pia"
    assert group.refused("max", c.NextPhase()) == "leaders_only"


def test_the_deputy_who_says_yes_has_the_leaders_rights_over_phases_and_time_and_no_others():
    group = held()
    before = group.session.step
    group.do("max", c.NextPhase())

    assert group.session.step == before + 1
    every = {
        c.Extend: c.Extend(2), c.GoToPhase: c.GoToPhase(1), c.Admit: c.Admit("pia"), c.Remove: c.Remove("pia"),
        c.TurnAway: c.TurnAway("pia"), c.ChoosePresenter: c.ChoosePresenter("pia"), c.GiveWord: c.GiveWord("eve"),
        c.MoveToRing: c.MoveToRing("pia"), c.InviteToCircle: c.InviteToCircle("eve"), c.Protect: c.Protect(True),
        c.NameDeputy: c.NameDeputy("pia"), c.ShowClock: c.ShowClock(True),
        c.SetAtEnd: c.SetAtEnd(AtEnd.ADVANCE, whole_evening=False),
    }  # fmt: skip
    for kind in (kind for kind, right in RIGHTS.items() if right.who == LEADERS):
        refusal = group.refused("max", every.get(kind) or kind())
        assert (refusal == "leaders_only") is not RIGHTS[kind].deputy, kind
    assert {kind.__name__ for kind, right in RIGHTS.items() if right.deputy} == {
        "NextPhase", "PreviousPhase", "GoToPhase", "Extend", "Hold", "Resume", "GoOnWaiting",
    }  # fmt: skip


def test_a_leader_who_is_back_has_the_frame_at_once_and_the_clock_takes_note():
    group = held()
    group.reconnect("ben")
    assert group.refused("max", c.NextPhase()) == "leaders_only"

    assert group.let_pass(0) == [c.LeaderIsBack()]

    assert group.session.holder is None
    group.lose("ben")
    assert group.refused("max", c.NextPhase()) == "leaders_only"  # asked anew, or not at all


@pytest.mark.parametrize("id", ["max", "eve", "flo"])
def test_nobody_but_another_of_the_circle_asks_the_deputy(id):
    assert leaderless().refused(id, c.AskDeputy()) in {"not_now", "not_in_circle"}


@pytest.mark.parametrize("id", ["pia", "eve"])
def test_only_the_deputy_says_yes_and_only_when_asked(id):
    group = leaderless()
    assert group.refused("max", c.HoldFrame()) == "not_now"
    group.do("pia", c.AskDeputy())
    assert group.refused(id, c.HoldFrame()) in {"not_now", "not_in_circle"}

    group.do("max", c.DeclineFrame())

    assert group.session.holder is group.session.deputy_asked_by is None


def test_the_presenter_holds_no_frame():
    assert leaderless(deputy="pia").refused("max", c.AskDeputy()) == "not_now"


def test_a_holder_who_becomes_the_presenter_gives_the_frame_back():
    group = evening("choose")
    group.do("ada", c.NameDeputy("max"))
    group.do("ada", c.ChoosePresenter("max"))
    group.lose("ada")
    group.lose("ben")
    group.wait(ALONE)
    group.do("pia", c.AskDeputy())
    group.do("max", c.HoldFrame())
    assert group.session.holds_frame("max")

    group.do("max", c.AgreeToPresent())

    assert group.session.holder is None
    assert not group.session.holds_frame("max")


@pytest.mark.parametrize("how", [c.Leave(), None])
def test_a_deputy_who_goes_or_moves_is_deputy_no_more(how):
    group = evening("questions")
    group.do("ben", c.NameDeputy("max"))
    if how:
        group.do("max", how)
    else:
        group.do("ada", c.MoveToRing("max"))

    assert group.session.deputy is None


# The presenter in the account


def waiting(seconds: float = 5) -> Evening:
    group = evening("account")
    group.wait(60)
    group.lose("pia")
    group.let_pass(seconds)
    return group


def test_a_presenter_lost_in_the_account_is_waited_for_and_the_clock_stands_still_from_the_loss_on():
    group = evening("account")
    left = group.session.ends_at - group.now
    group.lose("pia")
    assert group.let_pass(4) == []

    group.let_pass(1)

    assert group.session.left == left
    assert group.session.awaited_until == group.now + timedelta(seconds=WAITS)


def test_a_presenter_who_is_back_goes_on_with_the_time_there_was():
    group = waiting(100)
    left = group.session.left
    group.reconnect("pia")
    group.let_pass(0)

    assert group.session.ends_at == group.now + left
    assert group.session.awaited_until is None


def test_after_three_minutes_the_leaders_choose_and_nothing_happens_by_itself():
    group = waiting(WAITS + 5)
    assert group.session.wait_is_over
    assert group.session.held
    step = group.session.step

    group.let_pass(3600)

    assert (group.session.step, group.session.presenter) == (step, "pia")


def test_leaders_go_on_waiting():
    group = waiting(WAITS + 5)
    group.do("ada", c.GoOnWaiting())
    assert not group.session.wait_is_over

    group.let_pass(WAITS)

    assert group.session.wait_is_over


def test_leaders_let_the_group_choose_another_presenter():
    group = waiting(WAITS + 5)
    assert group.refused("max", c.ChooseAnother()) == "leaders_only"

    group.do("ben", c.ChooseAnother())

    assert (group.session.phase_id, group.session.presenter) == ("choose", None)
    assert not group.session.held
    group.reconnect("pia")
    assert group.session.standing(group.session.person("pia")) == "member"


def test_leaders_go_on_to_the_next_phase_without_the_presenter_who_stays_presenter():
    group = waiting(WAITS + 5)
    group.do("ada", c.NextPhase())

    assert (group.session.phase_id, group.session.presenter) == ("questions", "pia")
    assert group.session.awaited_until is None
    assert group.let_pass(60) == []


def test_before_the_wait_is_over_nobody_chooses():
    group = waiting(100)

    assert group.refused("ada", c.ChooseAnother()) == group.refused("ada", c.GoOnWaiting()) == "not_now"


def test_leaders_who_let_the_time_run_are_not_made_to_wait_again():
    group = waiting(30)
    group.do("ada", c.Resume())

    assert group.let_pass(120) == []
    assert not group.session.held


def test_a_clock_that_leaders_stopped_stands_still_when_the_presenter_is_back():
    group = evening("account")
    group.do("ada", c.Hold())
    group.lose("pia")
    group.let_pass(30)
    assert group.session.awaited_until is not None

    group.reconnect("pia")
    group.let_pass(0)

    assert group.session.held
    assert group.session.awaited_until is None


def test_other_phases_wait_for_nobody():
    group = evening("questions")
    group.lose("pia")

    assert group.let_pass(60) == []


def test_a_presenter_who_waits_at_the_door_is_not_back_yet():
    group = waiting(WAITS + 600)
    group.reconnect("pia")
    assert group.let_pass(0) == []
    group.do("ada", c.Admit("pia"))

    assert group.let_pass(0) == [c.PresenterIsBack()]


def test_a_restart_forgets_no_wait_and_no_holder():
    group = held()
    restarted = noted(replace(group.session, present=frozenset({"max"}), lost=(), leaderless_since=None), group.now)

    assert restarted.holds_frame("max")
    assert_safe(restarted)
