"""Invitations: a session is planned, and everyone gets a personal link."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from ascona.core.people import Role, Standing, seated
from ascona.core.programme import read_programme
from ascona.core.session import SitBackStyle
from ascona.storage.database import Database, DatabaseAway, to_ms
from ascona.storage.tables import LoginRow, PersonRow, ServerRow, SessionRow

TITLE_LIMIT = 200
"""Characters in a session's title."""

LINK_LASTS = timedelta(days=30)
"""How long a personal link opens the door, unless the session ends before."""

LOGIN_LASTS = timedelta(hours=12)
"""How long a browser stays signed in: longer than any evening."""

KNOWN_LIMIT = 10_000
"""Signed-in browsers that are recognised while the database is away."""


@dataclass(frozen=True, slots=True)
class Invited:
    """One person's invitation. `secret` goes into their link and is kept nowhere."""

    person: str
    name: str
    standing: Standing
    secret: str


@dataclass(frozen=True, slots=True)
class Guest:
    """A signed-in browser: whose it is, and which session it may enter."""

    person: str
    session: str


class Invitations:
    """Sessions as planned, links and signed-in browsers."""

    def __init__(self, database: Database, fresh: Callable[[], str]) -> None:
        """
        Args:
            fresh: Makes unguessable URL-safe tokens of at least 128 bits.
        """
        self._database = database
        self._fresh = fresh
        self._known: dict[bytes, tuple[Guest, int]] = {}

    async def plan(
        self,
        people: list[tuple[str, Role]],
        programme: str,
        now: datetime,
        title: str = "",
        sit_back: SitBackStyle = SitBackStyle.GONE,
    ) -> tuple[str, list[Invited]]:
        """
        Plan a session and invite its people.

        Args:
            people: (name, role) in the order they should sit.
            programme: TOML.
            title: Shown in the room; at most `TITLE_LIMIT` characters.

        Returns:
            The session's id, and the invitations in the order given.

        Raises:
            ValueError: If the people, the programme or the title will not do; says why.
        """
        read_programme(programme)
        if len(title) > TITLE_LIMIT:
            raise ValueError(f"a title has at most {TITLE_LIMIT} characters")
        session, ids = self._fresh(), [self._fresh() for _ in people]
        everyone, seats = seated(people, ids)
        secrets = {id: self._fresh() for id in ids}
        async with self._database.transaction() as transaction:
            transaction.add(
                SessionRow(
                    id=session,
                    title=title,
                    programme=programme,
                    sit_back=sit_back.value,
                    seats=seats,
                    created_ms=to_ms(now),
                    last_ms=to_ms(now),
                )
            )
            await transaction.flush()
            transaction.add_all(
                PersonRow(
                    id=person.id,
                    session_id=session,
                    name=person.name,
                    role=person.role.value,
                    seat=person.seat,
                    secret_hash=_hash(secrets[person.id]),
                    expires_ms=to_ms(now + LINK_LASTS),
                )
                for person in everyone
            )
        by_id = {person.id: person for person in everyone}
        return session, [Invited(id, by_id[id].name, Standing(by_id[id].role.value), secrets[id]) for id in ids]

    async def sign_in(self, secret: str, now: datetime) -> tuple[Guest, str] | None:
        """The guest whose link this is and a fresh token for their browser; None if the link is no good (any more)."""
        async with self._database.transaction() as transaction:
            query = select(PersonRow).where(PersonRow.secret_hash == _hash(secret))
            person = (await transaction.scalars(query)).one_or_none()
            if person is None or person.expires_ms <= to_ms(now):
                return None
            await transaction.execute(delete(LoginRow).where(LoginRow.expires_ms <= to_ms(now)))
            token = self._fresh() + self._fresh()
            transaction.add(
                LoginRow(
                    token_hash=_hash(token),
                    person_id=person.id,
                    session_id=person.session_id,
                    expires_ms=to_ms(now + LOGIN_LASTS),
                )
            )
        return Guest(person.id, person.session_id), token

    async def guest(self, token: str, now: datetime) -> Guest | None:
        """
        Whose browser this is, or None.

        Raises:
            DatabaseAway: If it is, and this browser was not recognised before: whoever is in a session comes back.
        """
        hashed = _hash(token)
        try:
            async with self._database.transaction() as transaction:
                login = await transaction.get(LoginRow, hashed)
        except DatabaseAway:
            if hashed not in self._known:
                raise
            guest, expires_ms = self._known[hashed]
            return guest if expires_ms > to_ms(now) else None
        self._known.pop(hashed, None)
        if login is None or login.expires_ms <= to_ms(now):
            return None
        guest = Guest(login.person_id, login.session_id)
        self._known[hashed] = guest, login.expires_ms
        while len(self._known) > KNOWN_LIMIT:
            del self._known[next(iter(self._known))]  # whoever came longest ago
        return guest

    async def serve_at(self, origin: str) -> None:
        """Remember where the server is reached."""
        async with self._database.transaction() as transaction:
            await transaction.merge(ServerRow(id=1, origin=origin))

    async def origin(self) -> str | None:
        """Where the server was last reached; None before it first ran."""
        async with self._database.transaction() as transaction:
            row = await transaction.get(ServerRow, 1)
        return row.origin if row else None


def _hash(secret: str) -> bytes:
    """Secrets are stored hashed; they have 128 bits or more, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(secret.encode()).digest()
