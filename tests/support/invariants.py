"""What must hold in every state of every session, whatever led there."""

from ascona.core.media_plan import Kind, MediaPlan, carried, floor, may_send, media_plan
from ascona.core.people import CIRCLE, FLOOR_LIMIT, LEADERS, OUTSIDE, Place, Role
from ascona.core.session import Session, SitBackStyle


def assert_safe(session: Session) -> MediaPlan:
    """Nobody is heard, seen or listening who must not be; every seat and slot is one person's."""
    plan = media_plan(session)
    assert_only_people_here_take_part(session, plan)
    assert_the_presenter_is_left_alone(session, plan)
    assert_slots_are_one_persons(session, plan)
    assert_seats_are_one_persons(session)
    assert_leaders_are_among_themselves(session, plan)
    if session.phase is None:
        assert plan.routes == frozenset()
        assert not session.back or not session.ended
    return plan


def assert_only_people_here_take_part(session: Session, plan: MediaPlan) -> None:
    here = {p.id for p in session.people if p.place is Place.INSIDE and p.id in session.present}
    roster = {p.id for p in session.inside()}
    assert {r.sender for r in plan.routes} <= here
    assert {r.receiver for r in plan.routes} <= here <= roster
    assert all(r.sender != r.receiver for r in plan.routes)
    assert plan.version == session.version


def assert_the_presenter_is_left_alone(session: Session, plan: MediaPlan) -> None:
    if not session.back:
        return
    assert session.presenter is not None
    assert session.sit_back is not SitBackStyle.OFF
    kinds = {r.kind for r in plan.routes if r.sender == session.presenter}
    assert Kind.AUDIO not in kinds
    assert session.sit_back is not SitBackStyle.GONE or not kinds
    assert not may_send(session, session.person(session.presenter), Kind.AUDIO)


def assert_slots_are_one_persons(session: Session, plan: MediaPlan) -> None:
    assert len(set(plan.slots.values())) == len(plan.slots)
    assert all(0 <= slot < session.seats + FLOOR_LIMIT for slot in plan.slots.values())
    assert {r.sender for r in plan.routes} <= set(plan.slots) == set(carried(session))
    outside = {p.id for p in session.people if p.role in OUTSIDE}
    assert set(session.floor) <= outside & {p.id for p in session.inside()}
    assert len(set(session.floor)) == len(session.floor) <= FLOOR_LIMIT
    assert len({r.sender for r in plan.routes} & outside) <= FLOOR_LIMIT
    assert set(plan.slots) - outside == {p.id for p in session.inside() if p.role in CIRCLE}
    assert set(plan.slots) & outside <= set(floor(session))


def assert_seats_are_one_persons(session: Session) -> None:
    seats = [p.seat for p in session.people]
    assert seats == sorted(set(seats))
    assert all((p.seat < session.seats) == (p.role in CIRCLE) for p in session.people)
    presenter = session.person(session.presenter) if session.presenter else None
    assert presenter is None or (presenter.role is Role.MEMBER and presenter.place is Place.INSIDE)
    asked = session.person(session.asked) if session.asked else None
    assert asked is None or (asked.role is Role.MEMBER and asked.place is Place.INSIDE and asked != presenter)


def assert_leaders_are_among_themselves(session: Session, plan: MediaPlan) -> None:
    if session.phase_id != "debrief":
        return
    allowed = {p.id for p in session.people if p.role in LEADERS or p.role is Role.SUPERVISOR}
    assert {r.sender for r in plan.routes} | {r.receiver for r in plan.routes} <= allowed
