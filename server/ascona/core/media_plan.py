"""Who is heard and seen by whom: a pure function of the session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What travels."""

    AUDIO = "audio"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Route:
    """One sender's sound or picture, allowed to reach one receiver."""

    sender: str
    receiver: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class MediaPlan:
    """
    Everything that may be forwarded in a room; what is not named here is not.

    Attributes:
        version: The session's version this plan follows from.
        routes: The allowed (sender, receiver, kind) triples.
        slots: The slot that carries each sender, by person: for the circle the
            person's seat, for people outside it one of the floor slots after the seats.
    """

    version: int = 0
    routes: frozenset[Route] = frozenset()
    slots: Mapping[str, int] = field(default_factory=dict)
