"""A clock for a server in the test's own process, so that minutes pass when the test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ascona import app


@dataclass
class Ahead:
    """A clock that runs, and can be put on, or stopped: then time passes only when the test says so."""

    ahead: timedelta = timedelta()
    _steady: Callable[[], datetime] = field(default_factory=app.steady_clock)
    _stopped: datetime | None = None

    def __call__(self) -> datetime:
        return (self._stopped or self._steady()) + self.ahead

    def pass_by(self, **time: float) -> None:
        """Put it on, in the words of `timedelta`. A room looks at its clock when anything happens in it."""
        self.ahead += timedelta(**time)

    def stop(self) -> None:
        self._stopped = self._steady()

    def run(self) -> None:
        """Go on from where it stands."""
        assert self._stopped
        self.ahead -= self._steady() - self._stopped
        self._stopped = None
