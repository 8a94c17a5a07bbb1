"""A server that starts beside workers that forward: who is there, as far as any screen shows."""

from dataclasses import replace

from tests.support.group import Evening, evening, invited

from ascona.app import still_here
from ascona.core.invariants import Wiring
from ascona.core.media_plan import Kind, media_plan
from ascona.core.sound_line import apart

SLOTS = 12


def wired(session, *lines: str, without: str = "") -> Wiring:
    """These lines are up, and all of them but one receive."""
    plan = media_plan(session)
    ways = [route for route in plan.routes if {route.sender, route.receiver} <= set(lines)]
    return Wiring(
        dict.fromkeys(lines, SLOTS),
        frozenset((route, plan.slots[route.sender]) for route in ways if route.receiver != without),
    )


def test_whoever_still_receives_is_still_here():
    session = evening("fantasies").session

    assert still_here(session, wired(session, "ada", "pia", "max")) == {"ada", "pia", "max"}


def test_whoever_was_away_on_every_screen_is_not_let_in_by_a_restart():
    session = evening("fantasies").session

    assert still_here(session, wired(session, "ada", "pia", "max", without="max")) == {"ada", "pia"}


def test_where_nobody_receives_anything_a_line_that_is_up_is_enough():
    lobby = Evening(invited())
    lobby.arrive("ada", "max")
    session = lobby.session
    assert media_plan(session).routes == frozenset()

    assert still_here(session, wired(session, "ada", "max")) == {"ada", "max"}


def test_whoever_alone_is_heard_is_still_here_though_they_receive_nothing():
    session = evening("fantasies").session
    alone = replace(session, people=tuple(one for one in session.people if one.id in {"ada", "flo"}))
    assert {route.sender for route in media_plan(alone).routes} == {"ada"}

    assert still_here(alone, wired(alone, "ada", "flo")) == {"ada", "flo"}


def test_whoever_hears_by_telephone_is_still_here():
    session = evening("fantasies").session
    plan = apart(replace(media_plan(session)), {"max"})
    ways = [route for route in plan.routes if route.kind is Kind.AUDIO]
    wiring = Wiring(
        dict.fromkeys(["ada", "pia", "max", "max~sound"], SLOTS),
        frozenset((route, plan.slots[route.sender]) for route in ways if route.sender in {"ada", "max~sound"}),
    )

    assert "max" in still_here(session, wiring)


def test_a_line_of_nobody_inside_is_nobodys():
    session = evening("fantasies").session

    assert still_here(session, wired(session, "ada", "max", "stranger", "max~sound")) == {"ada", "max"}
