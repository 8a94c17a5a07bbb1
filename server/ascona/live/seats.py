"""Who takes which place: whoever knocks, moves here from another window, brings a telephone, or has lost a line."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from weakref import WeakValueDictionary

from ascona.core import commands as c
from ascona.core.browsers import goes_straight_in, stands_behind
from ascona.core.decide import decide
from ascona.core.invariants import Seat
from ascona.core.people import LEADERS, Browser, Place
from ascona.core.rights import Refused
from ascona.core.sound_line import sound_line
from ascona.live.attendance import Attendance
from ascona.live.connection import Connection
from ascona.live.messages import Order
from ascona.live.room import Room
from ascona.live.screens import Screens
from ascona.live.windows import Negotiator, Windows

LINE_PATIENCE_SECONDS = 2.0
"""How long a closed connection may take to come back before the others see an empty chair."""

RETURN_SECONDS = 30.0
"""How long people who receive sound and picture when the server starts may take until their pages are back."""


class Seats:
    """Of all rooms: on each line one connection takes part, and the one before is silent before the next may send."""

    def __init__(
        self,
        attendance: Attendance,
        screens: Screens,
        windows: Windows,
        negotiator: Negotiator,
        emit: Callable[..., Awaitable[None]],
    ) -> None:
        """
        Args:
            emit: Socket.IO's: event, data, and to whom.
        """
        self._attendance = attendance
        self._screens = screens
        self._windows = windows
        self._negotiator = negotiator
        self._emit = emit
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    # --- coming ---

    async def knock(self, connection: Connection, knock: c.Knock, order: Order) -> None:
        """
        One place a person: another window has it only if it asks to move there, and then has all of it.

        The old one is silent before the new one may send. A browser that the place does not belong to waits at the
        door, whatever it asks for: until it is let in, nothing has changed for the one that is inside.

        Raises:
            Refused: By the rules, or because this person is here in another window.
        """
        knock = replace(knock, browser=connection.browser, sound=order.sound, agreed=order.agreed)
        async with self._turns.setdefault(connection.place, asyncio.Lock()):
            if connection.sid not in self._attendance.connections:
                raise Refused("not_signed_in")  # it was lost while another one of this person was let in
            await self._knock(connection, knock, order)

    async def _knock(self, connection: Connection, knock: c.Knock, order: Order) -> None:
        """The same, for one browser of a person after the other: which was quicker is known before a place is taken."""
        room = connection.room
        if room.session.ended and connection.shut_out:
            raise Refused("already_ended")
        if self._must_ask(connection, order):
            return await self._ask(connection, knock, order)
        if connection.wanted is not None:
            await self.leave_door(connection)
        if order.sound or connection.sound:
            return await self._carry_sound(connection, order)
        if not room.session.ended and stands_behind(connection.known, connection.browser, room.session.present):
            return await room.come(connection.person, knock, order.devices, order.key)  # which refuses it
        await self._take_place(connection, knock, order)
        if connection.shut_out:  # a leader has let another browser in meanwhile, which had waited at the door
            await self._leave_place(connection)
            return await self._ask(connection, knock, order)
        return await self._screens.say_stop(connection)

    async def _take_place(self, connection: Connection, knock: c.Knock, order: Order) -> None:
        room, person = connection.room, connection.person
        before = self._attendance.place(connection)
        if not room.session.ended:  # afterwards nobody asks, and all the same there is one place
            if not order.move and before is not None and self._elsewhere(before, connection):
                raise Refused("already_here")
            decide(room.session, knock, person, room.now(), room.session.version)  # a refusal moves nobody's screen
        from_elsewhere = await self._sit(connection, before)
        if room.session.ended:
            return await room.show()
        self._screens.tell_pictures(connection)
        try:
            await room.come(person, knock, order.devices, order.key)
        except Refused:
            connection.knocked = False
            if self._attendance.give_up(connection):
                await room.line_lost(person)
            raise
        if from_elsewhere:
            await self._screens.tell_of_move(connection)
        phone = self._attendance.on(room.session.id, sound_line(person)) if order.move else None
        if phone is not None and not connection.shut_out:
            await self._put_down(phone, connection)
        return None

    # --- another browser ---

    def _must_ask(self, connection: Connection, order: Order) -> bool:
        """Whether this person is inside, and this browser of theirs has to be let in first."""
        room = connection.room
        person = room.session.person(connection.person)
        if person is None or person.place is not Place.INSIDE or room.session.ended:
            return False
        there = self._attendance.on(room.session.id, person.id)
        answers = order.move or order.sound or there is None
        return answers and not goes_straight_in(person, connection.browser, room.now())

    async def prolong(self, connection: Connection, browser: Browser) -> None:
        """Its sign-in lasts longer than was known: as long, a leader's link alone lets no other browser straight in."""
        connection.browser = browser
        room, version = connection.room, connection.room.session.version
        with suppress(Refused):  # after the end; or the journal is away, and the next knock says it again
            leader = connection.viewer
            if leader.role in LEADERS and connection.takes_part and not connection.sound:
                await room.obey(c.Knock(leader.name, browser), leader.id, version, f"until {version} {browser.id}")

    async def _ask(self, connection: Connection, knock: c.Knock, order: Order) -> None:
        """
        Wait at the door, where another window of this browser may have waited.

        Raises:
            Refused: `another_waits` while another browser of this person asks.
        """
        room = connection.room
        decide(room.session, knock, connection.person, room.now(), room.session.version)
        connection.wanted, connection.refused = order, False
        before = self._attendance.place(connection)
        self._attendance.take(connection)
        if before is not None and before is not connection:
            before.wanted = None  # also an older line of the same window, which is not missed yet
            if self._elsewhere(before, connection):
                await self._say_elsewhere(before, connection)
        try:
            await room.come(connection.person, knock, order.devices, order.key)
        except Refused:
            self._leave_the_door(connection)
            raise
        await self._screens.say_stop(connection)

    def refused(self, room: Room, person: str, browser: str) -> None:
        """No window of this browser comes in by itself, also if another one is let in later; its page reads why."""
        for one in self._attendance.theirs(room.session.id, person):
            one.refused = one.refused or (one.wanted is not None and one.browser.id == browser)

    async def come_in(self, connection: Connection) -> None:
        """It was let in: it takes the place, or the sound, that it asked for; or its page reads why it does not."""
        order = connection.wanted
        stands = self._attendance.has_place(connection)
        if order is None or not stands or connection.shut_out or not isinstance(order.command, c.Knock):
            return
        try:
            await self.knock(connection, order.command, replace(order, move=not order.sound))
        except Refused as refusal:
            self._leave_the_door(connection)
            await self._emit("over", {"reason": refusal.reason}, to=connection.sid)

    async def leave_door(self, connection: Connection) -> None:
        """It asks no more."""
        self._leave_the_door(connection)
        await connection.room.asks_no_more(connection.person, connection.browser)

    def _leave_the_door(self, connection: Connection) -> None:
        if connection.wanted is not None:
            self._attendance.give_up(connection)
            connection.wanted, connection.refused = None, False

    async def _leave_place(self, connection: Connection) -> None:
        """It takes part no more, and is not waited for."""
        connection.knocked = False
        if self._attendance.give_up(connection):
            await self._line_lost(connection)

    # --- sound ---

    async def _carry_sound(self, connection: Connection, order: Order) -> None:
        """Another device of somebody inside is to carry their sound; of several the last, and each goes on to."""
        if connection.knocked and not connection.sound:
            raise Refused("already_here")
        if connection.viewer.place is not Place.INSIDE or connection.room.session.ended:
            raise Refused("not_inside")
        connection.sound = True
        from_elsewhere = await self._sit(connection, self._attendance.place(connection))
        self._screens.tell_pictures(connection)
        await connection.room.carry_sound(connection.person, order.devices[0])
        await connection.room.show()
        if from_elsewhere:
            await self._screens.tell_of_move(connection)
        await self._screens.say_stop(connection)

    async def _sit(self, connection: Connection, before: Connection | None) -> bool:
        """This connection takes part, and the one that had its line does no more; whether that is another browser's."""
        from_elsewhere = self._attendance.take(connection)
        if before is not None and before is not connection:
            before.knocked = False
        await self._silence(before, connection)
        if not self._attendance.has_place(connection):
            raise Refused("already_here")  # a third window was quicker
        connection.knocked = True
        return from_elsewhere

    def _elsewhere(self, before: Connection, now: Connection) -> bool:
        """Whether somebody is here already, with a line that is up, and in another window."""
        return before.sid in self._attendance.connections and before.window != now.window

    async def _silence(self, before: Connection | None, now: Connection) -> None:
        """Nothing comes from another window any more, also where its socket was lost and its sound was not."""
        moved = await self._windows.enter(*now.at, now.window)
        if moved and before is not None and before.sid in self._attendance.connections:
            await self._say_elsewhere(before, now)

    async def _put_down(self, phone: Connection, by: Connection) -> None:
        """The sound is where the place is again."""
        phone.knocked = False
        await self._say_elsewhere(phone, by)
        if self._attendance.give_up(phone):
            await self._negotiator.leave(*phone.at)
            await phone.room.carry_sound(phone.person, None)

    async def _say_elsewhere(self, connection: Connection, place: Connection | None) -> None:
        same = place is None or place.browser.id == connection.browser.id
        await self._emit("elsewhere", {"same_browser": same}, to=connection.sid)

    # --- going ---

    async def await_back(self, connection: Connection) -> None:
        """A connection is closed; its seat is empty for the others only if it does not come back soon."""
        await asyncio.sleep(LINE_PATIENCE_SECONDS)
        if self._attendance.give_up(connection):
            await self._line_lost(connection)

    async def await_all(self, room: Room) -> None:
        """Whoever is in a room that has just been opened, and has no page here before long, is not there."""
        expected = room.session.present
        await asyncio.sleep(RETURN_SECONDS)
        for person in expected:
            if not self._attendance.waits_for(room.session.id, person):
                await room.line_lost(person)

    async def leave(self, connection: Connection) -> None:
        """A connection has ended, and nobody waits for it to come back."""
        self._attendance.connections.pop(connection.sid, None)
        if self._attendance.give_up(connection):
            await self._negotiator.leave(*connection.at)
            await self._line_lost(connection)

    async def _line_lost(self, connection: Connection) -> None:
        if connection.wanted is not None:
            await connection.room.asks_no_more(connection.person, connection.browser)
        elif connection.sound:
            await connection.room.carry_sound(connection.person, None)
        else:
            await connection.room.line_lost(connection.person)

    # --- what is watched ---

    def taken(self, room: Room) -> list[Seat]:
        """The line of each connection that takes part, and the browser that it belongs to."""
        return [Seat(one.line, one.browser.id) for one in self._attendance.of(room) if one.knocked]

    async def one_place(self, room: Room) -> None:
        """A connection that takes part without having the place does so no more, and sound and picture begin anew."""
        for one in self._attendance.of(room):
            place = None if one.shut_out else self._attendance.place(one)
            if one.knocked and place is not one:
                self._attendance.give_up(one)
                one.knocked = False
                await self._negotiator.leave(*one.at)
                await self._say_elsewhere(one, place)
                if place is not None:
                    await self._screens.say_media_back(place)
