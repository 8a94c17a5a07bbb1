"""What a button's meaning stands on: a press is for what was on the screen, and not for what has just come there."""

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Something on screens that decides what a press would do. Which command stands on which: `rights.py`."""

    FRAME = "frame"  # the phase and its time
    WAIT = "wait"  # whether the group waits for its presenter
    CASE = "case"  # who presents, and who was asked to
    BACK = "back"  # whether the presenter sits back
    PROTECTION = "protection"  # whether microphones are closed around the presenter
    RING = "ring"  # whether the outer ring may speak
    DEPUTY = "deputy"  # who holds the frame without leaders, or was asked to
    LOCK = "lock"  # whether the door is locked
    DOOR = "door"  # somebody went from the door, and the others have moved up
    PERSON = "person"  # name, place and role of the one a command is about; kept by each `Person`


FIRM = frozenset({Ground.FRAME, Ground.PERSON})
"""Grounds that a command is held against by its version alone, also where its page does not say what had been read:
two leaders at once make one step, and nobody is let in under a name that was not seen."""


@dataclass(frozen=True, slots=True)
class Move:
    """When a ground last moved: the session's version, and by whose command; None: by the clock."""

    version: int = 0
    by: str | None = None


NEVER = Move()

UNMOVED: tuple[Move, ...] = (NEVER,) * len(Ground)
"""By ground, in their order: before anything has happened."""
