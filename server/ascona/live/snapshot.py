"""The room as each person may see it: what goes over the wire after every change."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ascona.core import commands as c
from ascona.core.browsers import code, is_another
from ascona.core.decide import decide
from ascona.core.lines import chair_is_empty
from ascona.core.media_plan import Kind, MediaPlan, Route, may_send, media_plan
from ascona.core.people import LEADERS, OUTSIDE, Browser, Person, Place
from ascona.core.programme import AtEnd
from ascona.core.rights import RIGHTS, Refused, stands_since
from ascona.core.session import Session
from ascona.live.stance import stance


@dataclass(frozen=True, slots=True)
class View:
    """
    A room at one moment, for everybody's snapshot: what is the same for all is worked out once.

    Attributes:
        reach: How many people receive each sender now.
        by_phone: Whose sound goes over another device.
    """

    session: Session
    title: str
    devices: Mapping[str, tuple[bool, bool]]
    now: datetime
    routes: frozenset[Route]
    reach: Counter[tuple[str, Kind]]
    slots: Mapping[str, int]
    programme: tuple[dict[str, Any], ...]
    by_phone: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        session: Session,
        title: str,
        devices: Mapping[str, tuple[bool, bool]],
        now: datetime,
        plan: MediaPlan | None = None,
        by_phone: Iterable[str] = (),
    ) -> "View":
        """
        Args:
            plan: What is forwarded, if that is not what follows from the session.
        """
        plan, programme = plan or media_plan(session), session.programme
        steps = tuple(
            {
                "phase": phase.id,
                "minutes": phase.minutes,
                "case": programme.case_of(step),
                "sits_back": phase.presenter_sits_back,
            }
            for step, phase in enumerate(programme.phases)
        )
        reach = Counter((route.sender, route.kind) for route in plan.routes)
        phones = frozenset(by_phone)
        return cls(session, title, dict(devices), now, plan.routes, reach, plan.slots, steps, phones)


def snapshot(view: View, viewer: Person, sound: bool = False) -> dict[str, Any]:
    """
    The room as one person may see it. Its shape stands in `web/README.md`; `turn` is added for each connection.

    Args:
        viewer: As their browser is concerned: see `core/browsers.py`.
        sound: For the device that only carries their sound.
    """
    s = view.session
    leads = viewer.role in LEADERS
    if viewer.place is not Place.INSIDE:
        return _outside(view, viewer)
    inside = not s.ended
    return {
        "version": s.version,
        "title": view.title,
        "phase": s.phase_id,
        "step": s.step if inside else None,
        "programme": view.programme if inside else (),
        "clock": _clock(view) if inside and (leads or s.clock_shown or s.holds_frame(viewer.id)) else None,
        "locked": s.locked,
        "ring_open": inside and s.ring_open,
        "protected": inside and s.protected,
        "over_time": inside and s.time_announced,
        "leaderless": s.phase is not None and not s.leader_present,
        "deputy": _named(s, s.deputy) if inside else None,
        "holder": _named(s, s.holder) if inside and not s.leader_present else None,
        "awaited": {"name": _named(s, s.presenter), "over": s.wait_is_over} if inside and s.awaited_until else None,
        "me": _me(view, viewer) | {"carries": "sound" if sound else _carries(view, viewer)},
        "people": [_chair(view, viewer, person) for person in s.seated()] if inside else [],
        "door": _door(s) if inside and leads else [],
    }


def _outside(view: View, viewer: Person) -> dict[str, Any]:
    """
    What a person sees who was not let in: that they are at the door. It has the shape of a room in which nothing is so.

    Three things in it follow the room, and are meant to: whether a leader is there who reads that they knock, whether
    the door is closed (both in `stance`: people at the door need to know), and that the evening has ended.
    """
    nobody = dict.fromkeys(("step", "clock", "deputy", "holder", "awaited"))
    nothing = dict.fromkeys(("locked", "ring_open", "protected", "over_time", "leaderless"), False)
    me = dict.fromkeys(("asked_to_present", "asked_to_hold", "device_asks")) | dict.fromkeys(("heard_by", "seen_by"), 0)
    me |= dict.fromkeys(("may_speak", "may_show", "holds_frame"), False) | {"since": {}}
    me |= {"person": viewer.id, "name": viewer.name, "standing": viewer.role.value, "place": viewer.place.value}
    asks = view.session.asks(viewer.id) if viewer.place is Place.DOOR else None
    me |= {
        "stance": stance(view.session, viewer),
        "may": [],
        "carries": "all",
        "code": code(asks.browser) if asks else None,
    }
    empty: dict[str, Any] = {"version": 0, "title": "", "phase": "ended" if view.session.ended else "lobby"}
    return empty | nobody | nothing | {"programme": (), "people": [], "door": [], "me": me}


def _clock(view: View) -> dict[str, Any] | None:
    s = view.session
    left = s.left
    if left is None and s.ends_at is not None:
        left = s.ends_at - view.now
    if left is None:
        return None
    return {
        "left_ms": round(left.total_seconds() * 1000),
        "held": s.held,
        "advances": s.at_end is AtEnd.ADVANCE,
        "shown": s.clock_shown,
    }


def _me(view: View, viewer: Person) -> dict[str, Any]:
    s = view.session
    asks = s.person(s.asked_by) if s.asked == viewer.id and s.asked_by else None
    may = _may(view, viewer, _ALONE)
    return {
        "person": viewer.id,
        "name": viewer.name,
        "standing": s.standing(viewer).value,
        "place": viewer.place.value,
        "stance": stance(s, viewer),
        "may_speak": may_send(s, viewer, Kind.AUDIO),
        "may_show": may_send(s, viewer, Kind.VIDEO),
        "heard_by": view.reach[viewer.id, Kind.AUDIO],
        "seen_by": view.reach[viewer.id, Kind.VIDEO],
        "asked_to_present": asks.name if asks else None,
        "asked_to_hold": _named(s, s.deputy_asked_by) if s.deputy == viewer.id and not s.leader_present else None,
        "device_asks": _device(s, viewer) if viewer.place is Place.INSIDE else None,
        "code": None,
        "holds_frame": s.holds_frame(viewer.id),
        "may": [type(command).__name__ for command in may],
        "since": {
            type(command).__name__: move.version for command in may if (move := stands_since(s, command)).version
        },
    }


def _device(s: Session, viewer: Person) -> dict[str, Any] | None:
    """Another browser of this person that asks to come in."""
    asks = s.asks(viewer.id)
    if asks is None:
        return None
    return {"browser": asks.browser.id, "code": code(asks.browser), "sound": asks.sound, "since": asks.came}


def _carries(view: View, viewer: Person) -> str:
    return "picture" if viewer.id in view.by_phone else "all"


def _chair(view: View, viewer: Person, person: Person) -> dict[str, Any]:
    s = view.session
    microphone, camera = view.devices.get(person.id, (False, False))
    leads = viewer.role in LEADERS
    may = _may(view, viewer, _about(person.id))
    return {
        "person": person.id,
        "name": person.name,
        "invited": person.invited if leads and person.invited else None,
        "standing": s.standing(person).value,
        "seat": person.seat,
        "group": "ring" if person.role in OUTSIDE else "circle",
        "state": _state(view, person),
        "at_door": person.place is Place.DOOR,
        "came_as": person.came_as and person.came_as.value,
        "style": s.sit_back.value,
        "slot": view.slots.get(person.id),
        "heard": Route(person.id, viewer.id, Kind.AUDIO) in view.routes,
        "seen": Route(person.id, viewer.id, Kind.VIDEO) in view.routes,
        "microphone": microphone,
        "camera": camera,
        "phone": person.id in view.by_phone,
        "floor": person.id in s.floor,
        "deputy": person.id == s.deputy,
        "asked": leads and person.id == s.asked,
        "signals": leads and s.signals and person.id == s.presenter,
        "may": [type(command).__name__ for command in may],
        "since": max((stands_since(s, command).version for command in may), default=0),
    }


def _state(view: View, person: Person) -> str:
    s = view.session
    if chair_is_empty(s, person, view.now):
        return "empty"
    if person.id not in s.present:
        return "away"
    return "back" if s.sits_back(person.id) else "here"


def _named(s: Session, id: str | None) -> str | None:
    person = s.person(id) if id else None
    return person.name if person else None


def _door(s: Session) -> list[dict[str, Any]]:
    """Those who wait there, and other browsers of people who are inside."""
    waiting = [_waiting(s, p, p.knocks) for p in s.waiting()]
    asking = [(s.person(one.person), one) for one in s.asking]
    return waiting + [_waiting(s, person, one.browser, one.came) for person, one in asking if person is not None]


def _waiting(s: Session, person: Person, browser: Browser | None, came: int = 0) -> dict[str, Any]:
    return {
        "person": person.id,
        "name": person.name,
        "invited": person.invited or None,
        "standing": s.standing(person).value,
        "was_here": person.kept,
        "again": is_another(person),
        "since": max(came, stands_since(s, c.Admit(person.id)).version),
        "browser": browser.id if browser else "",
        "device": code(browser) if browser and person.place is Place.INSIDE else None,
    }


_ALONE: tuple[c.ByPeople, ...] = (
    c.AdmitEveryone(),
    c.Lock(),
    c.Unlock(),
    c.OpenSession(),
    c.NextPhase(),
    c.PreviousPhase(),
    c.GoToPhase(0),
    c.Extend(2),
    c.Hold(),
    c.Resume(),
    c.SetAtEnd(AtEnd.ANNOUNCE, whole_evening=False),
    c.ShowClock(True),
    c.EndSession(),
    c.AgreeToPresent(),
    c.DeclineToPresent(),
    c.SitBack(),
    c.ComeBack(),
    c.Signal(),
    c.Protect(True),
    c.GoOnWaiting(),
    c.ChooseAnother(),
    c.ReleaseDeputy(),
    c.AskDeputy(),
    c.HoldFrame(),
    c.DeclineFrame(),
    c.OpenRing(),
    c.CloseRing(),
    c.TakeWord(),
)


def _about(person: str) -> tuple[c.ByPeople, ...]:
    return (
        c.ChoosePresenter(person),
        c.NameDeputy(person),
        c.Remove(person),
        c.GiveWord(person),
        c.PassWord(person),
        c.MoveToRing(person),
        c.InviteToCircle(person),
    )


def _may(view: View, viewer: Person, commands: tuple[c.ByPeople, ...]) -> list[c.ByPeople]:
    """Which of these would be carried out now: asked of the rules themselves, so a page never guesses."""
    standing = view.session.standing(viewer)
    holds = view.session.holds_frame(viewer.id)
    rights = ((command, RIGHTS[type(command)]) for command in commands)
    asked = (command for command, right in rights if standing in right.who or (right.deputy and holds))
    return [command for command in asked if _allowed(view, viewer, command)]


def _allowed(view: View, viewer: Person, command: c.ByPeople) -> bool:
    try:
        decide(view.session, command, viewer.id, view.now, view.session.version)
    except Refused:
        return False
    return True
