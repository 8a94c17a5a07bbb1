"""Signing in with a personal link, whose secret comes in a POST and becomes a cookie; and signing out."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web

from ascona.core.people import Browser
from ascona.live.callers import Callers
from ascona.live.headers import cookies_of
from ascona.storage.links import TooEarly, secret_in

COOKIE = "__Host-ascona-{session}"
"""One cookie a session, so that one browser may hold links to several."""

COOKIE_LASTS = timedelta(days=7)
"""After that a browser forgets its token. The sign-in itself ends sooner, when it is not used: only the server knows
when that is, so the cookie may outlast it. Evenings do not pile up all the same."""

TOKEN = re.compile(r"[0-9a-f]{64}")
"""What a cookie of ours says: anything else nobody is asked about."""

TOKENS_LIMIT = 50
"""Sessions of one browser that are looked at when it opens a link."""

TOKENS_ASKED = 5
"""Sessions of one browser that are asked about where its address has no more calls."""

BODY_SECONDS = 10.0
"""How long a secret may take to come, once its request has begun."""

ASKED_AT_ONCE = 2
"""Questions to the database, at a time, about secrets and cookies that may be made up. It carries out eight, and rooms
that write to it are not to wait behind a crowd of strangers; those wait for one another, a thousandth of a second each.
"""


class Guest(Protocol):
    """A signed-in browser."""

    @property
    def person(self) -> str: ...

    @property
    def session(self) -> str: ...

    @property
    def browser(self) -> Browser: ...


class SignedIn(Protocol):
    """A browser that has just opened a link."""

    @property
    def guest(self) -> Guest: ...

    @property
    def token(self) -> str: ...


class Invitations(Protocol):
    """Knows whose link a secret belongs to, and whose cookie a token."""

    async def sign_in(self, secret: str, now: datetime, before: Collection[str]) -> SignedIn | None: ...

    async def guest(self, token: str, now: datetime) -> Guest | None: ...

    def recognises(self, token: str) -> bool: ...

    async def sign_out(self, token: str) -> Guest | None: ...


class Login:
    """Signs browsers in, and recognises them."""

    def __init__(
        self,
        invitations: Invitations,
        clock: Callable[[], datetime],
        callers: Callers,
        signed_out: Callable[[Guest], Awaitable[None]],
    ) -> None:
        """
        Args:
            callers: Who has failed too often.
            signed_out: Told whose sign-in has ended in one browser.
        """
        self._invitations = invitations
        self._clock = clock
        self._callers = callers
        self._signed_out = signed_out
        self._asking = asyncio.Semaphore(ASKED_AT_ONCE)

    async def post(self, request: web.Request) -> web.Response:
        """`{"secret"}` in; the cookie and `{"room"}`, or `{"error"}`, out."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await request.json()
        except (ValueError, LookupError, RecursionError):  # no JSON, no such character set, brackets without end
            return web.json_response({"error": "bad_message"}, status=400)
        except TimeoutError:
            return web.json_response({"error": "bad_message"}, status=408)
        text = message.get("secret") if isinstance(message, dict) else None
        secret = secret_in(text) if isinstance(text, str) else None
        if secret is None:
            return web.json_response({"error": "incomplete_link"}, status=400)
        try:
            async with self._asking:
                signed_in = await self._invitations.sign_in(secret, self._clock(), _tokens(cookies_of(request)))
        except TooEarly as early:
            opens_ms = round(early.opens_at.timestamp() * 1000)
            return web.json_response({"error": "early_link", "opens_ms": opens_ms}, status=403)
        if signed_in is None:
            return self._unknown(request)
        return _welcome(signed_in)

    def _unknown(self, request: web.Request) -> web.Response:
        """A link that is none. It counts, and after many of them the same address hears no more about any."""
        caller = self._callers.caller(request)
        if not self._callers.may_call(caller):
            return web.json_response({"error": "too_fast"}, status=429)
        self._callers.failed(caller)
        return web.json_response({"error": "unknown_link"}, status=404)

    async def sign_out(self, request: web.Request) -> web.Response:
        """
        This browser is signed in to this session no more, and its lines there end; `{}`, also where it never was.

        What its tabs remember for a reload goes as well (Clear-Site-Data, W3C), for it may be somebody else's turn; but
        not while it is signed in to another session: that knows no sessions, and would empty the other's tab too. The
        page forgets its own in any case.
        """
        name = COOKIE.format(session=request.match_info["id"])
        token = _cookie(cookies_of(request), name)
        known = token and await self._guest(token)  # what is made up is not worth a write
        guest = await self._invitations.sign_out(token) if token and known else None
        if guest is not None:
            await self._signed_out(guest)
        response = web.json_response({})
        if not await self.is_signed_in(_without(cookies_of(request), name)):
            response.headers["Clear-Site-Data"] = '"storage"'
        response.del_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")
        return response

    async def visitor(self, request: web.Request, session: str) -> Guest | None:
        """Whose browser asks for a page of this session. A cookie that is none counts as a failure."""
        cookies = cookies_of(request)
        guest = await self.guest(cookies, session)
        if guest is None and _cookie(cookies, COOKIE.format(session=session)):
            self._callers.failed(self._callers.caller(request))
        return guest

    async def guest(self, cookies: str, session: str) -> Guest | None:
        """Whose browser sends these cookies, in this session; None for strangers."""
        token = _cookie(cookies, COOKIE.format(session=session))
        guest = await self._guest(token) if token else None
        return guest if guest and guest.session == session else None

    async def is_signed_in(self, cookies: str) -> bool:
        """Whether one of these cookies is good for any session."""
        for token in _tokens(cookies)[:TOKENS_ASKED]:
            if await self._guest(token):
                return True
        return False

    async def _guest(self, token: str) -> Guest | None:
        """Whoever was recognised before waits for nobody."""
        if not TOKEN.fullmatch(token):
            return None
        if self._invitations.recognises(token):
            return await self._invitations.guest(token, self._clock())
        async with self._asking:
            return await self._invitations.guest(token, self._clock())


def _welcome(signed_in: SignedIn) -> web.Response:
    """The way to the room, and the cookie: always a fresh one, whatever the browser brought along."""
    session = signed_in.guest.session
    response = web.json_response({"room": f"/room/{session}"})
    name = COOKIE.format(session=session)
    seconds = int(COOKIE_LASTS.total_seconds())
    response.set_cookie(name, signed_in.token, max_age=seconds, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def _without(cookies: str, name: str) -> str:
    return ";".join(pair for pair in cookies.split(";") if pair.strip().partition("=")[0] != name)


def _tokens(cookies: str) -> list[str]:
    """Every token of ours in a Cookie header, whichever session it is for; a browser has few."""
    pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
    return [value for key, _, value in pairs if key.startswith(COOKIE.format(session=""))][:TOKENS_LIMIT]


def _cookie(cookies: str, name: str) -> str | None:
    """One cookie of a header. By hand, for the standard library drops all where one of another program is odd."""
    pairs = (pair.strip().partition("=") for pair in cookies.split(";"))
    return next((value for key, _, value in pairs if key == name), None)
