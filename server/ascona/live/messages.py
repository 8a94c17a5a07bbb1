"""What goes over the wire: commands as they come in, the room as each person may see it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ascona.core import commands as c
from ascona.core.decide import decide
from ascona.core.media_plan import Kind, MediaPlan, carried, may_send, media_plan
from ascona.core.people import LEADERS, OUTSIDE, Person, Place
from ascona.core.programme import AtEnd
from ascona.core.rights import Refused
from ascona.core.session import Session
from ascona.live.stance import stance

LINE_LIMIT = 500
"""Characters in a line among leaders."""

_STRICT = ConfigDict(extra="forbid", strict=True)
_COMMANDS: dict[str, TypeAdapter[c.ByPeople]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(c.ByPeople)}
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


class BadMessage(ValueError):
    """A message that no page of ours sends. Counted; the sender is told no more than that."""


class Devices(BaseModel):
    """What somebody has turned on."""

    model_config = _STRICT

    microphone: bool
    camera: bool


class Line(BaseModel):
    """A line among leaders; kept nowhere."""

    model_config = _STRICT

    text: str = Field(min_length=1, max_length=LINE_LIMIT)


class Offer(BaseModel):
    """A browser's session description."""

    model_config = _STRICT

    sdp: str


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it came in. `devices`: as turned on when knocking."""

    command: c.ByPeople
    version: int
    key: str
    devices: tuple[bool, bool]


def read_order(message: object) -> Order:
    """
    Read a `command` message.

    Raises:
        BadMessage: If anything about it is not as it should be.
    """
    if not isinstance(message, dict):
        raise BadMessage("not an object")
    fields = dict(message)
    do, version, key = fields.pop("do", None), fields.pop("version", None), fields.pop("key", None)
    adapter = _COMMANDS.get(do) if isinstance(do, str) else None
    if (
        adapter is None
        or type(version) is not int
        or version < 0
        or not isinstance(key, str)
        or not _KEY.fullmatch(key)
    ):
        raise BadMessage("no command")
    devices = (False, False)
    try:
        if do == c.Knock.__name__:
            turned = Devices(microphone=fields.pop("microphone", False), camera=fields.pop("camera", False))
            devices = (turned.microphone, turned.camera)
        command = adapter.validate_python(fields)
    except ValidationError as error:
        raise BadMessage("fields") from error
    if fields.keys() - command.__dataclass_fields__.keys():
        raise BadMessage("unknown fields")
    return Order(command, version, key, devices)


@dataclass(frozen=True, slots=True)
class View:
    """A room at one moment, for everybody's snapshot: what is the same for all is worked out once."""

    session: Session
    title: str
    devices: Mapping[str, tuple[bool, bool]]
    plan: MediaPlan
    now: datetime
    turn: int

    @classmethod
    def of(
        cls, session: Session, title: str, devices: Mapping[str, tuple[bool, bool]], now: datetime, turn: int
    ) -> "View":
        return cls(session, title, dict(devices), media_plan(session), now, turn)


def snapshot(view: View, viewer: Person) -> dict[str, Any]:
    """The room as one person may see it. Its shape stands in `web/README.md`."""
    s = view.session
    leads = viewer.role in LEADERS
    inside = viewer.place is Place.INSIDE and not s.ended
    return {
        "version": s.version,
        "turn": view.turn,
        "title": view.title,
        "phase": s.phase_id,
        "step": None if s.ended else s.step,
        "programme": [
            {"phase": phase.id, "minutes": phase.minutes, "case": s.programme.case_of(step)}
            for step, phase in enumerate(s.programme.phases)
        ],
        "clock": _clock(view) if inside and (leads or s.clock_shown) else None,
        "locked": s.locked,
        "ring_open": s.ring_open,
        "protected": s.protected,
        "over_time": s.time_announced,
        "leaderless": s.phase is not None and not s.leader_present,
        "me": _me(view, viewer),
        "people": [_chair(view, viewer, person) for person in s.inside()] if inside else [],
        "door": [_waiting(s, p) for p in s.people if p.place is Place.DOOR] if inside and leads else [],
    }


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
    return {
        "person": viewer.id,
        "name": viewer.name,
        "standing": s.standing(viewer).value,
        "place": viewer.place.value,
        "stance": stance(s, viewer),
        "may_speak": may_send(s, viewer, Kind.AUDIO),
        "may_show": may_send(s, viewer, Kind.VIDEO),
        "heard_by": sum(r.sender == viewer.id and r.kind is Kind.AUDIO for r in view.plan.routes),
        "seen_by": sum(r.sender == viewer.id and r.kind is Kind.VIDEO for r in view.plan.routes),
        "asked_to_present": asks.name if asks else None,
        "may": _may(view, viewer, _ALONE),
    }


def _chair(view: View, viewer: Person, person: Person) -> dict[str, Any]:
    s = view.session
    received = {r.kind for r in view.plan.routes if r.sender == person.id and r.receiver == viewer.id}
    microphone, camera = view.devices.get(person.id, (False, False))
    leads = viewer.role in LEADERS
    return {
        "person": person.id,
        "name": person.name,
        "standing": s.standing(person).value,
        "seat": person.seat,
        "group": "ring" if person.role in OUTSIDE else "circle",
        "state": _state(s, person),
        "style": s.sit_back.value,
        "slot": carried(s).get(person.id),
        "heard": Kind.AUDIO in received,
        "seen": Kind.VIDEO in received,
        "microphone": microphone,
        "camera": camera,
        "floor": person.id in s.floor,
        "asked": leads and person.id == s.asked,
        "signals": leads and s.signals and person.id == s.presenter,
        "may": _may(view, viewer, _about(person.id)),
    }


def _state(s: Session, person: Person) -> str:
    if person.id not in s.present:
        return "away"
    return "back" if s.sits_back(person.id) else "here"


def _waiting(s: Session, person: Person) -> dict[str, str]:
    return {"person": person.id, "name": person.name, "standing": s.standing(person).value}


_ALONE: tuple[c.ByPeople, ...] = (
    c.AdmitEveryone(),
    c.Lock(),
    c.Unlock(),
    c.OpenSession(),
    c.NextPhase(),
    c.PreviousPhase(),
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
    c.OpenRing(),
    c.CloseRing(),
    c.TakeWord(),
)


def _about(person: str) -> tuple[c.ByPeople, ...]:
    return (
        c.ChoosePresenter(person),
        c.Remove(person),
        c.GiveWord(person),
        c.PassWord(person),
        c.MoveToRing(person),
        c.InviteToCircle(person),
    )


def _may(view: View, viewer: Person, commands: tuple[c.ByPeople, ...]) -> list[str]:
    """Which of these would be carried out now: asked of the rules themselves, so a page never guesses."""
    allowed = []
    for command in commands:
        try:
            decide(view.session, command, viewer.id, view.now, view.session.version)
        except Refused:
            continue
        allowed.append(type(command).__name__)
    return allowed
