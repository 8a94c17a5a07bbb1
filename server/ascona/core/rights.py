"""Who may ask for what, and when: one table. What a command then does stands in `decide`."""

from dataclasses import dataclass

from ascona.core import commands as c
from ascona.core.people import Person, Place, Standing
from ascona.core.session import Session


class Refused(Exception):
    """
    The rules say no, and nothing has changed.

    Attributes:
        reason: A word in snake_case; pages have a kind sentence for each.
        by: Name of whoever was faster, where that is the reason.
    """

    def __init__(self, reason: str, by: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.by = by


EVERYONE = frozenset(Standing)
LEADERS = frozenset({Standing.LEADER, Standing.CO_LEADER})
PRESENTER = frozenset({Standing.PRESENTER})
MEMBERS = frozenset({Standing.MEMBER, Standing.PRESENTER})
OUTSIDE = frozenset({Standing.RING, Standing.OBSERVER, Standing.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Right:
    """
    Attributes:
        who: Standings that may ask.
        lobby: Also before the session opens.
        outside_too: Also by somebody who is not inside yet.
        frame: Moves the frame: stale if somebody else has moved it since.
        deputy: Also by the deputy, while they hold the frame.
        otherwise: The reason given to anybody else.
    """

    who: frozenset[Standing]
    lobby: bool = False
    outside_too: bool = False
    frame: bool = False
    deputy: bool = False
    otherwise: str = "leaders_only"


RIGHTS: dict[type[c.ByPeople], Right] = {
    c.Knock: Right(EVERYONE, lobby=True, outside_too=True),
    c.Leave: Right(EVERYONE, lobby=True, outside_too=True),
    c.Admit: Right(LEADERS, lobby=True),
    c.AdmitEveryone: Right(LEADERS, lobby=True),
    c.TurnAway: Right(LEADERS, lobby=True),
    c.Remove: Right(LEADERS, lobby=True),
    c.Lock: Right(LEADERS, lobby=True),
    c.Unlock: Right(LEADERS, lobby=True),
    c.OpenSession: Right(LEADERS, lobby=True, frame=True),
    c.NextPhase: Right(LEADERS, frame=True, deputy=True),
    c.PreviousPhase: Right(LEADERS, frame=True, deputy=True),
    c.GoToPhase: Right(LEADERS, frame=True, deputy=True),
    c.Extend: Right(LEADERS, frame=True, deputy=True),
    c.Hold: Right(LEADERS, frame=True, deputy=True),
    c.Resume: Right(LEADERS, frame=True, deputy=True),
    c.GoOnWaiting: Right(LEADERS, frame=True, deputy=True),
    c.ChooseAnother: Right(LEADERS, frame=True),
    c.SetAtEnd: Right(LEADERS, lobby=True, frame=True),
    c.ShowClock: Right(LEADERS, lobby=True),
    c.EndSession: Right(LEADERS, lobby=True, frame=True),
    c.ChoosePresenter: Right(LEADERS, lobby=True),
    c.AgreeToPresent: Right(MEMBERS, lobby=True, otherwise="not_in_circle"),
    c.DeclineToPresent: Right(MEMBERS, lobby=True, otherwise="not_in_circle"),
    c.SitBack: Right(LEADERS | PRESENTER, otherwise="presenter_only"),
    c.ComeBack: Right(LEADERS | PRESENTER, otherwise="presenter_only"),
    c.Signal: Right(PRESENTER, otherwise="presenter_only"),
    c.Protect: Right(LEADERS),
    c.NameDeputy: Right(LEADERS, lobby=True),
    c.ReleaseDeputy: Right(LEADERS, lobby=True),
    c.AskDeputy: Right(MEMBERS, otherwise="not_in_circle"),
    c.HoldFrame: Right(MEMBERS, otherwise="not_in_circle"),
    c.DeclineFrame: Right(MEMBERS, otherwise="not_in_circle"),
    c.OpenRing: Right(LEADERS),
    c.CloseRing: Right(LEADERS),
    c.GiveWord: Right(LEADERS),
    c.TakeWord: Right(frozenset({Standing.RING}), otherwise="ring_closed"),
    c.PassWord: Right(LEADERS | OUTSIDE),
    c.MoveToRing: Right(LEADERS, lobby=True),
    c.InviteToCircle: Right(LEADERS, lobby=True),
}

TAKES_AWAY: frozenset[type[c.Command]] = frozenset(
    {
        c.SitBack,
        c.CloseRing,
        c.PassWord,
        c.MoveToRing,
        c.Remove,
        c.TurnAway,
        c.Lock,
        c.Leave,
        c.EndSession,
        c.RingTimeIsUp,
    }
)
"""
What lets people hear, see, say or enter less. It takes effect also while nothing can be recorded: if a crash comes
before it is written, it can be said again; sound that went out cannot be taken back.

Two of them could open a way as well: with a presenter who goes ends the protection around them, and a guest of the
circle who moves to the ring may be heard where only those they came with are. So a room opens no way between people
before it is recorded. Closing microphones to protect somebody, `Protect`, opens the presenter's, and is not here.
"""


def check(session: Session, command: c.ByPeople, person: Person, version: int) -> None:
    """
    Whether this person may ask for this at all, having seen `version`.

    Raises:
        Refused: `already_ended`, `not_inside`, the right's own reason, `not_now`, or
            `stale_version` where somebody else has moved the frame meanwhile.
    """
    right = RIGHTS[type(command)]
    if session.ended and not isinstance(command, c.Leave):
        raise Refused("already_ended")
    if person.place is not Place.INSIDE and not right.outside_too:
        raise Refused("not_inside")
    if session.standing(person) not in right.who and not (right.deputy and session.holds_frame(person.id)):
        raise Refused(right.otherwise)
    if session.step is None and not right.lobby:
        raise Refused("not_now")
    if version > session.version or (right.frame and version < session.frame_version):
        faster = session.frame_by if session.frame_by != person.id else None  # pressing twice is no race
        mover = session.person(faster) if faster else None
        raise Refused("stale_version", mover.name if mover else None)
