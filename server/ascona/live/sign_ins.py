"""Sign-ins that come to an end while somebody is in a room: their lines end with them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from ascona.live.namespace import RoomNamespace

REVOKED_SECONDS = 0.5
"""How often it is asked whose links were revoked: by the command line, most likely, in a process of its own."""

LOOK_AGAIN_SECONDS = 600.0
"""How often everybody's cookie is looked at again, which is a use of it: who is connected stays signed in."""

log = structlog.get_logger()


class Guest(Protocol):
    """Somebody, in a session."""

    @property
    def person(self) -> str: ...

    @property
    def session(self) -> str: ...


class Invitations(Protocol):
    """Knows whose links were revoked."""

    async def revoked(self, after: int) -> tuple[int, Sequence[Guest]]: ...


class SignIns:
    """Looks after those who are connected."""

    def __init__(self, invitations: Invitations, namespace: RoomNamespace, monotonic: Callable[[], float]) -> None:
        self._invitations = invitations
        self._namespace = namespace
        self._monotonic = monotonic
        self._seen = 0

    async def begin(self) -> None:
        """What was revoked before now is nobody's line here."""
        self._seen, _ = await self._invitations.revoked(0)

    async def watch(self) -> None:
        """Until cancelled. A database that is away for a while ends no line."""
        looked_at = self._monotonic()
        readable = True
        while True:
            await asyncio.sleep(REVOKED_SECONDS)
            try:
                await self._end_revoked()
                if self._monotonic() - looked_at >= LOOK_AGAIN_SECONDS:
                    await self._namespace.look_again()
                    looked_at = self._monotonic()
                readable = True
            except Exception as error:
                if readable:
                    log.error("sign_ins_unreadable", error=type(error).__name__)
                readable = False

    async def _end_revoked(self) -> None:
        self._seen, guests = await self._invitations.revoked(self._seen)
        for guest in guests:
            await self._namespace.sign_out(guest.session, guest.person)
