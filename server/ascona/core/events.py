"""What has happened: small facts, recorded before anything opens or is shown, replayed after a crash."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from ascona.core.people import Browser, Role
from ascona.core.programme import AtEnd

# The door


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody is shown under another name than the invited one."""

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """This person has agreed to what is asked of everyone before they come in; recorded before their first knock."""

    person: str


@dataclass(frozen=True, slots=True)
class Knocked:
    """
    Attributes:
        kept: After a long absence, and everything waits for them.
        browser: The one that waits; None: from before it was recorded.
    """

    person: str
    kept: bool = False
    browser: Browser | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """`browser`: the one that the place belongs to; None: from before it was recorded."""

    person: str
    browser: Browser | None = None


@dataclass(frozen=True, slots=True)
class KnockedToo:
    """Another browser knocks for a person who waits at the door already; it does not wait there."""

    person: str
    browser: Browser


@dataclass(frozen=True, slots=True)
class BrowserAsked:
    """Another browser of a person who is inside asks to come in; changes only what may have been read."""

    person: str
    browser: Browser


@dataclass(frozen=True, slots=True)
class BrowserLetIn:
    """The place of somebody who is inside belongs to this browser of theirs, too."""

    person: str
    browser: Browser


@dataclass(frozen=True, slots=True)
class BrowserRefused:
    """It was not let in; it may ask again."""

    person: str
    browser: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    person: str


@dataclass(frozen=True, slots=True)
class Departed:
    person: str


@dataclass(frozen=True, slots=True)
class Removed:
    person: str


@dataclass(frozen=True, slots=True)
class Locked:
    pass


@dataclass(frozen=True, slots=True)
class Unlocked:
    pass


# The frame


@dataclass(frozen=True, slots=True)
class PhaseStarted:
    """
    A phase begins.

    Attributes:
        ends_at: None: until a leader moves on.
        ring_until: The ring keeps the word until then, because the clock and not
            a leader ended its slot.
    """

    step: int
    at: datetime
    ends_at: datetime | None
    ring_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhaseExtended:
    ends_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class HoldExtended:
    """More time for a phase whose clock stands still."""

    left: timedelta
    minutes: int


@dataclass(frozen=True, slots=True)
class Held:
    left: timedelta


@dataclass(frozen=True, slots=True)
class Resumed:
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class AtEndSet:
    at_end: AtEnd
    whole_evening: bool


@dataclass(frozen=True, slots=True)
class ClockShown:
    on: bool


@dataclass(frozen=True, slots=True)
class MinuteAnnounced:
    pass


@dataclass(frozen=True, slots=True)
class TimeAnnounced:
    pass


@dataclass(frozen=True, slots=True)
class SessionEnded:
    pass


# The presenter


@dataclass(frozen=True, slots=True)
class PresenterAsked:
    person: str
    by: str


@dataclass(frozen=True, slots=True)
class PresenterDeclined:
    person: str


@dataclass(frozen=True, slots=True)
class PresenterChosen:
    person: str


@dataclass(frozen=True, slots=True)
class PresenterReleased:
    """The case is over, or its presenter has gone."""

    person: str


@dataclass(frozen=True, slots=True)
class SatBack:
    person: str


@dataclass(frozen=True, slots=True)
class CameBack:
    person: str


@dataclass(frozen=True, slots=True)
class Signalled:
    person: str


@dataclass(frozen=True, slots=True)
class Protected:
    on: bool


@dataclass(frozen=True, slots=True)
class PresenterAwaited:
    """
    The presenter's line is lost in a phase that waits for them.

    Attributes:
        holds: The clock stands still, with `left` on it.
    """

    until: datetime
    left: timedelta | None
    holds: bool


@dataclass(frozen=True, slots=True)
class WaitEnded:
    """The leaders say how to go on."""


@dataclass(frozen=True, slots=True)
class PresenterReturned:
    """`ends_at`: when the phase ends, where its clock stood still for the presenter."""

    ends_at: datetime | None


# The deputy


@dataclass(frozen=True, slots=True)
class DeputyNamed:
    person: str


@dataclass(frozen=True, slots=True)
class DeputyReleased:
    person: str


@dataclass(frozen=True, slots=True)
class DeputyAsked:
    person: str
    by: str


@dataclass(frozen=True, slots=True)
class DeputyDeclined:
    person: str


@dataclass(frozen=True, slots=True)
class FrameTaken:
    person: str


@dataclass(frozen=True, slots=True)
class FrameReturned:
    """A leader is here again. `person`: who held the frame, if anybody had said yes."""

    person: str | None


# The ring


@dataclass(frozen=True, slots=True)
class RingOpened:
    """`until`: when its microphones close by themselves; None: with the phase."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class RingClosed:
    pass


@dataclass(frozen=True, slots=True)
class WordGiven:
    person: str


@dataclass(frozen=True, slots=True)
class WordPassed:
    person: str


@dataclass(frozen=True, slots=True)
class MovedToRing:
    """`role`: what they are there, for whoever came as an observer is one again."""

    person: str
    seat: int
    role: Role = Role.RING


@dataclass(frozen=True, slots=True)
class InvitedToCircle:
    person: str
    seat: int


Event: TypeAlias = (
    Named
    | Agreed
    | Knocked
    | Admitted
    | KnockedToo
    | BrowserAsked
    | BrowserLetIn
    | BrowserRefused
    | TurnedAway
    | Departed
    | Removed
    | Locked
    | Unlocked
    | PhaseStarted
    | PhaseExtended
    | HoldExtended
    | Held
    | Resumed
    | AtEndSet
    | ClockShown
    | MinuteAnnounced
    | TimeAnnounced
    | SessionEnded
    | PresenterAsked
    | PresenterDeclined
    | PresenterChosen
    | PresenterReleased
    | SatBack
    | CameBack
    | Signalled
    | Protected
    | PresenterAwaited
    | WaitEnded
    | PresenterReturned
    | DeputyNamed
    | DeputyReleased
    | DeputyAsked
    | DeputyDeclined
    | FrameTaken
    | FrameReturned
    | RingOpened
    | RingClosed
    | WordGiven
    | WordPassed
    | MovedToRing
    | InvitedToCircle
)

FRAME = (
    PhaseStarted,
    PhaseExtended,
    HoldExtended,
    Held,
    Resumed,
    AtEndSet,
    SessionEnded,
    PresenterAwaited,
    PresenterReturned,
)
"""Events that make a frame command decided before them stale: somebody else has moved the frame."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """
    An event as it stands in the journal.

    Attributes:
        version: Of the session after it, from 1 without gaps.
        at: When, timezone-aware UTC.
        by: Whose command it came from; None for the clock.
        key: Idempotency key of that command.
    """

    version: int
    at: datetime
    by: str | None
    key: str
    event: Event
