"""The sign-ins of one person: how many there may be at a time, and which of them make room for the next."""

import json

from sqlalchemy import delete, select

from ascona.core.events import Admitted, BrowserLetIn, Knocked
from ascona.storage.database import Transaction
from ascona.storage.tables import EventRow, LoginRow

SIGN_INS_LIMIT = 16
"""
Sign-ins of one person, besides those of browsers that were let in: some devices, private windows and second thoughts.
A link can be opened without end, and each of its sign-ins is a row for half a day.
"""


def make_room(transaction: Transaction, person: str, session: str) -> list[bytes]:
    """
    End as many sign-ins as one more needs: the oldest that never stood at the door, and then the oldest that did.

    A browser that was let in keeps its sign-in, and does not count.

    Returns:
        The hashes of the tokens that are good for nothing now.
    """
    query = select(LoginRow.token_hash, LoginRow.id).where(LoginRow.person_id == person).order_by(LoginRow.expires_ms)
    signed_in = [(token_hash, browser) for token_hash, browser in transaction.execute(query)]
    if len(signed_in) < SIGN_INS_LIMIT:
        return []
    knocked = _browsers(transaction, person, session, Knocked)
    let_in = _browsers(transaction, person, session, Admitted, BrowserLetIn)
    oldest_first = sorted((one for one in signed_in if one[1] not in let_in), key=lambda one: one[1] in knocked)
    surplus = max(len(oldest_first) + 1 - SIGN_INS_LIMIT, 0)
    gone = [token_hash for token_hash, _ in oldest_first[:surplus]]
    transaction.execute(delete(LoginRow).where(LoginRow.token_hash.in_(gone)))
    return gone


def _browsers(transaction: Transaction, person: str, session: str, *kinds: type) -> set[str]:
    """The ids of this person's browsers of which such an event is recorded."""
    query = select(EventRow.body).where(
        EventRow.session_id == session,
        EventRow.kind.in_([kind.__name__ for kind in kinds]),
        EventRow.body.contains(f'"{person}"'),
    )
    found = (json.loads(body) for body in transaction.scalars(query))
    return {one["browser"]["id"] for one in found if one["person"] == person and one.get("browser")}
