"""Which connections there are, and which of them has whose place; or carries the sound of it."""

from typing import Protocol

from ascona.core.people import Browser
from ascona.live.connection import Connection
from ascona.live.room import Room

CONNECTIONS_LIMIT = 6
"""Connections of one person: a line that is lost and not yet missed, and some windows."""


class Guest(Protocol):
    """Somebody, signed in with a browser."""

    @property
    def person(self) -> str: ...

    @property
    def browser(self) -> Browser: ...


class Attendance:
    """
    Everybody's connections, of all rooms.

    Attributes:
        connections: By Socket.IO's id. A place outlives them: its line may come back.
    """

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}
        self._places: dict[tuple[str, str], Connection] = {}
        self._browsers: dict[tuple[str, str], str] = {}

    def place(self, connection: Connection) -> Connection | None:
        """Whichever takes part on this connection's line."""
        return self._places.get(connection.at)

    def has_place(self, connection: Connection) -> bool:
        return self.place(connection) is connection

    def take(self, connection: Connection) -> bool:
        """From now on it is this connection that takes part on its line; whether another browser did before."""
        self._places[connection.at] = connection
        before = self._browsers.get(connection.at, connection.browser.id)
        self._browsers[connection.at] = connection.browser.id
        return before != connection.browser.id

    def give_up(self, connection: Connection) -> bool:
        """Nobody waits for it any more; whether it had a place."""
        had = self.has_place(connection)
        if had:
            del self._places[connection.at]
        return had

    def waits_for(self, room: str, line: str) -> bool:
        """Whether somebody takes part on this line, though their connection may be lost."""
        return (room, line) in self._places

    def on(self, room: str, line: str) -> Connection | None:
        """Whose page this line leads to now."""
        place = self._places.get((room, line))
        return place if place is not None and place.sid in self.connections else None

    def is_theirs(self, sid: str, guest: Guest) -> bool:
        """Whether there is such a connection, and it is this browser's."""
        one = self.connections.get(sid)
        return one is not None and (one.person, one.browser.id) == (guest.person, guest.browser.id)

    def waiting(self, room: Room) -> list[Connection]:
        """Other browsers of people who are inside, at the door."""
        return [one for one in self.of(room) if one.wanted is not None and not one.refused]

    def everywhere(self) -> list[Connection]:
        """Everyone who takes part and is connected."""
        return [place for place in self._places.values() if place.sid in self.connections]

    def inside(self, room: Room) -> list[Connection]:
        """The same, of one room."""
        return [place for place in self.everywhere() if place.room is room]

    def of(self, room: Room) -> list[Connection]:
        """Every connection to a room."""
        return [one for one in self.connections.values() if one.room is room]

    def theirs(self, room: str, person: str) -> list[Connection]:
        """Every connection of somebody, the first first."""
        return [one for one in self.connections.values() if (one.room.session.id, one.person) == (room, person)]

    def surplus(self, room: str, person: str) -> list[Connection]:
        """Of more connections than anybody needs those that were first and have no place."""
        theirs = self.theirs(room, person)
        idle = [one for one in theirs if not self.has_place(one)]
        return idle[: max(0, len(theirs) - CONNECTIONS_LIMIT)]

    def forget(self, room: Room) -> None:
        """Nobody waits for any line of this room."""
        for at in [at for at, one in self._places.items() if one.room is room]:
            del self._places[at]
        for at in [at for at in self._browsers if at[0] == room.session.id]:
            del self._browsers[at]
