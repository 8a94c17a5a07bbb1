"""The people of a session: what they were invited as, and where they stand now."""

from dataclasses import dataclass
from enum import StrEnum

CIRCLE_LIMIT = 16
"""Seats in the inner circle: twelve is the soft limit, sixteen the hard one (leaders included)."""

FLOOR_LIMIT = 2
"""People outside the circle who can have the word at the same time."""

NAME_LIMIT = 64
"""Characters in a name as shown."""


class Role(StrEnum):
    """What somebody was invited as. Roles change only by `MoveToRing` and `InviteToCircle`."""

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
    """How far into the room somebody has come."""

    INVITED = "invited"  # has a link, has not come yet
    DOOR = "door"  # has knocked and waits for a leader
    INSIDE = "inside"  # was admitted; a lost line does not change this
    LEFT = "left"  # went by themselves, may knock again
    REMOVED = "removed"  # sent away by a leader


@dataclass(frozen=True, slots=True)
class Person:
    """
    One invited person.

    Attributes:
        seat: Index in the shared order, the same for everyone; for the circle
            also the slot that carries their sound and picture. People outside
            the circle are seated after it, in an order of their own.
    """

    id: str
    name: str
    role: Role
    seat: int
    place: Place = Place.INVITED
