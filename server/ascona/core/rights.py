"""Who may ask for what, and when: one table. What a command then does stands in `decide`."""

from collections.abc import Collection
from dataclasses import dataclass

from ascona.core import commands as c
from ascona.core.grounds import FIRM, NEVER, Ground, Move
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
        on: What its meaning stands on: stale if that has moved since it was read.
        deputy: Also by the deputy, while they hold the frame.
        otherwise: The reason given to anybody else.
    """

    who: frozenset[Standing]
    lobby: bool = False
    outside_too: bool = False
    on: tuple[Ground, ...] = ()
    deputy: bool = False
    otherwise: str = "leaders_only"

    @property
    def frame(self) -> bool:
        """Whether it moves the frame: the phase and its time."""
        return Ground.FRAME in self.on


RIGHTS: dict[type[c.ByPeople], Right] = {
    c.Knock: Right(EVERYONE, lobby=True, outside_too=True),
    c.Leave: Right(EVERYONE, lobby=True, outside_too=True),
    c.Admit: Right(LEADERS, lobby=True, on=(Ground.PERSON, Ground.DOOR)),
    c.AdmitEveryone: Right(LEADERS, lobby=True),
    c.TurnAway: Right(LEADERS, lobby=True, on=(Ground.PERSON, Ground.DOOR)),
    c.Remove: Right(LEADERS, lobby=True, on=(Ground.PERSON,)),
    c.AllowDevice: Right(EVERYONE, lobby=True),
    c.RefuseDevice: Right(EVERYONE, lobby=True),
    c.Lock: Right(LEADERS, lobby=True, on=(Ground.LOCK,)),
    c.Unlock: Right(LEADERS, lobby=True, on=(Ground.LOCK,)),
    c.OpenSession: Right(LEADERS, lobby=True, on=(Ground.FRAME,)),
    c.NextPhase: Right(LEADERS, on=(Ground.FRAME, Ground.WAIT), deputy=True),
    c.PreviousPhase: Right(LEADERS, on=(Ground.FRAME,), deputy=True),
    c.GoToPhase: Right(LEADERS, on=(Ground.FRAME,), deputy=True),
    c.Extend: Right(LEADERS, on=(Ground.FRAME,), deputy=True),
    c.Hold: Right(LEADERS, on=(Ground.FRAME,), deputy=True),
    c.Resume: Right(LEADERS, on=(Ground.FRAME,), deputy=True),
    c.GoOnWaiting: Right(LEADERS, on=(Ground.FRAME, Ground.WAIT), deputy=True),
    c.ChooseAnother: Right(LEADERS, on=(Ground.FRAME, Ground.WAIT)),
    c.SetAtEnd: Right(LEADERS, lobby=True, on=(Ground.FRAME,)),
    c.ShowClock: Right(LEADERS, lobby=True),
    c.EndSession: Right(LEADERS, lobby=True, on=(Ground.FRAME,)),
    c.ChoosePresenter: Right(LEADERS, lobby=True, on=(Ground.PERSON, Ground.CASE)),
    c.AgreeToPresent: Right(MEMBERS, lobby=True, on=(Ground.CASE,), otherwise="not_in_circle"),
    c.DeclineToPresent: Right(MEMBERS, lobby=True, on=(Ground.CASE,), otherwise="not_in_circle"),
    c.SitBack: Right(LEADERS | PRESENTER, on=(Ground.BACK, Ground.CASE), otherwise="presenter_only"),
    c.ComeBack: Right(LEADERS | PRESENTER, on=(Ground.BACK, Ground.CASE), otherwise="presenter_only"),
    c.Signal: Right(PRESENTER, otherwise="presenter_only"),
    c.Protect: Right(LEADERS, on=(Ground.PROTECTION,)),
    c.NameDeputy: Right(LEADERS, lobby=True, on=(Ground.PERSON, Ground.DEPUTY)),
    c.ReleaseDeputy: Right(LEADERS, lobby=True, on=(Ground.DEPUTY,)),
    c.AskDeputy: Right(MEMBERS, otherwise="not_in_circle"),
    c.HoldFrame: Right(MEMBERS, on=(Ground.DEPUTY,), otherwise="not_in_circle"),
    c.DeclineFrame: Right(MEMBERS, on=(Ground.DEPUTY,), otherwise="not_in_circle"),
    c.OpenRing: Right(LEADERS, on=(Ground.RING,)),
    c.CloseRing: Right(LEADERS, on=(Ground.RING,)),
    c.GiveWord: Right(LEADERS, on=(Ground.PERSON,)),
    c.TakeWord: Right(frozenset({Standing.RING}), otherwise="ring_closed"),
    c.PassWord: Right(LEADERS | OUTSIDE),
    c.MoveToRing: Right(LEADERS, lobby=True, on=(Ground.PERSON,)),
    c.InviteToCircle: Right(LEADERS, lobby=True, on=(Ground.PERSON,)),
}

TAKES_AWAY: frozenset[type[c.Command]] = frozenset(
    {
        c.SitBack,
        c.CloseRing,
        c.PassWord,
        c.MoveToRing,
        c.Remove,
        c.TurnAway,
        c.RefuseDevice,
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


def check(session: Session, command: c.ByPeople, person: Person, version: int, seen: int | None = None) -> None:
    """
    Whether this person may ask for this at all, having seen `version`.

    Args:
        seen: The version that had been on their screen for long enough to be read: what they pressed for. None: their
            page does not say, and only `FIRM` grounds are looked at.

    Raises:
        Refused: `already_ended`, `not_inside`, the right's own reason, `not_now`, or
            `stale_version` where what the command stands on has moved meanwhile, and by whom.
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
    if person.place is not Place.INSIDE:
        return  # versions are not shown outside, and an answer about them would be
    if version > session.version:
        raise Refused("stale_version")
    move = stands_since(session, command, FIRM)
    if version >= move.version and seen is not None:
        version, move = seen, stands_since(session, command)
    if version < move.version:
        mover = session.person(move.by) if move.by and move.by != person.id else None  # pressing twice is no race
        raise Refused("stale_version", mover.name if mover else None)


def stands_since(session: Session, command: c.ByPeople, grounds: Collection[Ground] = tuple(Ground)) -> Move:
    """When what this command stands on, of these grounds, has last moved."""
    moves = [_move(session, command, ground) for ground in RIGHTS[type(command)].on if ground in grounds]
    return max(moves, key=lambda move: move.version, default=NEVER)


def _move(session: Session, command: c.ByPeople, ground: Ground) -> Move:
    if ground is not Ground.PERSON:
        return session.move(ground)
    about = session.person(getattr(command, "person", ""))
    return about.moved if about else NEVER
