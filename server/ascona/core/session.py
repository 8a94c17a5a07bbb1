"""A session as it stands: one immutable value that everything else follows from."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ascona.core.browsers import Asking
from ascona.core.grounds import UNMOVED, Ground, Move
from ascona.core.people import CIRCLE, FLOOR_LIMIT, LEADERS, Browser, Person, Place, Role, Standing
from ascona.core.programme import AtEnd, Phase, Programme


class SitBackStyle(StrEnum):
    """What sitting back looks like. In every style but `OFF` the presenter is not heard."""

    GONE = "gone"  # neither heard nor seen
    DIMMED = "dimmed"  # seen outside the circle
    STAY = "stay"  # seen in place
    OFF = "off"  # presenters stay in the circle


NOBODY: tuple[str | None, ...] = (None,) * FLOOR_LIMIT
"""A floor with all its places free."""


LIVE = ("present", "lost", "leaderless_since", "asking")
"""What of a session is known while a server runs, and in no history."""


@dataclass(frozen=True, slots=True)
class Session:
    """
    One session, from its invitation to its end.

    Attributes:
        people: Everyone invited, in seat order.
        seats: Chairs of the circle; the slots after them carry the floor.
        version: Events so far.
        moves: When each ground last moved, by ground.
        step: Index of the phase at hand; None in the lobby.
        ends_at: Deadline of the phase; None without one, or while held.
        left: What was left when the clock was stopped; None while it runs.
        ring_until: When the ring's microphones close by themselves.
        word: Who outside the circle has been given the word, by place on the floor; None: free.
            A place is kept until the word is passed, so that nobody else's picture moves.
        present: People whose line is up. Not an event: lines come and go without
            making anybody's command stale, and nothing of a session is lost by it.
        lost: Since when the lines of the others inside are lost, by person. Neither is that an event.
        leaderless_since: When the last leader's line was lost, or the last leader left; no event either.
        asking: Other browsers of people who are inside, one a person, that ask to come in; like lines in no history.
        deputy: Named by a leader; may be asked to hold the frame while no leader is there.
        holder: The deputy, once they have said yes, until a leader is back.
        awaited_until: How long the group waits for a presenter whose line is lost; None: it does not.
        awaited_holds: The clock stands still because of that.
        wait_is_over: It is for the leaders to say how to go on.
        waits_no_more: A leader has gone on without the presenter in this phase.
    """

    id: str
    programme: Programme
    people: tuple[Person, ...]
    seats: int
    sit_back: SitBackStyle = SitBackStyle.GONE
    version: int = 0
    moves: tuple[Move, ...] = UNMOVED
    step: int | None = None
    ended: bool = False
    ends_at: datetime | None = None
    left: timedelta | None = None
    minute_announced: bool = False
    time_announced: bool = False
    at_end_evening: AtEnd | None = None
    at_end_here: AtEnd | None = None
    clock_shown: bool = False
    asked: str | None = None
    asked_by: str | None = None
    presenter: str | None = None
    back: bool = False
    signals: bool = False
    protected: bool = False
    ring_open: bool = False
    ring_until: datetime | None = None
    word: tuple[str | None, ...] = NOBODY
    locked: bool = False
    present: frozenset[str] = frozenset()
    lost: tuple[tuple[str, datetime], ...] = ()
    leaderless_since: datetime | None = None
    asking: tuple[Asking, ...] = ()
    deputy: str | None = None
    deputy_asked_by: str | None = None
    holder: str | None = None
    awaited_until: datetime | None = None
    awaited_holds: bool = False
    wait_is_over: bool = False
    waits_no_more: bool = False

    @property
    def phase(self) -> Phase | None:
        """The phase at hand; None in the lobby and after the end."""
        return None if self.step is None or self.ended else self.programme.phases[self.step]

    @property
    def phase_id(self) -> str:
        """The phase's id, `lobby` before the first and `ended` after the last."""
        return "ended" if self.ended else self.phase.id if self.phase else "lobby"

    @property
    def floor(self) -> tuple[str, ...]:
        """People outside the circle who have been given the word."""
        return tuple(id for id in self.word if id is not None)

    @property
    def held(self) -> bool:
        return self.left is not None

    @property
    def at_end(self) -> AtEnd:
        """What the end of the phase at hand does: as set for it, for the evening, or in the programme."""
        here = self.at_end_here or self.at_end_evening
        return here or (self.phase.at_end if self.phase else AtEnd.ANNOUNCE)

    @property
    def leader_present(self) -> bool:
        return any(p.role in LEADERS and p.place is Place.INSIDE and p.id in self.present for p in self.people)

    @property
    def here(self) -> frozenset[str]:
        """Everybody inside whose line is up: whose chair is empty on no screen."""
        return self.present & {person.id for person in self.inside()}

    def move(self, ground: Ground) -> Move:
        """When this ground last moved; for `Ground.PERSON` ask the person."""
        return self.moves[list(Ground).index(ground)]

    def person(self, id: str) -> Person | None:
        return next((person for person in self.people if person.id == id), None)

    def inside(self) -> tuple[Person, ...]:
        """Everyone admitted and not gone, in seat order; some lines may be lost."""
        return tuple(person for person in self.people if person.place is Place.INSIDE)

    def seated(self) -> tuple[Person, ...]:
        """Everyone who has a chair, in seat order: whoever is inside, and whoever it is kept for."""
        return tuple(person for person in self.people if person.place is Place.INSIDE or person.kept)

    def waiting(self) -> tuple[Person, ...]:
        """Everyone at the door, in the order of coming: whoever comes moves nobody's row under a finger."""
        at_door = (person for person in self.people if person.place is Place.DOOR)
        return tuple(sorted(at_door, key=lambda person: person.moved.version))

    def standing(self, person: Person) -> Standing:
        return Standing.PRESENTER if person.id == self.presenter else Standing(person.role.value)

    def holds_frame(self, id: str) -> bool:
        """Whether this person has the leaders' rights over phases and time now; never with a leader there."""
        return id == self.holder != self.presenter and self.phase is not None and not self.leader_present

    def sits_back(self, id: str) -> bool:
        return self.back and id == self.presenter

    def free_seat(self) -> int | None:
        """The first chair of the circle that is nobody's, or None."""
        taken = {person.seat for person in self.people if person.role in CIRCLE}
        return next((seat for seat in range(self.seats) if seat not in taken), None)

    def seat_behind(self) -> int:
        """A seat outside the circle, after all others."""
        return max(self.seats - 1, *(person.seat for person in self.people)) + 1

    def named(self, id: str, name: str) -> "Session":
        """The same session with one person under another name."""
        return self._with(id, lambda person: person.named(name))

    def agreed(self, id: str) -> "Session":
        """The same session where this person has agreed to what is asked of everyone."""
        return self._with(id, lambda person: replace(person, agreed=True))

    def placed(self, id: str, place: Place, *, kept: bool = False) -> "Session":
        """The same session with one person in another place."""
        moved = self._with(id, lambda person: replace(person, place=place, kept=kept, knocks=None))
        return moved.with_asking(id, None)

    def asks(self, id: str) -> Asking | None:
        """Another browser of this person that asks to come in."""
        return next((one for one in self.asking if one.person == id), None)

    def with_asking(self, id: str, asking: Asking | None) -> "Session":
        """The same session where another browser of this person asks to come in; None: no longer."""
        others = tuple(one for one in self.asking if one.person != id)
        return replace(self, asking=others if asking is None else (*others, asking))

    def knocked(self, id: str, browser: Browser) -> "Session":
        """The same session where this browser waits at the door for somebody."""
        return self._with(id, lambda person: replace(person, knocks=browser, knocked_from=_with_id(person, browser)))

    def knocked_too(self, id: str, browser: Browser) -> "Session":
        """The same session where this browser has knocked as well, and the one that waits at the door still does."""
        return self._with(id, lambda person: replace(person, knocked_from=_with_id(person, browser)))

    def let_in(self, id: str, browser: Browser) -> "Session":
        """The same session where somebody's place belongs to this browser, too."""
        asks = self.asks(id)
        known = self._with(id, lambda person: replace(person, let_in=(*_without(person, browser), browser)))
        return known.with_asking(id, None) if asks is not None and asks.browser.id == browser.id else known

    def moved(self, id: str, role: Role, seat: int) -> "Session":
        """The same session with one person in another role and seat."""
        return self._with(id, lambda person: replace(person, role=role, seat=seat, came_as=_came_as(person, role)))

    def moved_grounds(self, grounds: Collection[Ground], people: Collection[str], move: Move) -> "Session":
        """The same session, knowing that these grounds have moved, and what leaders go by of these people."""
        moves = tuple(move if ground in grounds else known for ground, known in zip(Ground, self.moves, strict=True))
        known = tuple(replace(person, moved=move) if person.id in people else person for person in self.people)
        return replace(self, moves=moves, people=known)

    def _with(self, id: str, change: Callable[[Person], Person]) -> "Session":
        people = [change(person) if person.id == id else person for person in self.people]
        return replace(self, people=tuple(sorted(people, key=lambda person: person.seat)))


def _came_as(person: Person, role: Role) -> Role | None:
    invited_as = person.came_as or person.role
    return None if role is invited_as else invited_as


def _with_id(person: Person, browser: Browser) -> tuple[str, ...]:
    known = person.knocked_from
    return known if browser.id in known else (*known, browser.id)


def _without(person: Person, browser: Browser) -> tuple[Browser, ...]:
    return tuple(one for one in person.let_in if one.id != browser.id)
