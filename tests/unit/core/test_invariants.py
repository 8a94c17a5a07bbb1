"""What is looked at while the server runs: each check is silent where all is well, and speaks where it is not."""

from dataclasses import replace

import pytest
from tests.support.group import Evening, evening

from ascona.core import invariants
from ascona.core.invariants import Invariant, Seat, Violation, Wiring
from ascona.core.media_plan import Kind, Route
from ascona.core.people import Place
from ascona.core.sound_line import sound_line

HERE = ("ada", "ben", "pia", "max", "flo")


@pytest.fixture
def fantasies() -> Evening:
    """Pia sits back; Flo observes."""
    opened = evening()
    opened.arrive(*HERE)
    opened.go_to("fantasies")
    return opened


def wired(opened: Evening, slots: int = 20) -> Wiring:
    """What a media plane does that follows the plan, for everybody who is here."""
    lines = dict.fromkeys(opened.session.present, slots)
    ways = {(route, opened.plan.slots[route.sender]) for route in opened.plan.routes}
    return Wiring(lines, frozenset(way for way in ways if way[1] < slots))


def test_a_room_that_follows_its_plan_is_well(fantasies):
    assert fantasies.plan.routes
    assert invariants.forwarding(fantasies.plan, wired(fantasies)) == []
    assert invariants.receivers(fantasies.session, fantasies.session.present, wired(fantasies)) == []


def test_a_line_of_a_person_who_has_not_agreed_is_found(fantasies):
    people = tuple(replace(person, agreed=person.id != "max") for person in fantasies.session.people)
    session = replace(fantasies.session, people=people)

    [found] = invariants.receivers(session, session.present, Wiring({"ada": 20, "max": 20}))

    assert found == Violation(Invariant.RECEIVERS, frozenset({"max"}))


def test_nobody_misses_what_a_line_that_is_down_or_short_cannot_bring(fantasies):
    short = wired(fantasies, slots=1)
    gone = Wiring({"ada": 20}, frozenset())

    assert invariants.forwarding(fantasies.plan, short) == []
    assert invariants.forwarding(fantasies.plan, gone) == []


@pytest.mark.parametrize("kind", Kind)
def test_a_presenter_who_sits_back_and_is_forwarded_is_found(fantasies, kind):
    leak = Route("pia", "max", kind)
    now = wired(fantasies)

    [found] = invariants.forwarding(fantasies.plan, replace(now, open=now.open | {(leak, 2)}))

    assert (found.invariant, found.people) == (Invariant.FORWARDING, {"max"})


def test_a_voice_in_another_persons_chair_is_found(fantasies):
    now = wired(fantasies)
    way = next(iter(now.open))
    elsewhere = now.open - {way} | {(way[0], way[1] + 1)}

    assert invariants.forwarding(fantasies.plan, replace(now, open=elsewhere))


def test_a_gate_that_should_be_open_and_is_not_is_found(fantasies):
    now = wired(fantasies)
    way = next(iter(now.open))

    assert invariants.forwarding(fantasies.plan, replace(now, open=now.open - {way}))


def test_whoever_receives_and_is_on_nobodys_screen_is_found(fantasies):
    shown = fantasies.session.present - {"flo"}

    [found] = invariants.receivers(fantasies.session, shown, wired(fantasies))

    assert (found.invariant, found.people) == (Invariant.RECEIVERS, {"flo"})


def test_a_receiver_nobody_knows_is_found(fantasies):
    now = wired(fantasies)
    stray = (Route("ada", "", Kind.AUDIO), -1)

    [found] = invariants.receivers(fantasies.session, fantasies.session.present, replace(now, open=now.open | {stray}))

    assert found.people == frozenset()


def test_a_line_of_somebody_who_is_not_inside_is_found_though_nothing_goes_there(fantasies):
    session = fantasies.session.placed("max", Place.REMOVED)

    [found] = invariants.receivers(session, session.present, Wiring({"max": 20}))

    assert found.people == {"max"}


def test_who_is_here_twice_is_found(fantasies):
    session, [ada, ben] = fantasies.session, [Seat("ada", ""), Seat("ben", "")]
    assert invariants.places(session, [ada, ben]) == []

    [found] = invariants.places(session, [ada, ben, ada])

    assert (found.invariant, found.people) == (Invariant.PLACES, {"ada"})


def test_a_place_or_a_telephone_of_a_browser_that_was_not_let_in_is_found(fantasies):
    for line in ("max", sound_line("max")):
        [found] = invariants.places(fantasies.session, [Seat(line, "thief")])

        assert (found.invariant, found.people) == (Invariant.PLACES, {line})


@pytest.mark.parametrize(("known", "recorded", "well"), [(7, 7, True), (8, 7, False), (7, 8, False)])
def test_a_room_knows_what_is_recorded_and_nothing_else(known, recorded, well):
    assert (invariants.version(known, recorded) == []) is well
