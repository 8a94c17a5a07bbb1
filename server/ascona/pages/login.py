"""Signing in with a personal link, whose secret comes in a POST and becomes a cookie; and signing out."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Protocol

from aiohttp import web

from ascona.live.callers import Callers
from ascona.storage.invitations import LOGIN_LASTS
from ascona.storage.links import TooEarly

COOKIE = "__Host-ascona-{session}"
"""One cookie a session, so that one browser may hold links to several."""

SECRET_LIMIT = 200
"""Characters in a secret that are even looked at."""

TOKENS_LIMIT = 50
"""Sessions of one browser that are looked at when it opens a link."""

BODY_SECONDS = 10.0
"""How long a secret may take to come, once its request has begun."""


class Guest(Protocol):
    """A signed-in browser."""

    @property
    def person(self) -> str: ...

    @property
    def session(self) -> str: ...


class SignedIn(Protocol):
    """A browser that has just opened a link."""

    @property
    def guest(self) -> Guest: ...

    @property
    def token(self) -> str: ...

    @property
    def again(self) -> bool: ...


class Invitations(Protocol):
    """Knows whose link a secret belongs to, and whose cookie a token."""

    async def sign_in(self, secret: str, now: datetime, before: Collection[str]) -> SignedIn | None: ...

    async def guest(self, token: str, now: datetime) -> Guest | None: ...

    async def sign_out(self, token: str) -> Guest | None: ...


class Login:
    """Signs browsers in, and recognises them."""

    def __init__(
        self,
        invitations: Invitations,
        clock: Callable[[], datetime],
        callers: Callers,
        opened_again: Callable[[Guest], None],
        signed_out: Callable[[Guest], Awaitable[None]],
    ) -> None:
        """
        Args:
            callers: Who has failed too often.
            opened_again: Told when a link was opened in another browser than before.
            signed_out: Told whose sign-in has ended in one browser.
        """
        self._invitations = invitations
        self._clock = clock
        self._callers = callers
        self._opened_again = opened_again
        self._signed_out = signed_out

    async def post(self, request: web.Request) -> web.Response:
        """`{"secret"}` in; the cookie and `{"room"}`, or `{"error"}`, out."""
        caller = request.remote, request.headers.get("X-Forwarded-For", "")
        if not self._callers.may_call(*caller):
            return web.json_response({"error": "too_fast"}, status=429)
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await request.json()
        except (ValueError, LookupError, RecursionError):  # no JSON, no such character set, brackets without end
            return web.json_response({"error": "bad_message"}, status=400)
        except TimeoutError:
            return web.json_response({"error": "bad_message"}, status=408)
        secret = message.get("secret") if isinstance(message, dict) else None
        held = _tokens(request.headers.get("Cookie", ""))
        try:
            signed_in = None
            if isinstance(secret, str) and 0 < len(secret) <= SECRET_LIMIT:
                signed_in = await self._invitations.sign_in(secret, self._clock(), held)
        except TooEarly as early:
            opens_ms = round(early.opens_at.timestamp() * 1000)
            return web.json_response({"error": "early_link", "opens_ms": opens_ms}, status=403)
        if signed_in is None:
            self._callers.failed(*caller)
            return web.json_response({"error": "unknown_link"}, status=404)
        if signed_in.again:
            self._opened_again(signed_in.guest)
        return _welcome(signed_in)

    async def sign_out(self, request: web.Request) -> web.Response:
        """
        This browser is signed in to this session no more, and its lines there end; `{}`, also where it never was.

        What its tabs remember for a reload goes as well (Clear-Site-Data, W3C), for it may be somebody else's turn.
        """
        name = COOKIE.format(session=request.match_info["id"])
        token = _cookie(request.headers.get("Cookie", ""), name)
        guest = await self._invitations.sign_out(token) if token else None
        if guest is not None:
            await self._signed_out(guest)
        response = web.json_response({}, headers={"Clear-Site-Data": '"storage"'})
        response.del_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")
        return response

    async def person(self, cookies: str, session: str) -> str | None:
        """The person whose browser sends this Cookie header, in this session; None for strangers."""
        token = _cookie(cookies, COOKIE.format(session=session))
        guest = await self._invitations.guest(token, self._clock()) if token else None
        return guest.person if guest and guest.session == session else None


def _welcome(signed_in: SignedIn) -> web.Response:
    """The way to the room, and the cookie: always a fresh one, whatever the browser brought along."""
    session = signed_in.guest.session
    response = web.json_response({"room": f"/room/{session}"})
    name = COOKIE.format(session=session)
    seconds = int(LOGIN_LASTS.total_seconds())  # no longer than its token, so that evenings do not pile up
    response.set_cookie(name, signed_in.token, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def _tokens(cookies: str) -> list[str]:
    """Every token of ours in a Cookie header, whichever session it is for; a browser has few."""
    pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
    return [value for key, _, value in pairs if key.startswith(COOKIE.format(session=""))][:TOKENS_LIMIT]


def _cookie(cookies: str, name: str) -> str | None:
    """One cookie of a header. By hand, for the standard library drops all where one of another program is odd."""
    pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
    return next((value for key, _, value in pairs if key == name), None)
