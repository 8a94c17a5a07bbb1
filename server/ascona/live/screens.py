"""What goes out to everybody's pages: the room as each may see it, what has happened, what to know of pictures."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict
from typing import Any

from ascona.core.events import Event
from ascona.core.people import LEADERS, Person, Place
from ascona.core.pictures import Pictures
from ascona.core.session import Session
from ascona.live.attendance import Attendance
from ascona.live.connection import Connection
from ascona.live.notices import Notice, notices, presence_notices
from ascona.live.room import Room
from ascona.live.snapshot import View, snapshot


class Screens:
    """Of all rooms; says nothing to anybody who does not take part."""

    def __init__(
        self,
        attendance: Attendance,
        emit: Callable[..., Awaitable[None]],
        begin: Callable[[Coroutine[Any, Any, None]], None],
        monotonic: Callable[[], float],
    ) -> None:
        """
        Args:
            emit: Socket.IO's: event, data, and to whom.
            begin: Does something beside what is under way.
        """
        self._attendance = attendance
        self._emit = emit
        self._begin = begin
        self._monotonic = monotonic
        self._shown: dict[str, Session] = {}
        self._pictures: dict[tuple[str, str], Pictures] = {}
        self._stops_at: float | None = None

    # --- the room ---

    async def show(self, room: Room, events: Sequence[Event] = (), by: str | None = None) -> list[Connection]:
        """
        Everyone connected sees the room as they may, and reads what has happened. One room's screens at a time.

        Returns:
            Connections of whoever has been removed: what goes on in the room is theirs no more.
        """
        session = room.session
        before = self._shown.get(session.id, session)
        self._shown[session.id] = session
        said = notices(before, session, events, by) + presence_notices(before, session)
        view = View.of(session, room.title, room.turned_on, room.now(), room.plan, room.by_phone)
        removed = []
        for connection, viewer in self._viewers(room):
            await self._put_up(snapshot(view, viewer, connection.sound), connection, viewer)
            await self._read_out(said, connection, viewer)
            if viewer.place is Place.REMOVED:
                removed.append(connection)
        return removed

    async def _put_up(self, screen: dict[str, Any], connection: Connection, viewer: Person) -> None:
        """
        A page outside gets no screen that it has already: its time and number would tell that something happens inside.
        """
        outside = None if viewer.place is Place.INSIDE else screen
        if outside is not None and outside == connection.outside:
            return
        connection.turns += 1
        await self._emit("room", screen | {"turn": connection.turns}, to=connection.sid)
        connection.outside = outside

    async def announce(self, room: Room, before: Session, events: Sequence[Event], by: str | None) -> None:
        """What has happened, ahead of the screens that show it."""
        said = notices(before, room.session, events, by)
        for connection, viewer in self._viewers(room):
            await self._read_out(said, connection, viewer)

    async def _read_out(self, said: Sequence[Notice], connection: Connection, viewer: Person) -> None:
        for notice in said if viewer.place is Place.INSIDE else ():
            if not notice.leaders_only or viewer.role in LEADERS:
                await self._emit("notice", notice.line, to=connection.sid)

    def forget(self, room: str) -> None:
        """Nobody looks at this room any more."""
        self._shown.pop(room, None)
        for place in [place for place in self._pictures if place[0] == room]:
            del self._pictures[place]

    # --- a word to somebody ---

    async def tell(self, room: Room, key: str) -> None:
        """Say something to everybody inside that nobody has done."""
        await self._say(room, {"key": key, "by": None, "values": {}}, lambda viewer: True)

    async def tell_of_move(self, connection: Connection) -> None:
        """Everybody reads that somebody's place, or sound, is at another device than before."""
        person = connection.viewer
        if person.place is Place.INSIDE and not connection.room.session.ended:
            key = "sound_elsewhere" if connection.sound else "place_elsewhere"
            await self._say(connection.room, {"key": key, "by": None, "values": {"name": person.name}}, lambda _: True)

    async def pass_on(self, room: Room, by: Person, text: str, may_read: Callable[[Person], bool]) -> None:
        """A line of somebody's, which is kept nowhere."""
        for connection, viewer in self._viewers(room):
            if may_read(viewer):
                await self._emit("line", {"by": by.name, "text": text}, to=connection.sid)

    async def _say(self, room: Room, notice: dict[str, Any], concerns: Callable[[Person], bool]) -> None:
        for connection, viewer in self._viewers(room):
            if viewer.place is Place.INSIDE and concerns(viewer):
                await self._emit("notice", notice, to=connection.sid)

    def _viewers(self, room: Room) -> list[tuple[Connection, Person]]:
        return [(one, one.viewer) for one in self._attendance.inside(room) if room.session.person(one.person)]

    # --- sound and picture ---

    def told(self, room: str, line: str, pictures: Pictures) -> None:
        """A page is to know this of pictures from now on; also when its line comes back."""
        self._pictures[room, line] = pictures
        if self._attendance.waits_for(room, line):
            self._begin(self._tell_pictures(room, line))

    def tell_pictures(self, connection: Connection) -> None:
        """What a page is to know that has just come."""
        self._begin(self._tell_pictures(*connection.at))

    async def _tell_pictures(self, room: str, line: str) -> None:
        place, pictures = self._attendance.on(room, line), self._pictures.get((room, line))
        if place is not None and pictures is not None:
            await self._emit("pictures", asdict(pictures), to=place.sid)

    def media_back(self, room: str) -> None:
        """Nothing comes any more over the lines there were: pages need not wait until they notice."""
        for place in self._attendance.everywhere():
            if place.room.session.id == room and place.viewer.place is Place.INSIDE:
                self._begin(self.say_media_back(place))

    async def say_media_back(self, connection: Connection) -> None:
        await self._emit("again", {}, to=connection.sid)

    # --- the end of this server ---

    @property
    def stopping(self) -> bool:
        return self._stops_at is not None

    async def announce_stop(self, seconds: float) -> None:
        """Tell everybody, also whoever comes meanwhile, that the server stops then; rooms come back by themselves."""
        self._stops_at = self._monotonic() + seconds
        for place in self._attendance.everywhere():
            await self.say_stop(place)

    async def say_stop(self, connection: Connection) -> None:
        """The same to somebody who comes, if it is so."""
        if self._stops_at is not None and connection.sid in self._attendance.connections:
            left = max(0, round((self._stops_at - self._monotonic()) * 1000))
            await self._emit("restart", {"in_ms": left}, to=connection.sid)
