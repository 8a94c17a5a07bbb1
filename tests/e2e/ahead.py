"""A server in the test's own process, so that minutes pass when the test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.server import planned

from ascona import app
from ascona.core.people import Role


@dataclass
class Ahead:
    """A clock that runs, and can be put on."""

    ahead: timedelta = timedelta()
    _steady: Callable[[], datetime] = field(default_factory=app.steady_clock)

    def __call__(self) -> datetime:
        return self._steady() + self.ahead

    def pass_by(self, **time: float) -> None:
        """Put it on, in the words of `timedelta`. A room looks at its clock when anything happens in it."""
        self.ahead += timedelta(**time)


@dataclass
class HouseAhead:
    """A server whose sessions are planned from here."""

    server: app.Server

    async def plan(self, *arguments: str) -> list[dict[str, str]]:
        """As `ascona session new` would: the people with their links."""
        pairs = zip(arguments[::2], arguments[1::2], strict=True)
        people = {name: Role(flag.removeprefix("--").replace("-", "_")) for flag, name in pairs}
        _, invited = await planned(self.server, people)
        return [
            {"name": name, "standing": people[name].value, "link": f"{self.server.origin}/join#{one.secret}"}
            for name, one in invited.items()
        ]
