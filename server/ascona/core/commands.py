"""What people, and the clock, may ask for. Whether they may is decided in `rules` and `decide`."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from ascona.core.people import UNKNOWN_BROWSER, Browser
from ascona.core.programme import AtEnd

# The door


@dataclass(frozen=True, slots=True)
class Knock:
    """
    I am here, under this name; also said after every reconnect.

    Attributes:
        browser: Known from the sign-in, never from a message.
        sound: Only to carry the sound of a person who is inside.
        agreed: This person has ticked “I agree” on the page. Once is enough: see `Person.agreed`.
    """

    name: str
    browser: Browser = UNKNOWN_BROWSER
    sound: bool = False
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Leave:
    """I go."""


@dataclass(frozen=True, slots=True)
class Admit:
    """`browser`: of whichever waits at the door for this person; empty: whichever it is."""

    person: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class AdmitEveryone:
    pass


@dataclass(frozen=True, slots=True)
class TurnAway:
    """Not today: the person at the door may knock again."""

    person: str


@dataclass(frozen=True, slots=True)
class Remove:
    person: str


@dataclass(frozen=True, slots=True)
class AllowDevice:
    """That is me: the browser that asks to come in under my name."""

    browser: str


@dataclass(frozen=True, slots=True)
class RefuseDevice:
    """That is not me."""

    browser: str


@dataclass(frozen=True, slots=True)
class Lock:
    pass


@dataclass(frozen=True, slots=True)
class Unlock:
    pass


# The frame


@dataclass(frozen=True, slots=True)
class OpenSession:
    pass


@dataclass(frozen=True, slots=True)
class NextPhase:
    pass


@dataclass(frozen=True, slots=True)
class PreviousPhase:
    pass


@dataclass(frozen=True, slots=True)
class GoToPhase:
    """Go to any step of the programme, forwards or back."""

    step: int


@dataclass(frozen=True, slots=True)
class Extend:
    minutes: int


@dataclass(frozen=True, slots=True)
class Hold:
    pass


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class SetAtEnd:
    """Let phases announce their end or advance by themselves: the phase at hand, or the whole evening."""

    at_end: AtEnd
    whole_evening: bool


@dataclass(frozen=True, slots=True)
class ShowClock:
    on: bool


@dataclass(frozen=True, slots=True)
class EndSession:
    pass


# The presenter


@dataclass(frozen=True, slots=True)
class ChoosePresenter:
    """Ask somebody to present; nobody presents without saying yes."""

    person: str


@dataclass(frozen=True, slots=True)
class AgreeToPresent:
    pass


@dataclass(frozen=True, slots=True)
class DeclineToPresent:
    pass


@dataclass(frozen=True, slots=True)
class SitBack:
    pass


@dataclass(frozen=True, slots=True)
class ComeBack:
    pass


@dataclass(frozen=True, slots=True)
class Signal:
    """Ask the leaders, and only them, to come back."""


@dataclass(frozen=True, slots=True)
class Protect:
    """Close the members' microphones around the presenter, or open them again."""

    on: bool


@dataclass(frozen=True, slots=True)
class GoOnWaiting:
    """For the presenter whose line is lost, after a wait that was in vain."""


@dataclass(frozen=True, slots=True)
class ChooseAnother:
    """The case ends without its presenter; the group chooses another one."""


# The deputy


@dataclass(frozen=True, slots=True)
class NameDeputy:
    """Say beforehand whom the group may ask to hold the frame while no leader is there."""

    person: str


@dataclass(frozen=True, slots=True)
class ReleaseDeputy:
    pass


@dataclass(frozen=True, slots=True)
class AskDeputy:
    pass


@dataclass(frozen=True, slots=True)
class HoldFrame:
    """The deputy says yes."""


@dataclass(frozen=True, slots=True)
class DeclineFrame:
    pass


# The ring


@dataclass(frozen=True, slots=True)
class OpenRing:
    pass


@dataclass(frozen=True, slots=True)
class CloseRing:
    pass


@dataclass(frozen=True, slots=True)
class GiveWord:
    person: str


@dataclass(frozen=True, slots=True)
class TakeWord:
    """I would like to speak, while the ring is open."""


@dataclass(frozen=True, slots=True)
class PassWord:
    person: str


@dataclass(frozen=True, slots=True)
class MoveToRing:
    person: str


@dataclass(frozen=True, slots=True)
class InviteToCircle:
    person: str


# The clock


@dataclass(frozen=True, slots=True)
class MinuteLeft:
    """A minute, or less, until the next phase comes by itself. Stale once the deadline has moved."""

    deadline: datetime


@dataclass(frozen=True, slots=True)
class TimeIsUp:
    """The phase's minutes are over. Stale once the deadline has moved."""

    deadline: datetime


@dataclass(frozen=True, slots=True)
class RingTimeIsUp:
    """The grace after the ring's slot is over. Stale once that moment has moved."""

    closes_at: datetime


@dataclass(frozen=True, slots=True)
class LeaderIsBack:
    """Whoever held the frame, or was asked to, need not."""


@dataclass(frozen=True, slots=True)
class PresenterIsMissing:
    """In a phase that waits for them. Stale once their line is up, or lost again."""

    since: datetime


@dataclass(frozen=True, slots=True)
class WaitIsOver:
    until: datetime


@dataclass(frozen=True, slots=True)
class PresenterIsBack:
    pass


ByPeople: TypeAlias = (
    Knock
    | Leave
    | Admit
    | AdmitEveryone
    | TurnAway
    | Remove
    | AllowDevice
    | RefuseDevice
    | Lock
    | Unlock
    | OpenSession
    | NextPhase
    | PreviousPhase
    | GoToPhase
    | Extend
    | Hold
    | Resume
    | SetAtEnd
    | ShowClock
    | EndSession
    | ChoosePresenter
    | AgreeToPresent
    | DeclineToPresent
    | SitBack
    | ComeBack
    | Signal
    | Protect
    | GoOnWaiting
    | ChooseAnother
    | NameDeputy
    | ReleaseDeputy
    | AskDeputy
    | HoldFrame
    | DeclineFrame
    | OpenRing
    | CloseRing
    | GiveWord
    | TakeWord
    | PassWord
    | MoveToRing
    | InviteToCircle
)
OfTime: TypeAlias = MinuteLeft | TimeIsUp | RingTimeIsUp
OfAbsence: TypeAlias = LeaderIsBack | PresenterIsMissing | WaitIsOver | PresenterIsBack
ByClock: TypeAlias = OfTime | OfAbsence
Command: TypeAlias = ByPeople | ByClock
