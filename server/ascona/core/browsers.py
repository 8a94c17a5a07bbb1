"""Which browsers a place belongs to: those that were let in once. A link alone is worth the door."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from ascona.core.people import LEADERS, Browser, Person, Place

CODES = 1000
"""Numbers that tell two devices which ask at the same time apart: three digits are quickly read aloud."""


@dataclass(frozen=True, slots=True)
class Asking:
    """
    Another browser of a person who is inside asks to come in.

    Attributes:
        sound: It asks to carry the person's sound, and not to take the place.
        came: The session's version since which it asks: an answer is for what had been read.
    """

    person: str
    browser: Browser
    sound: bool = False
    came: int = 0


def code(browser: Browser) -> str:
    """
    What a device shows, and what the person who is asked compares.

    It tells two devices apart that ask by accident; it is no secret, and proves nothing: the holder of a link can sign
    in until these digits fit.
    """
    drawn = hashlib.sha256(browser.id.encode()).digest()
    return f"{int.from_bytes(drawn[:4]) % CODES:03}"


def belongs_to(person: Person, browser: Browser) -> bool:
    """Whether the place belongs to this browser."""
    return any(one.id == browser.id for one in person.let_in)


def goes_straight_in(person: Person, browser: Browser, now: datetime) -> bool:
    """
    Whether nobody has to let this browser in, where nobody has to let the person in.

    Its place belongs to it; or it is a leader's, and the sign-in of each browser that was let in by the same link has
    ended by the time recorded. Signing out is not recorded: a leader who does that, and has no co-leader to be let in
    by, comes in from another browser after that time, or by a new link. Where a place belongs to no browser at all it
    was taken before this was recorded, and is the first one's that comes back.
    """
    if belongs_to(person, browser) or (person.place is Place.INSIDE and not person.let_in):
        return True
    signed_in = (one for one in person.let_in if one.link == browser.link and (one.until is None or now < one.until))
    return person.role in LEADERS and not any(signed_in)


def shut_out(person: Person, browser: Browser) -> bool:
    """Whether the person is inside, and this browser of theirs is not."""
    return person.place is Place.INSIDE and not belongs_to(person, browser)


def stands_behind(person: Person, browser: Browser, present: Collection[str]) -> bool:
    """
    Whether another browser of this person waits at the door already, with a line that is up: it keeps its place there.

    Only one that was let in once goes before one that never was.

    Args:
        present: Ids of the people whose line is up.
    """
    first = person.knocks
    if person.place is not Place.DOOR or first is None or first.id == browser.id or person.id not in present:
        return False
    return belongs_to(person, first) or not belongs_to(person, browser)


def has_own_bell(person: Person, browser: Browser) -> bool:
    """Whether this browser was let in, or came to the door before all others: no copy of the link rings its bell."""
    first = person.place is not Place.INSIDE and person.knocked_from[:1] == (browser.id,)
    return first or belongs_to(person, browser)


def seen_from(person: Person, browser: Browser, asking: bool = False) -> Person:
    """The person as far as one of their browsers is concerned: another that is inside lets none of the others in."""
    if not shut_out(person, browser):
        return person
    return replace(person, place=Place.DOOR if asking else Place.INVITED)


def is_another(person: Person) -> bool:
    """Whether the browser that waits at the door for this person is not the first that came there."""
    known = {one.id for one in person.let_in} | set(person.knocked_from)
    return person.knocks is not None and not belongs_to(person, person.knocks) and known != {person.knocks.id}
