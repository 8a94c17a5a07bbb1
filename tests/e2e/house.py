"""A server in which many tests plan their sessions, each its own: a room knows of no other."""

from dataclasses import dataclass
from pathlib import Path

from ascona import app, assets
from ascona.core.people import Role
from ascona.storage.invitations import Invitations


@dataclass(frozen=True)
class House:
    """
    Attributes:
        origin: What links begin with.
        invitations: Of its database.
    """

    origin: str
    invitations: Invitations

    async def plan(self, *arguments: str) -> list[dict[str, str]]:
        """What `ascona session new … --json` would print of the people, without a process for it."""
        pairs = list(zip(arguments[::2], arguments[1::2], strict=True))
        told = dict(pairs)
        people = [(name, _role(flag)) for flag, name in pairs if flag not in {"--programme", "--title"}]
        now, title = app.steady_clock()(), told.get("--title", "")
        _, invited = await self.invitations.plan(people, _programme(told.get("--programme")), now, title)
        return [
            {"name": one.name, "standing": one.standing.value, "link": f"{self.origin}/join#{one.secret}"}
            for one in invited
        ]


def _role(flag: str) -> Role:
    return Role(flag.removeprefix("--").replace("-", "_"))


def _programme(file: str | None) -> str:
    return Path(file).read_text(encoding="utf-8") if file else assets.preset("ascona-90")
