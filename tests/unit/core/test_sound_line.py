"""With a second device for somebody's sound the same people are heard and seen, over one line more."""

from hypothesis import given
from hypothesis import strategies as st
from tests.support.group import PEOPLE, evening

from ascona.core.invariants import Invariant, Wiring, forwarding, receivers
from ascona.core.media_plan import Kind, Route
from ascona.core.sound_line import apart, sound_line, whose

PHASES = ("arrive", "account", "questions", "fantasies", "re_entry", "debrief")
SOME = st.frozensets(st.sampled_from(sorted(PEOPLE)))


@given(st.sampled_from(PHASES), SOME)
def test_nobody_is_heard_or_seen_by_anybody_else_for_it(phase, people):
    plan = evening(phase).plan

    lines = apart(plan, people)

    assert {Route(whose(one.sender), whose(one.receiver), one.kind) for one in lines.routes} == plan.routes
    assert len(lines.routes) == len(plan.routes)
    assert all(lines.slots[one.sender] == plan.slots[whose(one.sender)] for one in lines.routes)


@given(st.sampled_from(PHASES), SOME)
def test_one_device_alone_has_the_sound_and_the_other_alone_the_pictures(phase, people):
    for route in apart(evening(phase).plan, people).routes:
        for line in (route.sender, route.receiver):
            assert (line != whose(line)) == (route.kind is Kind.AUDIO and whose(line) in people)


def test_a_presenter_who_sits_back_is_not_heard_over_their_telephone_either():
    group = evening("fantasies")
    assert group.session.sits_back("pia")

    lines = apart(group.plan, {"pia"})

    assert "pia" not in {whose(route.sender) for route in lines.routes}
    assert sound_line("pia") in {route.receiver for route in lines.routes}


def test_somebody_is_seen_to_listen_by_telephone():
    group = evening("questions")
    plan = apart(group.plan, {"max"})
    slots = group.session.seats + 2
    wiring = Wiring(
        dict.fromkeys((*PEOPLE, sound_line("max")), slots),
        frozenset((route, plan.slots[route.sender]) for route in plan.routes),
    )
    everybody = set(PEOPLE)

    assert forwarding(plan, wiring) == []
    assert receivers(group.session, everybody, wiring) == []
    [unseen] = receivers(group.session, everybody - {"max"}, wiring)
    assert (unseen.invariant, sound_line("max") in unseen.people) == (Invariant.RECEIVERS, True)
