"""The pages: home, the way in, the room, and whether the server is well."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ascona import __version__
from ascona.core.rights import Refused
from ascona.live.callers import Callers
from ascona.pages.files import Files
from ascona.pages.login import Guest, Login
from ascona.pages.render import Pages

RoomPage = Callable[[Guest], Awaitable[dict[str, Any] | None]]
"""
What the room's page needs to know, for a session and a person in it; None if there is no such room.

Raises `Refused` where that person is not let to the door.
"""

Relays = Callable[[Guest], Awaitable[list[dict[str, Any]] | None]]
"""Relays for a person in a session, with passwords; None for somebody who is not inside."""

Parts = Callable[[], Awaitable[dict[str, bool]]]
"""Whether people may be sent here, part by part."""

ROOM = "/room/{id:[A-Za-z0-9_-]{8,64}}"

UNAVAILABLE = 503
SERVER_ERROR = 500
_APOLOGIES = {403: "forbidden", 404: "not_found", 405: "not_found", 429: "too_fast", 431: "headers_too_long"}


class Routes:
    """
    Every address of the server but Socket.IO's.

    Attributes:
        origins: Of our own pages, to be filled in when they are known.
    """

    def __init__(
        self,
        pages: Pages,
        login: Login,
        callers: Callers,
        room_page: RoomPage,
        relays: Relays,
        parts: Parts,
        origin: str = "",
    ) -> None:
        """
        Args:
            origin: Where browsers are to come; empty where nobody has said so.
        """
        self.origins: list[str] = []
        self._origin = origin
        self._pages = pages
        self._callers = callers
        self._login = login
        self._room_page = room_page
        self._relays = relays
        self._parts = parts

    def table(self, files: Files) -> list[web.AbstractRouteDef]:
        """
        Args:
            files: Served under `/static`.
        """
        return [
            web.get("/", self.home),
            web.get("/join", self.join),
            web.post("/join", self._login.post),
            web.get("/join{torn:#.*}", self.torn),
            web.get(ROOM, self.room),
            web.get(f"{ROOM}/relays", self.relays),
            web.post(f"{ROOM}/sign-out", self._login.sign_out),
            web.get("/signed-out", self.signed_out),
            web.get("/healthz", self.health),
            web.get("/readyz", self.ready),
            web.get("/static/{name:.+}", files.send),
        ]

    async def home(self, _request: web.Request) -> web.Response:
        return self._pages.page("home.html")

    async def join(self, _request: web.Request) -> web.Response:
        return self._pages.page("join.html", page={"origin": self._origin, "origins": self.origins})

    async def torn(self, _request: web.Request) -> web.Response:
        """A link whose `#` was made part of the address on its way here."""
        said = {"heading": self._pages.texts["headings"]["incomplete_link"]}
        return self._pages.page("message.html", 404, **said, sentence=self._pages.texts["refusals"]["incomplete_link"])

    async def room(self, request: web.Request) -> web.Response:
        """
        The same answer for a room that is not there and for one that is somebody else's.

        Whoever could not come in anyway reads why before anything is asked of them.
        """
        id = request.match_info["id"]
        guest = await self._login.visitor(request, id)
        try:
            page = await self._room_page(guest) if guest else None
        except Refused as refusal:
            return self._pages.message(refusal.reason, status=403)
        if page is None:
            return self._pages.message("not_signed_in", status=403)
        return self._pages.page("room.html", page=page)

    async def relays(self, request: web.Request) -> web.Response:
        """`{"ice"}`, for whoever is inside; their passwords would carry anybody's packets to the media server."""
        id = request.match_info["id"]
        guest = await self._login.visitor(request, id)
        known = await self._relays(guest) if guest else None
        if known is None:
            return web.json_response({"error": "not_inside"}, status=403)
        return web.json_response({"ice": known})

    async def signed_out(self, _request: web.Request) -> web.Response:
        """Where a browser goes that has just been signed out."""
        return self._pages.page("message.html", **self._pages.texts["signed_out"])

    async def health(self, request: web.Request) -> web.Response:
        """That it answers; and how it sees where this call comes from, for `ascona doctor`."""
        how = self._callers.caller(request).how
        return web.json_response({"status": "ok", "version": __version__, "caller": how})

    async def ready(self, _request: web.Request) -> web.Response:
        """Whether people may be sent here, and if not, for want of what."""
        parts = await self._parts()
        missing = [part for part, well in parts.items() if not well]
        return web.json_response({"ready": not missing, "missing": missing}, status=UNAVAILABLE if missing else 200)

    def apology(self, request: web.Request, status: int) -> web.Response:
        """The page for a request that failed; JSON for whoever asked with JSON."""
        if request.content_type == "application/json":
            return web.json_response({"error": _key(status)}, status=status)
        return self.refusal(status)

    def refusal(self, status: int) -> web.Response:
        """The page for a request that could not even be read."""
        return self._pages.message(_key(status), status)


def _key(status: int) -> str:
    return _APOLOGIES.get(status, "server_error" if status >= SERVER_ERROR else "bad_request")
