"""Invitations: a session is planned, and everyone gets a personal link."""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, exists, select, update

from ascona.core.events import PhaseStarted
from ascona.core.people import UNKNOWN_BROWSER, Browser, Role, Standing, seated
from ascona.core.programme import read_programme
from ascona.core.session import SitBackStyle
from ascona.storage.database import Database, DatabaseAway, Transaction, from_ms, to_ms
from ascona.storage.links import Link, LinkTimes
from ascona.storage.sign_ins import make_room
from ascona.storage.tables import EventRow, LoginRow, PersonRow, RevocationRow, ServerRow, SessionRow

TITLE_LIMIT = 200
"""Characters in a session's title."""

LOGIN_LASTS = timedelta(hours=12)
"""How long a browser stays signed in that is not used: from trying the devices in the morning to the evening."""

PROLONGED_AFTER = timedelta(hours=1)
"""How much of that has passed when a browser in use gets all of it again: few writes, and eleven hours at the least."""

KNOWN_LIMIT = 10_000
"""Signed-in browsers that are recognised while the database is away."""


LINK_NUMBER = 8
"""Characters that tell one link of a person from the next: nobody has many, and nobody gains by two that are alike."""


@dataclass(frozen=True, slots=True)
class Invited:
    """One person's invitation. `secret` goes into their link and is kept nowhere."""

    person: str
    name: str
    standing: Standing
    secret: str


@dataclass(frozen=True, slots=True)
class Guest:
    """A signed-in browser: whose it is, and at the door of which session it may stand."""

    person: str
    session: str
    browser: Browser = UNKNOWN_BROWSER


@dataclass(frozen=True, slots=True)
class SignedIn:
    """
    What came of a link.

    Attributes:
        token: For this browser's cookie.
    """

    guest: Guest
    token: str


