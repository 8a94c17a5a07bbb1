"""The tables: sessions, the people invited to them, what happened, and who is signed in."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Names of constraints are spelled out, so that every database can migrate them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class SessionRow(Table):
    """
    An evening as it was planned. Times: UTC milliseconds.

    `title` and `programme` are emptied when the session ends. `last_ms`: when something last happened in it; whoever
    writes its events changes this first, and so waits for whoever else is writing them.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    programme: Mapped[str] = mapped_column(Text)
    sit_back: Mapped[str] = mapped_column(String(16))
    seats: Mapped[int]
    created_ms: Mapped[int] = mapped_column(BigInteger)
    last_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)


class PersonRow(Table):
    """Somebody invited, and the hash of the secret in their personal link. `name` is emptied when the session ends."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    seat: Mapped[int]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    opens_ms: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    expires_ms: Mapped[int] = mapped_column(BigInteger)


class EventRow(Table):
    """One event. The primary key is the lock: two writers cannot both have been next."""

    __tablename__ = "events"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at_ms: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str | None] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)


class LoginRow(Table):
    """
    A signed-in browser: the hash of its cookie's token, good for one person in one session.

    `id` is no secret, and stays when the browser opens the link again: a session remembers by it that it was let in.
    """

    __tablename__ = "logins"
    __table_args__ = (Index("ix_logins_expires", "expires_ms"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), default="", server_default="")
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    expires_ms: Mapped[int] = mapped_column(BigInteger)


class RevocationRow(Table):
    """A link that was made good for nothing, so that a running server hangs up on whoever came by it."""

    __tablename__ = "revocations"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy reads it so; ids are never used twice

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))


class ServerRow(Table):
    """Where the server was last reached, so that links made beside it lead there. One row."""

    __tablename__ = "server"

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(255))
