"""What a command leads to: events, or a refusal. Nothing is changed here."""

from dataclasses import replace
from datetime import datetime, timedelta

from ascona.core import absence, ring
from ascona.core import commands as c
from ascona.core import events as e
from ascona.core.clock import by_clock
from ascona.core.door import admit, admit_everyone, allow_device, at, knock, leave, refuse_device, remove, turn_away
from ascona.core.people import Person, Place, Role
from ascona.core.phases import go_to
from ascona.core.rights import Refused, check
from ascona.core.session import Session, SitBackStyle

EXTEND_LIMIT = 60
"""Minutes a phase is extended by at most, at a time."""


def decide(
    session: Session, command: c.Command, by: str | None, now: datetime, version: int, seen: int | None = None
) -> tuple[e.Event, ...]:
    """
    Decide what a command leads to.

    Args:
        by: The person who asks; None for the clock.
        now: Timezone-aware UTC.
        version: Of the session as whoever asks saw it. The clock's commands carry
            the deadline they mean instead.
        seen: The same, of what they had read when they pressed; None: their page does not say.

    Raises:
        Refused: With a reason; nothing follows then.
    """
    if isinstance(command, c.ByClock):
        if by is not None:
            raise Refused("not_now")
        return by_clock(session, command, now)
    person = session.person(by) if by else None
    if person is None:
        raise Refused("not_inside")
    check(session, command, person, version, seen)
    return _by_person(session, command, person, now, version, seen)


def _by_person(  # noqa: C901  # a table
    s: Session, command: c.ByPeople, by: Person, now: datetime, version: int, seen: int | None
) -> tuple[e.Event, ...]:
    match command:
        case c.Knock():
            return knock(s, by, command, now)
        case c.Leave():
            return leave(s, by)
        case c.Admit(person, browser):
            return (admit(s, person, browser, version if seen is None else seen),)
        case c.AdmitEveryone():
            return admit_everyone(s, seen)
        case c.TurnAway(person):
            return turn_away(s, person)
        case c.Remove(person):
            return remove(s, person)
        case c.AllowDevice(browser):
            return (allow_device(s, by, browser, version if seen is None else seen),)
        case c.RefuseDevice(browser):
            return (refuse_device(s, by, browser),)
        case c.Lock():
            return () if s.locked else (e.Locked(),)
        case c.Unlock():
            return (e.Unlocked(),) if s.locked else ()
        case c.OpenSession():
            if s.step is not None:
                raise Refused("already_open")
            return go_to(s, 0, now)
        case c.NextPhase():
            return go_to(s, _step(s) + 1, now)
        case c.PreviousPhase():
            return go_to(s, _step(s) - 1, now)
        case c.GoToPhase(step):
            if not 0 <= step < len(s.programme.phases):
                raise Refused("unknown_phase")
            return go_to(s, step, now)
        case c.Extend(minutes):
            return (_extend(s, minutes, now),)
        case c.Hold():
            return (_hold(s, now),)
        case c.Resume():
            if s.left is None:
                raise Refused("not_held")
            return (e.Resumed(now + s.left),)
        case c.SetAtEnd(at_end, whole_evening):
            if s.phase is None and not whole_evening:
                raise Refused("not_now")
            return (e.AtEndSet(at_end, whole_evening),)
        case c.ShowClock(on):
            return () if s.clock_shown == on else (e.ClockShown(on),)
        case c.EndSession():
            return (e.SessionEnded(),)
        case c.ChoosePresenter(person):
            return _choose(s, person, by)
        case c.AgreeToPresent():
            return _agree(s, by)
        case c.DeclineToPresent():
            if s.asked != by.id:
                raise Refused("not_now")
            return (e.PresenterDeclined(by.id),)
        case c.SitBack():
            return (_sit_back(s),)
        case c.ComeBack():
            if not s.back:
                raise Refused("not_now")
            return (e.CameBack(_presenter(s)),)
        case c.Signal():
            if not s.back:
                raise Refused("not_now")
            return () if s.signals else (e.Signalled(by.id),)
        case c.Protect(on):
            return _protect(s, on)
        case c.GoOnWaiting():
            return absence.wait_on(s, now)
        case c.ChooseAnother():
            return absence.choose_another(s, now)
        case c.NameDeputy(person):
            return absence.name_deputy(s, person)
        case c.ReleaseDeputy():
            return absence.release_deputy(s)
        case c.AskDeputy():
            return absence.ask_deputy(s, by, now)
        case c.HoldFrame():
            return absence.answer_as_deputy(s, by, yes=True)
        case c.DeclineFrame():
            return absence.answer_as_deputy(s, by, yes=False)
        case c.OpenRing():
            return ring.open_ring(s, now)
        case c.CloseRing():
            return (e.RingClosed(),) if s.ring_open else ()
        case c.GiveWord(person):
            return ring.give_word(s, person)
        case c.TakeWord():
            return ring.take_word(s, by)
        case c.PassWord(person):
            return ring.pass_word(s, person, by)
        case c.MoveToRing(person):
            return ring.move_to_ring(s, person)
        case c.InviteToCircle(person):
            return ring.invite_to_circle(s, person)


# The frame


def _step(s: Session) -> int:
    if s.step is None:
        raise Refused("not_now")
    return s.step


def _extend(s: Session, minutes: int, now: datetime) -> e.Event:
    if not 1 <= minutes <= EXTEND_LIMIT:
        raise Refused("not_now")
    more = timedelta(minutes=minutes)
    if s.left is not None:
        return e.HoldExtended(s.left + more, minutes)
    if s.ends_at is None:
        raise Refused("not_now")
    return e.PhaseExtended(max(s.ends_at, now) + more, minutes)


def _hold(s: Session, now: datetime) -> e.Event:
    if s.left is not None:
        raise Refused("already_held")
    if s.ends_at is None:
        raise Refused("not_now")
    return e.Held(max(s.ends_at - now, timedelta()))


# The presenter


def _choose(s: Session, id: str, by: Person) -> tuple[e.Event, ...]:
    person = at(Place.INSIDE, s, id)
    if person.role is not Role.MEMBER:
        raise Refused("not_in_circle")
    if id == s.presenter or _settled(s):
        raise Refused("not_now")
    if id not in s.present:
        raise Refused("nobody_there")
    return () if id == s.asked else (e.PresenterAsked(id, by.id),)


def _settled(s: Session) -> bool:
    """Whether the case has its presenter, who is there: nobody takes it from them midway."""
    choosing = s.phase is None or s.phase.chooses_presenter
    return s.presenter is not None and s.presenter in s.present and not choosing


def _agree(s: Session, by: Person) -> tuple[e.Event, ...]:
    if s.asked != by.id or _settled(s):
        raise Refused("not_now")
    chosen = replace(s, presenter=by.id, back=False)
    sits_back = s.phase is not None and s.phase.presenter_sits_back and chosen.sit_back is not SitBackStyle.OFF
    return (e.PresenterChosen(by.id), e.SatBack(by.id)) if sits_back else (e.PresenterChosen(by.id),)


def _presenter(s: Session) -> str:
    if s.presenter is None:
        raise Refused("no_presenter")
    return s.presenter


def _sit_back(s: Session) -> e.Event:
    presenter = _presenter(s)
    if s.back or s.sit_back is SitBackStyle.OFF:
        raise Refused("not_now")
    return e.SatBack(presenter)


def _protect(s: Session, on: bool) -> tuple[e.Event, ...]:
    _presenter(s)
    if s.phase is None or not s.phase.may_protect:
        raise Refused("not_now")
    return () if s.protected == on else (e.Protected(on),)
