"""Which browsers a place belongs to: those that were let in once. A link alone is worth the door."""

import hashlib
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
    """

    person: str
    browser: Browser
    sound: bool = False


def code(browser: Browser) -> str:
    """What a device shows, and what whoever is asked compares: drawn with the sign-in, so nobody chooses it."""
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


def seen_from(person: Person, browser: Browser, asking: bool = False) -> Person:
    """The person as far as one of their browsers is concerned: another that is inside lets none of the others in."""
    if not shut_out(person, browser):
        return person
    return replace(person, place=Place.DOOR if asking else Place.INVITED)


def is_another(person: Person) -> bool:
    """Whether the browser that waits at the door for this person is not the first that came there."""
    known = {one.id for one in person.let_in} | set(person.knocked_from)
    return person.knocks is not None and not belongs_to(person, person.knocks) and known != {person.knocks.id}