class Invitations:
    """Sessions as planned, links and signed-in browsers."""

    def __init__(self, database: Database, fresh: Callable[[], str], times: LinkTimes | None = None) -> None:
        """
        Args:
            fresh: Makes unguessable URL-safe tokens of at least 128 bits.
        """
        self._database = database
        self._fresh = fresh
        self._known: dict[bytes, tuple[Guest, int]] = {}
        self._times = times or LinkTimes()
        self._signing_in = asyncio.Lock()

    def window(self, programme: str, starts: datetime | None, now: datetime) -> tuple[datetime, datetime]:
        """
        From when until when links are good that are made now for a session of this programme (TOML).

        Raises:
            ProgrammeError: If it will not do.
        """
        length = timedelta(minutes=sum(phase.minutes or 0 for phase in read_programme(programme).phases))
        return self._times.window(starts, length, now)

    async def plan(
        self,
        people: list[tuple[str, Role]],
        programme: str,
        now: datetime,
        title: str = "",
        sit_back: SitBackStyle = SitBackStyle.GONE,
        starts: datetime | None = None,
    ) -> tuple[str, list[Invited]]:
        """
        Plan a session and invite its people.

        Args:
            people: (name, role) in the order they should sit.
            programme: TOML.
            title: Shown in the room; at most `TITLE_LIMIT` characters.
            starts: When it is to begin, aware; None: nobody says. Links are good from a while before.

        Returns:
            The session's id, and the invitations in the order given.

        Raises:
            ValueError: If the people, the programme or the title will not do; says why.
        """
        opens_at, expires_at = self.window(programme, starts, now)
        if expires_at <= now:
            raise ValueError("the session would be over already")
        if len(title) > TITLE_LIMIT:
            raise ValueError(f"a title has at most {TITLE_LIMIT} characters")
        session, ids = self._fresh(), [self._fresh() for _ in people]
        everyone, seats = seated(people, ids)
        secrets = {id: self._fresh() for id in ids}

        def write(transaction: Transaction) -> None:
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
            transaction.flush()
            transaction.add_all(
                PersonRow(
                    id=person.id,
                    session_id=session,
                    name=person.name,
                    role=person.role.value,
                    seat=person.seat,
                    secret_hash=_hash(secrets[person.id]),
                    opens_ms=to_ms(opens_at),
                    expires_ms=to_ms(expires_at),
                )
                for person in everyone
            )

        await self._database.transaction(write)
        by_id = {person.id: person for person in everyone}
        return session, [Invited(id, by_id[id].name, Standing(by_id[id].role.value), secrets[id]) for id in ids]

    async def sign_in(self, secret: str, now: datetime, before: Collection[str] = ()) -> SignedIn | None:
        """
        Sign a browser in with a personal link; None if the link is no good, or no good any more.

        It takes one question to the database whatever is wrong with a link, so that nobody can tell what.

        Args:
            before: Tokens this browser has; that of the same person is good for nothing from now on, and the browser
                is the same as before.

        Raises:
            TooEarly: It is good, but not yet.
        """
        begun = exists().where(EventRow.session_id == PersonRow.session_id, EventRow.kind == PhaseStarted.__name__)
        query = select(PersonRow, SessionRow.ended_ms, begun).join(SessionRow, SessionRow.id == PersonRow.session_id)
        wanted = query.where(PersonRow.secret_hash == _hash(secret))
        found = await self._database.transaction(lambda transaction: transaction.execute(wanted).one_or_none())
        if found is None:
            return None
        person, ended_ms, has_begun = found
        ended_at = None if ended_ms is None else from_ms(ended_ms)
        link = Link(from_ms(person.opens_ms), from_ms(person.expires_ms), has_begun, ended_at)
        if not link.is_good(now, self._times):
            return None
        async with self._signing_in:  # a whole group comes at once, and SQLite has one writer
            return await self._signed_in(person, now, before)

    async def _signed_in(self, person: PersonRow, now: datetime, before: Collection[str]) -> SignedIn:
        """In a transaction that begins with writing: one that read first could be told that it comes too late."""
        for held in before:
            self._known.pop(_hash(held), None)
        its = LoginRow.person_id == person.id, LoginRow.token_hash.in_([_hash(token) for token in before])
        token, id = self._fresh() + self._fresh(), self._fresh()

        def write(transaction: Transaction) -> tuple[LoginRow, list[bytes]]:
            transaction.execute(delete(LoginRow).where(LoginRow.expires_ms <= to_ms(now)))
            known = transaction.scalar(select(LoginRow.id).where(*its).limit(1))
            transaction.execute(delete(LoginRow).where(*its))
            gone = make_room(transaction, person.id, person.session_id)
            login = LoginRow(
                token_hash=_hash(token),
                id=known or id,
                person_id=person.id,
                session_id=person.session_id,
                expires_ms=to_ms(now + LOGIN_LASTS),
            )
            transaction.add(login)
            return login, gone

        login, gone = await self._database.transaction(write)
        for hashed in gone:
            self._known.pop(hashed, None)
        return SignedIn(_guest(login, person.secret_hash), token)

    async def sign_out(self, token: str) -> Guest | None:
        """One browser is signed in no more; whose it was. The link stays good, and other browsers are left alone."""
        hashed = _hash(token)

        def forget(transaction: Transaction) -> Guest | None:
            found = transaction.execute(_logins(hashed)).one_or_none()
            transaction.execute(delete(LoginRow).where(LoginRow.token_hash == hashed))
            return _guest(*found) if found else None

        guest = await self._database.transaction(forget)
        self._known.pop(hashed, None)
        return guest

    async def revoke(self, secret: str) -> Invited | None:
        """
        Make a link good for nothing and sign out every browser that came by it.

        Returns:
            The same person's invitation with a new secret, known to nobody else; None if there is no such link.
        """
        query = select(PersonRow).where(PersonRow.secret_hash == _hash(secret))
        renewed = self._fresh()

        def renew(transaction: Transaction) -> PersonRow | None:
            person = transaction.scalars(query).one_or_none()
            if person:
                person.secret_hash = _hash(renewed)
                transaction.execute(delete(LoginRow).where(LoginRow.person_id == person.id))
                transaction.add(RevocationRow(person_id=person.id, session_id=person.session_id))
            return person

        person = await self._database.transaction(renew)
        return Invited(person.id, person.name, Standing(person.role), renewed) if person else None

    async def revoked(self, after: int) -> tuple[int, list[Guest]]:
        """Whose links were revoked after this number; and the number to ask with next."""
        query = select(RevocationRow).where(RevocationRow.id > after).order_by(RevocationRow.id)
        rows = await self._database.transaction(lambda transaction: transaction.scalars(query).all())
        guests = [Guest(row.person_id, row.session_id) for row in rows]
        people = {guest.person for guest in guests}
        self._known = {token: known for token, known in self._known.items() if known[0].person not in people}
        return (rows[-1].id if rows else after), guests

    def recognises(self, token: str) -> bool:
        """Whether this browser was signed in when it was last asked about, as far as is remembered."""
        return _hash(token) in self._known

    async def guest(self, token: str, now: datetime) -> Guest | None:
        """
        Whose browser this is, or None. It is used then, and signed in for longer.

        Raises:
            DatabaseAway: If it is, and this browser was not recognised before: whoever is in a session comes back.
        """
        hashed = _hash(token)
        query = _logins(hashed)
        try:
            found = await self._database.transaction(lambda transaction: transaction.execute(query).one_or_none())
        except DatabaseAway:
            if hashed not in self._known:
                raise
            guest, expires_ms = self._known[hashed]
            return guest if expires_ms > to_ms(now) else None
        self._known.pop(hashed, None)
        if found is None or found[0].expires_ms <= to_ms(now):
            return None
        login, secret_hash = found
        if login.expires_ms <= to_ms(now + LOGIN_LASTS - PROLONGED_AFTER):
            await self._prolong(login, now)
        guest = _guest(login, secret_hash)
        self._known[hashed] = guest, login.expires_ms
        while len(self._known) > KNOWN_LIMIT:
            del self._known[next(iter(self._known))]  # whoever came longest ago
        return guest

    async def _prolong(self, login: LoginRow, now: datetime) -> None:
        """A sign-in that ends meanwhile stays ended; and where nothing can be written, the next use prolongs it."""
        expires_ms = to_ms(now + LOGIN_LASTS)
        longer = update(LoginRow).where(LoginRow.token_hash == login.token_hash).values(expires_ms=expires_ms)
        with suppress(DatabaseAway):
            await self._database.transaction(lambda transaction: transaction.execute(longer))
            login.expires_ms = expires_ms

    async def serve_at(self, origin: str) -> None:
        """Remember where the server is reached."""
        row = ServerRow(id=1, origin=origin)
        await self._database.transaction(lambda transaction: transaction.merge(row))

    async def origin(self) -> str | None:
        """Where the server was last reached; None before it first ran."""
        row = await self._database.transaction(lambda transaction: transaction.get(ServerRow, 1))
        return row.origin if row else None


def _logins(hashed: bytes) -> Select[LoginRow, bytes]:
    """The sign-in of a token, and what its person's link is known by."""
    joined = select(LoginRow, PersonRow.secret_hash).join(PersonRow, PersonRow.id == LoginRow.person_id)
    return joined.where(LoginRow.token_hash == hashed)


def _guest(login: LoginRow, secret_hash: bytes) -> Guest:
    link = hashlib.sha256(secret_hash).hexdigest()[:LINK_NUMBER]
    return Guest(login.person_id, login.session_id, Browser(login.id, link, from_ms(login.expires_ms)))


def _hash(secret: str) -> bytes:
    """Secrets are stored hashed; they have 128 bits or more, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(secret.encode()).digest()
