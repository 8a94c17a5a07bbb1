"""A Balint group for tests: people, an evening, and a way to say what happens in it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from ascona import assets
from ascona.core import commands as c
from ascona.core.clock import due
from ascona.core.decide import decide
from ascona.core.evolve import evolve
from ascona.core.lines import noted
from ascona.core.media_plan import Kind, MediaPlan, Route, media_plan
from ascona.core.people import Role, seated
from ascona.core.programme import AtEnd, Programme, read_programme
from ascona.core.rights import Refused
from ascona.core.session import Session, SitBackStyle

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

PEOPLE = {
    "ada": Role.LEADER,
    "ben": Role.CO_LEADER,
    "pia": Role.MEMBER,
    "max": Role.MEMBER,
    "eve": Role.RING,
    "rio": Role.RING,
    "flo": Role.OBSERVER,
    "sol": Role.SUPERVISOR,
}


def programme(name: str = "ascona-90") -> Programme:
    return read_programme(assets.preset(name))


def one_minute_programme(at_end: AtEnd = AtEnd.ADVANCE) -> Programme:
    ascona = programme()
    return replace(ascona, phases=tuple(replace(p, minutes=1, at_end=at_end) for p in ascona.phases))


def invited(
    people: dict[str, Role] | None = None,
    evening: Programme | None = None,
    sit_back: SitBackStyle = SitBackStyle.GONE,
) -> Session:
    """A session nobody has come to yet. Ids are the names in small letters."""
    people = people or PEOPLE
    everyone, seats = seated([(id.title(), role) for id, role in people.items()], list(people))
    return Session("s1", evening or programme(), everyone, seats, sit_back)


class Evening:
    """A session with a clock that tests wind themselves."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = NOON

    def do(self, by: str | None, command: c.Command, version: int | None = None) -> None:
        """Carry a command out, decided on what everybody sees now unless `version` says otherwise."""
        seen = self.session.version if version is None else version
        for event in decide(self.session, command, by, self.now, seen):
            self.session = evolve(self.session, event, by)
        self.session = noted(self.session, self.now)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def let_pass(self, seconds: float) -> list[c.ByClock]:
        """Time passes, and the clock speaks at each moment it has something to say; returns what it said."""
        until, said = self.now + timedelta(seconds=seconds), []
        while (spoken := due(self.session)) and spoken[0] <= until:
            self.now = max(self.now, spoken[0])
            self.do(None, spoken[1])
            said.append(spoken[1])
        self.now = until
        return said

    def refused(self, by: str | None, command: c.Command, version: int | None = None) -> str | None:
        """The reason this would be refused with now; None: it would not."""
        seen = self.session.version if version is None else version
        try:
            decide(self.session, command, by, self.now, seen)
        except Refused as refusal:
            return refusal.reason
        return None

    def arrive(self, *people: str) -> None:
        """Line up, knock, and be let in by Ada, who is there."""
        self.session = replace(self.session, present=self.session.present | set(people))
        for id in people:
            self.do(id, c.Knock(id.title(), agreed=True))
        self.do("ada", c.AdmitEveryone())

    def lose(self, id: str) -> None:
        self.session = noted(replace(self.session, present=self.session.present - {id}), self.now)

    def reconnect(self, id: str) -> None:
        """The page knocks, as it does after every reconnect, and the line is up again."""
        self.do(id, c.Knock(id.title(), agreed=True))
        self.session = noted(replace(self.session, present=self.session.present | {id}), self.now)

    def go_to(self, phase: str) -> None:
        ids = [p.id for p in self.session.programme.phases]
        self.do("ada", c.GoToPhase(ids.index(phase)))

    @property
    def plan(self) -> MediaPlan:
        return media_plan(self.session)

    def heard(self, sender: str) -> set[str]:
        return {r.receiver for r in self.plan.routes if r.sender == sender and r.kind is Kind.AUDIO}

    def seen(self, sender: str) -> set[str]:
        return {r.receiver for r in self.plan.routes if r.sender == sender and r.kind is Kind.VIDEO}

    def senders(self, kind: Kind) -> set[str]:
        return {r.sender for r in self.plan.routes if r.kind is kind}

    def receivers(self) -> set[str]:
        return {r.receiver for r in self.plan.routes}


def evening(phase: str = "arrive", **options: object) -> Evening:
    """Everyone is there, Pia presents, and the session is in the given phase."""
    group = Evening(invited(**options))  # type: ignore[arg-type]  # keywords are those of `invited`
    group.arrive(*(p.id for p in group.session.people))
    group.do("ada", c.OpenSession())
    group.do("ada", c.ChoosePresenter("pia"))
    group.do("pia", c.AgreeToPresent())
    if phase != "arrive":
        group.go_to(phase)
    return group


says: Callable[..., Route] = partial(Route, kind=Kind.AUDIO)
shows: Callable[..., Route] = partial(Route, kind=Kind.VIDEO)
