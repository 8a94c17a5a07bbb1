"""One browser's connection to a room, and how much may come over it."""

from dataclasses import dataclass, field, replace
from typing import Any

from ascona.core.browsers import has_own_bell, seen_from, shut_out
from ascona.core.people import Browser, Person, Place
from ascona.core.rights import Refused
from ascona.core.sound_line import sound_line
from ascona.live.messages import Order
from ascona.live.rate_limit import TokenBucket
from ascona.live.room import Room
from ascona.live.websocket import cut

WINDOW_LIMIT = 64
"""Characters of what a page has drawn for its window that are looked at."""

MESSAGES_PER_SECOND, MESSAGES_AT_ONCE = 20.0, 40.0
TOO_FAST_PER_SECOND, TOO_FAST_AT_ONCE = 40.0, 200.0
"""Messages above that rate which are answered with a refusal; who sends still more is hung up on for a while."""

OFFERS_PER_SECOND, OFFERS_AT_ONCE = 1.0, 5.0

_AT_DOOR = "~door"
"""At the end of what is no line of sound and picture: of each person one other browser asks to come in."""


@dataclass(slots=True)
class Connection:
    """
    One browser's connection.

    Attributes:
        browser: That it comes from; two windows of one browser have the same.
        window: Of that browser, drawn by the page: one that comes back is told from another window by it.
        cookie: Its Cookie header, to ask again whose it is.
        request: What opened it; None where nothing lies below.
        knocked: It is this person's place in the room, or carries their sound there.
        sound: It only carries their sound.
        wanted: What it asked for, while it waits at the door of somebody who is inside from another browser.
        refused: That was answered with a no.
        turns: How many screens it was sent: counted for each, so that the number tells nothing of other screens.
        outside: The last of them, if that was of a person who is not inside, and they have not knocked since.
    """

    sid: str
    room: Room
    person: str
    browser: Browser
    window: str
    cookie: str = field(default="", repr=False)
    request: Any = field(default=None, repr=False)
    knocked: bool = False
    sound: bool = False
    wanted: Order | None = None
    refused: bool = False
    turns: int = 0
    outside: dict[str, Any] | None = field(default=None, repr=False)
    messages: TokenBucket = field(default_factory=lambda: TokenBucket(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE))
    offers: TokenBucket = field(default_factory=lambda: TokenBucket(OFFERS_PER_SECOND, OFFERS_AT_ONCE))
    refusals: TokenBucket = field(default_factory=lambda: TokenBucket(TOO_FAST_PER_SECOND, TOO_FAST_AT_ONCE))

    @property
    def line(self) -> str:
        """What its sound and picture go by."""
        if self.wanted is not None:
            return self.person + _AT_DOOR
        return sound_line(self.person) if self.sound else self.person

    @property
    def at(self) -> tuple[str, str]:
        """Its room and line: of each there is one connection that takes part."""
        return self.room.session.id, self.line

    @property
    def place(self) -> tuple[str, str]:
        """Its room and person, whichever of their devices it is."""
        return self.room.session.id, self.person

    @property
    def viewer(self) -> Person:
        """
        This person as far as this browser of theirs is concerned: see `core/browsers.py`.

        Raises:
            Refused: If the session does not know them.
        """
        asks = self.room.session.asks(self.person)
        asking = asks is not None and asks.browser.id == self.browser.id
        person = seen_from(self.known, self.browser, asking)
        if self.wanted is None or person.place is not Place.INSIDE:
            return person
        return replace(person, place=Place.INVITED if self.refused else Place.DOOR)  # let in, and not yet in

    @property
    def bell(self) -> tuple[str, str, str]:
        """What it knocks by: a bell of its own, or the one that all other browsers of this person share."""
        own = has_own_bell(self.known, self.browser)
        return (*self.place, self.browser.id if own else "")

    @property
    def takes_part(self) -> bool:
        """Whether anything may be done over it."""
        return self.knocked and not self.shut_out

    @property
    def shut_out(self) -> bool:
        """Whether this person is inside, and this browser of theirs was not let in."""
        return shut_out(self.known, self.browser)

    @property
    def known(self) -> Person:
        """
        This person as the session has them.

        Raises:
            Refused: If it does not know them.
        """
        person = self.room.session.person(self.person)
        if person is None:
            raise Refused("not_inside")
        return person

    def cut(self) -> None:
        """End it without a goodbye, which would have to be read first; what has come and was not read is not read."""
        if self.request is not None:
            cut(self.request)
