"""The people of a session: what they were invited as, and where they are now."""

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ascona.core.grounds import NEVER, Move
from ascona.core.likeness import first_alike

CIRCLE_LIMIT = 16
"""Seats in the inner circle, leaders included: fourteen with video and two to spare."""

PEOPLE_LIMIT = 150
"""People in one session: a circle and an outer ring of a hundred, with room for observers."""

FLOOR_LIMIT = 2
"""People outside the circle who can be heard at the same time: each needs a slot at every listener."""

NAME_LIMIT = 64
"""Characters in a name as shown, after normalisation."""

RENAMES_LIMIT = 3
"""How often somebody may change the name they are shown under: enough for a slip and a second thought."""


INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers that Unicode counts as letters or symbols, though nothing is seen of them."""


class Role(StrEnum):
    """What somebody was invited as. Only `MoveToRing` and `InviteToCircle` change it, and never for good."""

    LEADER = "leader"
    CO_LEADER = "co_leader"
    MEMBER = "member"
    RING = "ring"
    OBSERVER = "observer"
    SUPERVISOR = "supervisor"


class Standing(StrEnum):
    """Where somebody stands now: their role, or presenter while the case is theirs."""

    LEADER = "leader"
    CO_LEADER = "co_leader"
    PRESENTER = "presenter"
    MEMBER = "member"
    RING = "ring"
    OBSERVER = "observer"
    SUPERVISOR = "supervisor"


LEADERS = frozenset({Role.LEADER, Role.CO_LEADER})
CIRCLE = LEADERS | {Role.MEMBER}
OUTSIDE = frozenset({Role.RING, Role.OBSERVER, Role.SUPERVISOR})


class Place(StrEnum):
    """How far into the room somebody has come. A lost line does not change it."""

    INVITED = "invited"
    DOOR = "door"
    INSIDE = "inside"
    LEFT = "left"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Browser:
    """
    A browser that a person is signed in with.

    Attributes:
        id: Of the sign-in; no secret, and the same when this browser opens the link again.
        link: By which of the person's links it came; a link that replaces a revoked one is another.
        until: When the sign-in ends; None: not known to end.
    """

    id: str = ""
    link: str = ""
    until: datetime | None = None


UNKNOWN_BROWSER = Browser()
"""Where it does not matter which browser it is."""


@dataclass(frozen=True, slots=True)
class Person:
    """
    One invited person.

    Attributes:
        seat: Place in the one order that everybody sees. In the circle it is
            also the slot that carries this person's sound and picture; people
            outside are seated behind the circle's seats.
        came_as: What they were invited as, where a leader has moved them since.
        agreed: They have agreed to what is asked of everyone, from any of their browsers; it holds for the session.
        kept: They wait at the door after a long absence, and their chair, role and case wait for them.
        invited: Their name on the link, where they are shown under another one; else empty.
        renamed: How often they have changed it.
        moved: When name, place or role last changed: what leaders go by when they press a button about them.
        let_in: The browsers that the place belongs to: see `browsers.py`.
        knocks: The browser that waits at the door, where they do.
        knocked_from: Ids of all browsers that have waited there.
    """

    id: str
    name: str
    role: Role
    seat: int
    place: Place = Place.INVITED
    came_as: Role | None = None
    agreed: bool = False
    kept: bool = False
    let_in: tuple[Browser, ...] = ()
    knocks: Browser | None = None
    knocked_from: tuple[str, ...] = ()
    invited: str = ""
    renamed: int = 0
    moved: Move = NEVER

    def named(self, name: str) -> "Person":
        """The same person under another name."""
        invited = self.invited or self.name
        return replace(self, name=name, invited="" if name == invited else invited, renamed=self.renamed + 1)

    @property
    def may_take_part(self) -> bool:
        """Inside, and agreed: without both, no sound and no picture goes to them or comes from them."""
        return self.place is Place.INSIDE and self.agreed

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that is theirs."""
        return (self.name, self.invited) if self.invited else (self.name,)


def clean_name(text: str) -> str:
    """
    Make a name fit to be shown to a group: NFC, single spaces, as written otherwise.

    Markup is kept: it is a page's duty to show text as text.

    Raises:
        ValueError: If nothing is left, it is longer than `NAME_LIMIT`, or it holds
            characters that are invisible or turn the direction of the text around.
    """
    name = " ".join(unicodedata.normalize("NFC", text[: 4 * NAME_LIMIT + 1]).split())
    if len(name) > NAME_LIMIT or len(text) > 4 * NAME_LIMIT:
        raise ValueError(f"a name has at most {NAME_LIMIT} characters")
    if not any(character.isalnum() for character in name):
        raise ValueError("a name needs at least one letter")
    if any(character in INVISIBLE or unicodedata.category(character).startswith("C") for character in _unjoined(name)):
        raise ValueError("a name has no control, invisible or direction characters")
    return name


def _unjoined(name: str) -> str:
    """Without the two joiners: invisible, but part of how Persian and Indic names are written."""
    return name.replace("\u200c", "").replace("\u200d", "")


def seated(names: list[tuple[str, Role]], ids: list[str]) -> tuple[tuple[Person, ...], int]:
    """
    Give everyone a seat: co-leaders opposite the leader, the others as listed, outsiders behind.

    Leaders who face each other see the same group from both sides; where a
    co-leader sits matters (Co-Leitung in Balint-Gruppen, 2014).

    Args:
        names: (name, role) as invited.
        ids: One fresh id for each, in the same order.

    Returns:
        The people in seat order, and how many seats the circle has: two spare
        chairs for people of the ring who are invited in.

    Raises:
        ValueError: If there is no leader, too many for the circle or the room, or a name that is like another.
    """
    if not any(role in LEADERS for _, role in names):
        raise ValueError("a session needs a leader")
    if len(names) > PEOPLE_LIMIT:
        raise ValueError(f"a session has at most {PEOPLE_LIMIT} people")
    invited = [(id, clean_name(name), role) for id, (name, role) in zip(ids, names, strict=True)]
    leaders = [one for one in invited if one[2] is Role.LEADER]
    co_leaders = [one for one in invited if one[2] is Role.CO_LEADER]
    members = [one for one in invited if one[2] is Role.MEMBER]
    outside = [one for one in invited if one[2] in OUTSIDE]
    if len(leaders + co_leaders + members) > CIRCLE_LIMIT:
        raise ValueError(f"the circle has at most {CIRCLE_LIMIT} seats")
    if pair := first_alike(name for _, name, _ in invited):
        raise ValueError(f"“{pair[0]}” and “{pair[1]}” are too much alike: add something, e.g. a surname")
    halfway = (len(leaders + co_leaders + members)) // 2 - len(leaders)
    halfway = max(halfway, 0)
    circle = leaders + members[:halfway] + co_leaders + members[halfway:]
    seats = min(CIRCLE_LIMIT, len(circle) + 2)
    in_circle = [Person(id, name, role, seat) for seat, (id, name, role) in enumerate(circle)]
    behind = [Person(id, name, role, seats + order) for order, (id, name, role) in enumerate(outside)]
    return (*in_circle, *behind), seats
