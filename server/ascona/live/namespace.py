"""The wire of the rooms: who is connected, what they send, and what they are shown."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import socketio
import structlog
from pydantic import ValidationError

from ascona.core import commands as c
from ascona.core.events import BrowserRefused, Event
from ascona.core.invariants import Seat
from ascona.core.people import LEADERS, Person, Place, Role
from ascona.core.pictures import Pictures
from ascona.core.rights import Refused
from ascona.core.session import Session
from ascona.live.attendance import Attendance, Guest
from ascona.live.connection import WINDOW_LIMIT, Connection
from ascona.live.doorbell import Doorbell
from ascona.live.flooders import Flooders
from ascona.live.messages import BadMessage, Devices, Line, Offer, Shows, read_order
from ascona.live.room import Room
from ascona.live.rooms import Rooms
from ascona.live.screens import Screens
from ascona.live.seats import Seats
from ascona.live.windows import Negotiator, Windows

GOODBYE_SECONDS = 2.0
"""How long closed lines may take to empty when the server stops."""

log = structlog.get_logger()


class RoomNamespace(socketio.AsyncNamespace):  # type: ignore[misc]  # the library has no types
    """
    Everyone's connection. Room and person come from the signed-in browser, never from a message.

    Attributes:
        counts: Messages that were refused before they reached a room, by reason.
        refusals: Commands that the rules refused, by reason.
        flooders: Who was hung up on for sending far too much.
    """

    def __init__(
        self,
        rooms: Rooms,
        identify: Callable[[str, str], Awaitable[Guest | None]],
        negotiator: Negotiator,
        monotonic: Callable[[], float],
    ) -> None:
        """
        Args:
            identify: Whose browser sends this Cookie header, in this room; or None.
            monotonic: Seconds, for rate limits.
        """
        super().__init__("/")
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.flooders = Flooders(monotonic)
        self._rooms = rooms
        self._identify = identify
        self._negotiator = negotiator
        self._monotonic = monotonic
        self._attendance = Attendance()
        self._doorbell = Doorbell(monotonic)
        self._screens = Screens(self._attendance, self._send, self._begin, monotonic)
        self._windows = Windows(negotiator)
        self._seats = Seats(self._attendance, self._screens, self._windows, negotiator, self._send)
        self._tasks: set[asyncio.Task[None]] = set()

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        id = auth.get("room") if isinstance(auth, dict) else None
        cookie = environ.get("HTTP_COOKIE", "")
        try:
            guest = await self._identify(cookie, id) if isinstance(id, str) else None
            room = await self._rooms.get(id) if isinstance(id, str) and guest else None
            if room is not None and guest is not None:
                connection = self._counted_in(sid, room, guest, auth, environ)
                guest = await self._identify(cookie, room.session.id)
        except socketio.exceptions.ConnectionRefusedError:
            raise
        except Exception as error:
            self._attendance.connections.pop(sid, None)
            log.error("connect_failed", error=type(error).__name__)
            raise socketio.exceptions.ConnectionRefusedError("server_error") from error
        if room is None or guest is None or not self._attendance.is_theirs(sid, guest):
            self._attendance.connections.pop(sid, None)
            self.counts["not_signed_in"] += 1
            raise socketio.exceptions.ConnectionRefusedError("not_signed_in")
        for surplus in self._attendance.surplus(room.session.id, connection.person):
            self.counts["too_many_connections"] += 1
            self._begin(self._hang_up(surplus))

    def _counted_in(self, sid: str, room: Room, guest: Guest, auth: object, environ: dict[str, Any]) -> Connection:
        """
        From now on a sign-in that ends, ends this connection: whoever connects is identified once more after it.

        Raises:
            ConnectionRefusedError: Of a browser that has flooded us.
        """
        if self.flooders.holds((room.session.id, guest.browser.id)):
            self.counts["flood_refused"] += 1
            raise socketio.exceptions.ConnectionRefusedError("too_fast")
        drawn = auth.get("window") if isinstance(auth, dict) else None
        window = f"{guest.browser.id} {drawn[:WINDOW_LIMIT] if isinstance(drawn, str) and drawn else sid}"
        cookie, request = environ.get("HTTP_COOKIE", ""), environ.get("aiohttp.request")
        connection = Connection(sid, room, guest.person, guest.browser, window, cookie, request)
        self._attendance.connections[sid] = connection
        return connection

    async def look_again(self, place: tuple[str, str] | None = None) -> None:
        """
        Everybody's sign-in is in use, and may have been ended.

        Args:
            place: Only who sits there, by session and person.
        """
        for connection in list(self._attendance.connections.values()):
            if place not in {None, (connection.room.session.id, connection.person)}:
                continue
            guest = await self._identify(connection.cookie, connection.room.session.id)
            if guest is None or not self._attendance.is_theirs(connection.sid, guest):
                await self._hang_up(connection)
            elif guest.browser != connection.browser:
                await self._seats.prolong(connection, guest.browser)

    async def on_disconnect(self, sid: str, *_reason: object) -> None:
        connection = self._attendance.connections.pop(sid, None)
        if connection and self._attendance.has_place(connection):
            self._begin(self._seats.await_back(connection))
        if connection and connection.room.session.ended:
            self._begin(self._let_go(connection.room))

    async def on_command(self, sid: str, message: object = None, *_more: object) -> dict[str, str]:
        """The acknowledgement: `{}`, or why not."""
        return await self._answered(sid, self._command, message)

    async def on_offer(self, sid: str, message: object = None, *_more: object) -> dict[str, str]:
        """The acknowledgement: `{"sdp": answer}`, or why not."""
        return await self._answered(sid, self._offer, message)

    async def on_line(self, sid: str, message: object = None, *_more: object) -> dict[str, str]:
        return await self._answered(sid, self._line, message)

    async def on_devices(self, sid: str, message: object = None, *_more: object) -> dict[str, str]:
        return await self._answered(sid, self._devices, message)

    async def on_shows(self, sid: str, message: object = None, *_more: object) -> None:
        await self._answered(sid, self._shows, message)

    # --- what everybody sees ---

    async def show(self, room: Room, events: Sequence[Event] = (), by: str | None = None) -> None:
        """Everyone connected sees the room as they may, and reads what has happened; who was let in comes in."""
        self._heed_refusals(room, events)
        for connection in await self._screens.show(room, events, by):
            self._begin(self._hang_up(connection))
        for connection in self._attendance.waiting(room):
            if not connection.shut_out:
                self._begin(self._seats.come_in(connection))

    async def announce(self, room: Room, before: Session, events: Sequence[Event], by: str | None) -> None:
        """Everyone connected reads what has happened; their screens follow in a moment."""
        self._heed_refusals(room, events)
        await self._screens.announce(room, before, events, by)

    def _heed_refusals(self, room: Room, events: Sequence[Event]) -> None:
        """A browser that was refused wants nothing any more, and is not heard again at once."""
        for event in events:
            if isinstance(event, BrowserRefused):
                self._seats.refused(room, event.person, event.browser)
                self._doorbell.refused(room.session.id, event.person)

    async def tell(self, room: Room, key: str) -> None:
        """Say something to everybody inside that nobody has done."""
        await self._screens.tell(room, key)

    def told(self, room: str, line: str, pictures: Pictures) -> None:
        """A page is to know this of pictures from now on; also when its line comes back."""
        self._screens.told(room, line, pictures)

    def media_back(self, room: str) -> None:
        """Nothing comes any more over the lines there were: pages need not wait until they notice."""
        self._screens.media_back(room)

    async def announce_stop(self, seconds: float) -> None:
        """Tell everybody, also whoever comes meanwhile, that the server stops then; rooms come back by themselves."""
        await self._screens.announce_stop(seconds)

    async def _send(self, event: str, data: object, to: str) -> None:
        await self.emit(event, data, to=to)

    # --- what is watched ---

    def sitting(self, room: Room) -> list[Seat]:
        """The line of each connection that takes part, and the browser that it comes from."""
        return self._seats.taken(room)

    async def one_place(self, room: Room) -> None:
        """Leave everybody one place."""
        await self._seats.one_place(room)

    def start_over(self, room: Room) -> None:
        """Hang up on everybody and forget the room: pages come back by themselves, to what is recorded."""
        self._begin(self._start_over(room))

    async def _start_over(self, room: Room) -> None:
        for forgotten in (False, True):  # some page may be quick
            for connection in self._attendance.of(room):
                await self.disconnect(connection.sid)
            self._attendance.forget(room)
            if not forgotten:
                await self._forget(room)

    async def sign_out(self, room: str, person: str) -> None:
        """Somebody's link was revoked: their lines end now, and sound and picture with them; and they read why."""
        for connection in self._attendance.theirs(room, person):
            await self._send("over", {"reason": "revoked"}, connection.sid)
            await self._hang_up(connection)

    async def _hang_up(self, connection: Connection) -> None:
        """End a connection, and nobody waits for it to come back."""
        await self._seats.leave(connection)
        await self.disconnect(connection.sid)

    def expect(self, room: Room) -> None:
        """Whoever is in a room that has just been opened, and has no page here before long, is not there."""
        if room.session.present:
            self._begin(self._seats.await_all(room))

    async def close(self) -> None:
        """Hang up on everyone, and stop waiting for lines that may come back."""
        connections, self._attendance.connections = list(self._attendance.connections), {}
        goodbyes = [asyncio.create_task(self.disconnect(sid)) for sid in connections]
        if goodbyes:  # a line that takes nothing more would be waited for until it is lost
            _, waiting = await asyncio.wait(goodbyes, timeout=GOODBYE_SECONDS)
            for goodbye in waiting:
                goodbye.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answered(
        self, sid: str, answer: Callable[[Connection, object], Awaitable[dict[str, str]]], message: object
    ) -> dict[str, str]:
        connection = self._attendance.connections.get(sid)
        if connection is None:
            return {"refused": "not_signed_in"}
        if not connection.messages.take(self._monotonic()):
            self.counts["too_fast"] += 1
            if not connection.refusals.take(self._monotonic()):
                self._cut(connection)
            return {"refused": "too_fast"}
        try:
            return await answer(connection, message)
        except Refused as refusal:
            self.refusals[refusal.reason] += 1
            return {"refused": refusal.reason} | ({"by": refusal.by} if refusal.by else {})
        except (BadMessage, ValidationError):
            self.counts["bad_message"] += 1
            return {"error": "bad_message"}
        except Exception as error:
            log.error("message_failed", session=connection.room.session.id, error=type(error).__name__)
            return {"error": "server_error"}

    def _cut(self, flooding: Connection) -> None:
        """Hang up on somebody who floods; whoever is still here in another window is left alone there."""
        self.counts["flood_cut"] += 1
        self.flooders.cut((flooding.room.session.id, flooding.browser.id), flooding.cookie)
        flooding.cut()

    async def _command(self, connection: Connection, message: object) -> dict[str, str]:
        order = read_order(message)
        outside = connection.viewer.place is not Place.INSIDE
        if isinstance(order.command, c.Knock):
            if outside and not self._doorbell.rings(connection.bell):
                self.counts["too_fast"] += 1
                raise Refused("too_fast")
            connection.outside = None  # a page that knocks waits for a screen
            await self._seats.knock(connection, order.command, order)
        elif isinstance(order.command, c.Leave) and connection.wanted is not None:
            await self._seats.leave_door(connection)
        elif not connection.takes_part:
            raise Refused("not_inside")
        elif self._screens.stopping and isinstance(order.command, c.OpenSession):
            raise Refused("restarting")
        else:
            await connection.room.obey(order.command, connection.person, order.version, order.key, order.seen)
            if outside and isinstance(order.command, c.Leave):
                self._doorbell.gone(connection.bell)
        return {}

    async def _offer(self, connection: Connection, message: object) -> dict[str, str]:
        if not connection.offers.take(self._monotonic()):
            self.counts["too_fast"] += 1
            raise Refused("too_fast")
        offer = Offer.model_validate(message)
        answer = await self._windows.answer(*connection.at, offer.sdp, lambda: self._check_inside(connection))
        self._screens.tell_pictures(connection)
        return {"sdp": answer}

    def _check_inside(self, connection: Connection) -> None:
        inside = connection.takes_part and connection.viewer.may_take_part
        if not inside or connection.room.session.ended:
            raise Refused("not_inside")

    async def _line(self, connection: Connection, message: object) -> dict[str, str]:
        line = Line.model_validate(message)
        sender = connection.viewer
        if not connection.takes_part or not _on_the_line(sender):
            raise Refused("leaders_only")
        await self._screens.pass_on(connection.room, sender, line.text, _on_the_line)
        return {}

    async def _devices(self, connection: Connection, message: object) -> dict[str, str]:
        turned = Devices.model_validate(message)
        if connection.wanted is not None:
            connection.wanted = replace(connection.wanted, devices=(turned.microphone, turned.camera))
        elif connection.takes_part and connection.sound:
            await connection.room.carry_sound(connection.person, turned.microphone)
        elif connection.takes_part:
            await connection.room.turned(connection.person, (turned.microphone, turned.camera))
        return {}

    async def _shows(self, connection: Connection, message: object) -> dict[str, str]:
        shown = Shows.model_validate(message)
        session = connection.room.session
        if connection.takes_part and connection.viewer.place is Place.INSIDE and not session.ended:
            self._negotiator.shows(*connection.at, shown.heights)
        return {}

    async def _let_go(self, room: Room) -> None:
        """An ended session leaves the memory with the last who looks at it, once its end is recorded."""
        await room.settled()
        if not self._attendance.of(room):
            await self._forget(room)

    async def _forget(self, room: Room) -> None:
        self._screens.forget(room.session.id)
        self._windows.forget(room.session.id)
        self._doorbell.forget(room.session.id)
        await self._rooms.forget(room.session.id)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _on_the_line(person: Person) -> bool:
    return person.place is Place.INSIDE and (person.role in LEADERS or person.role is Role.SUPERVISOR)
