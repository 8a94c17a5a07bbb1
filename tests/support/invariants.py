"""What must hold in every state of every session, whatever led there."""

from ascona.core import commands as c
from ascona.core.media_plan import Kind, MediaPlan, carried, floor, may_send, media_plan
from ascona.core.people import CIRCLE, FLOOR_LIMIT, LEADERS, OUTSIDE, Place, Role
from ascona.core.rights import Refused, check
from ascona.core.session import Session, SitBackStyle


def assert_safe(session: Session) -> MediaPlan:
    """Nobody is heard, seen or listening who must not be; every seat and slot is one person's."""
    plan = media_plan(session)
    assert_only_people_here_take_part(session, plan)
    assert_the_presenter_is_left_alone(session, plan)
    assert_slots_are_one_persons(session, plan)
    assert_seats_are_one_persons(session)
    assert_leaders_are_among_themselves(session, plan)
    assert_a_deputy_only_holds_the_frame(session)
    if session.phase is None:
        assert plan.routes == frozenset()
        assert not session.back or not session.ended
    return plan


def assert_only_people_here_take_part(session: Session, plan: MediaPlan) -> None:
    here = {p.id for p in session.people if p.place is Place.INSIDE and p.id in session.present}
    roster = {p.id for p in session.inside()}
    assert all(p.agreed for p in session.people if p.place in {Place.DOOR, Place.INSIDE})
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
    assert not any(p.kept and p.place is not Place.DOOR for p in session.people)
    assert len(set(session.floor)) == len(session.floor) <= FLOOR_LIMIT
    assert len({r.sender for r in plan.routes} & outside) <= FLOOR_LIMIT
    assert set(plan.slots) - outside == {p.id for p in session.inside() if p.role in CIRCLE}
    assert set(plan.slots) & outside <= set(floor(session))


def assert_seats_are_one_persons(session: Session) -> None:
    seats = [p.seat for p in session.people]
    assert seats == sorted(set(seats))
    assert all((p.seat < session.seats) == (p.role in CIRCLE) for p in session.people)
    presenter = session.person(session.presenter) if session.presenter else None
    assert presenter is None or (presenter.role is Role.MEMBER and presenter in session.seated())
    asked = session.person(session.asked) if session.asked else None
    assert asked is None or (asked.role is Role.MEMBER and asked.place is Place.INSIDE and asked != presenter)


def assert_a_deputy_only_holds_the_frame(session: Session) -> None:
    """The deputy is of the circle; whoever holds the frame is the deputy, is not presenting, and may not do more."""
    deputy = session.person(session.deputy) if session.deputy else None
    assert deputy is None or (deputy.role is Role.MEMBER and deputy in session.seated())
    assert session.holder in {None, session.deputy}
    assert not (session.holder and session.deputy_asked_by)
    for person in session.people:
        if session.holds_frame(person.id):
            assert not session.leader_present
            assert person.id == session.deputy != session.presenter
            for kind in (c.EndSession, c.AdmitEveryone, c.Lock, c.OpenRing, c.ReleaseDeputy, c.ChooseAnother):
                try:
                    check(session, kind(), person, session.version)
                except Refused:
                    continue
                raise AssertionError(f"a deputy may {kind.__name__}")


def assert_leaders_are_among_themselves(session: Session, plan: MediaPlan) -> None:
    if session.phase_id != "debrief":
        return
    allowed = {p.id for p in session.people if p.role in LEADERS or p.role is Role.SUPERVISOR}
    assert {r.sender for r in plan.routes} | {r.receiver for r in plan.routes} <= allowed
