"""Signing in with a personal link: the secret comes in a POST and becomes a cookie."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from aiohttp import web

from ascona.storage.invitations import LOGIN_LASTS

COOKIE = "__Host-ascona-{session}"
"""One cookie a session, so that one browser may hold links to several."""

SECRET_LIMIT = 200
"""Characters in a secret that are even looked at."""


class Guest(Protocol):
    """A signed-in browser."""

    @property
    def person(self) -> str: ...

    @property
    def session(self) -> str: ...


class Invitations(Protocol):
    """Knows whose link a secret belongs to, and whose cookie a token."""

    async def sign_in(self, secret: str, now: datetime) -> tuple[Guest, str] | None: ...

    async def guest(self, token: str, now: datetime) -> Guest | None: ...


class Login:
    """Signs browsers in, and recognises them."""

    def __init__(self, invitations: Invitations, clock: Callable[[], datetime]) -> None:
        self._invitations = invitations
        self._clock = clock

    async def post(self, request: web.Request) -> web.Response:
        """`{"secret"}` in; the cookie and `{"room"}`, or `{"error"}`, out."""
        try:
            message = await request.json()
        except (ValueError, LookupError, RecursionError):  # no JSON, no such character set, brackets without end
            return web.json_response({"error": "bad_message"}, status=400)
        secret = message.get("secret") if isinstance(message, dict) else None
        if not isinstance(secret, str) or not 0 < len(secret) <= SECRET_LIMIT:
            return web.json_response({"error": "unknown_link"}, status=404)
        signed_in = await self._invitations.sign_in(secret, self._clock())
        if signed_in is None:
            return web.json_response({"error": "unknown_link"}, status=404)
        guest, token = signed_in
        response = web.json_response({"room": f"/room/{guest.session}"})
        name = COOKIE.format(session=guest.session)
        seconds = int(LOGIN_LASTS.total_seconds())  # no longer than its token, so that evenings do not pile up
        response.set_cookie(name, token, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/")
        return response

    async def person(self, cookies: str, session: str) -> str | None:
        """The person whose browser sends this Cookie header, in this session; None for strangers."""
        token = _cookie(cookies, COOKIE.format(session=session))
        guest = await self._invitations.guest(token, self._clock()) if token else None
        return guest.person if guest and guest.session == session else None


def _cookie(cookies: str, name: str) -> str | None:
    """One cookie of a header. By hand, for the standard library drops all where one of another program is odd."""
    pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
    return next((value for key, _, value in pairs if key == name), None)
