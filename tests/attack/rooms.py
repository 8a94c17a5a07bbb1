"""Two rooms on the real rules and the real wire, in this process; what they do is noted, and nothing else happens."""

import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ascona.core import commands as c
from ascona.core.people import Person, Place, Role
from ascona.core.session import Session
from ascona.live.namespace import RoomNamespace
from ascona.live.room import Room
from ascona.live.rooms import Rooms
from ascona.storage.invitations import Guest
from tests.support.group import NOON, Evening, invited
from tests.support.guests import guest

OURS, THEIRS = "s1", "s2"
"""The room that is attacked, and another on the same server."""

PEOPLE = {
    "ada": Role.LEADER,
    "ben": Role.CO_LEADER,
    "pia": Role.MEMBER,
    "max": Role.MEMBER,
    "zoe": Role.MEMBER,
    "eve": Role.RING,
    "flo": Role.OBSERVER,
    "sol": Role.SUPERVISOR,
}
NOT_INSIDE = {
    "dot": (Role.MEMBER, Place.DOOR),
    "una": (Role.MEMBER, Place.INVITED),
    "tom": (Role.MEMBER, Place.INVITED),
    "lou": (Role.MEMBER, Place.LEFT),
    "kim": (Role.CO_LEADER, Place.LEFT),
    "rex": (Role.MEMBER, Place.REMOVED),
}
"""Of our room: at the door, never knocked, turned away, gone, a leader who is gone, removed."""

NEVER_KNOCKED = {"una"}


def peopled(session: Session) -> Session:
    """The same session with those who are not inside, connected or not; seats stay one person's each."""
    outside = [
        Person(id, id.title(), role, session.seat_behind() + number, place, agreed=place is not Place.INVITED)
        for number, (id, (role, place)) in enumerate(NOT_INSIDE.items())
    ]
    return replace(session, people=(*session.people, *outside), present=session.present | NOT_INSIDE.keys())


def _other_group() -> Session:
    """Oda leads it; Pia and Max have namesakes in ours."""
    group = Evening(invited({"oda": Role.LEADER, "pia": Role.MEMBER, "max": Role.MEMBER}))
    group.session = replace(group.session, present=frozenset({"oda", "pia", "max"}))
    for person in ("oda", "pia", "max"):
        group.do(person, c.Knock(person.title(), agreed=True))
    group.do("oda", c.AdmitEveryone())
    group.do("oda", c.OpenSession())
    return group.session


@dataclass(frozen=True)
class Done:
    """Something that was done for a command: what, in which room, by whom."""

    what: str
    room: str
    by: str | None = None


class House:
    """
    A server's rooms, with their journal, switchboard, screens and sockets, which only note what they are asked.

    Attributes:
        done: Everything that has had an effect.
        ours: The room that is attacked; its session may be replaced.
        theirs: The other one.
    """

    def __init__(self, session: Session) -> None:
        self.done: list[Done] = []
        self._where: dict[str, str] = {}
        self._sessions = {OURS: session, THEIRS: replace(_other_group(), id=THEIRS)}
        self._rooms = Rooms(self._load, lambda _id: None)
        seconds = itertools.count(step=10.0)  # nobody is too fast here
        self._namespace = RoomNamespace(self._rooms, self._identify, self, lambda: next(seconds))
        self._namespace._set_server(self)
        self.ours: Room
        self.theirs: Room

    async def open(self) -> None:
        for id in self._sessions:
            room = await self._rooms.get(id)
            assert room
            setattr(self, {OURS: "ours", THEIRS: "theirs"}[id], room)
        self.done.clear()

    async def close(self) -> None:
        await self._namespace.close()
        await self._rooms.close()

    async def connect(self, who: str, room: str = OURS) -> None:
        """Somebody's socket opens; they have not knocked."""
        self._where[who] = room
        await self._namespace.on_connect(who, {"HTTP_COOKIE": f"{room}:{who}"}, {"room": room})

    async def send(self, who: str, event: str, message: object) -> dict[str, str] | None:
        """One message of somebody's; the acknowledgement. What came of it stands in `done`."""
        self.done.clear()
        answer: dict[str, str] | None = await getattr(self._namespace, f"on_{event}")(who, message)
        return answer

    async def _load(self, id: str) -> Room:
        return Room(self._sessions[id], "", self, self, self, lambda: NOON)

    async def _identify(self, cookie: str, room: str) -> Guest | None:
        its, _, who = cookie.partition(":")
        return guest(who, room) if its == room else None

    # The journal

    async def append(self, session: str, records: Sequence[Any]) -> None:
        self.done += [Done("recorded", session, record.by) for record in records]

    async def since(self, *_anything: object) -> list[Any]:
        return []

    # The switchboard and the negotiator

    async def follow(self, room: str, _plan: object) -> None:
        self.done.append(Done("switched", room))

    async def answer(self, room: str, person: str, _offer: str) -> str:
        self.done.append(Done("answered", room, person))
        return "v=0"

    async def leave(self, room: str, person: str) -> None:
        self.done.append(Done("hung up", room, person))

    def shows(self, room: str, person: str, _heights: Sequence[int]) -> None:
        self.done.append(Done("shows", room, person))

    # The screens

    async def show(self, room: Room, *_anything: object) -> None:
        self.done.append(Done("shown", room.session.id))

    # Socket.IO's sending half

    async def emit(self, event: str, _data: object = None, *, to: str, **_more: object) -> None:
        if event == "line":
            self.done.append(Done("line", self._where[to]))

    async def disconnect(self, *_anything: object, **_more: object) -> None: ...


_keys = itertools.count(10_000_000)


def order(do: str, version: int = 0, key: str = "", **fields: object) -> dict[str, object]:
    """A command as a page sends it, with a key of its own unless one is given."""
    return {"do": do, "version": version, "key": key or f"key-{next(_keys)}", **fields}


async def refused_to_connect(house: House, cookie: str, room: str) -> bool:
    """Whether somebody with this cookie gets no socket into this room."""
    with suppress(Exception):
        await house._namespace.on_connect("stranger", {"HTTP_COOKIE": cookie}, {"room": room})
        return False
    return True
