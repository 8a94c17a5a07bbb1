"""What every answer carries, and which requests are not even looked at."""

from collections.abc import Awaitable, Callable, Collection

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from ascona.live.callers import Callers
from ascona.live.flooders import FLOOD_SECONDS, Flooders
from ascona.live.headers import cookies_of

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "style-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types lit-html",  # the one library that makes templates; its policy takes only constants
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(), fullscreen=(self), "
    "geolocation=(), usb=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Cache-Control": "no-store",
}

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, whatever the address."""

OWN_SITES = frozenset({"same-origin", "none"})
"""`Sec-Fetch-Site` of our own pages, and of an address that a person has typed."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Apology = Callable[[web.Request, int], web.Response]

log = structlog.get_logger()


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, errors and static files included. A static file's own caching stays."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)


def only_under(names: Collection[str]) -> Middleware:
    """
    Refuse whatever is asked for under another name in the address bar: somebody's page asks by way of a browser here.

    Args:
        names: Hosts, without a port.
    """

    @web.middleware
    async def own_name_only(request: web.Request, handler: Handler) -> web.StreamResponse:
        if (request.url.host or "") not in names:
            raise web.HTTPForbidden
        return await handler(request)

    return own_name_only


def only_from(origins: Collection[str]) -> Middleware:
    """
    Refuse to change anything, or to open a socket, for another site's page.

    Browsers say where a request comes from: `Sec-Fetch-Site` (Fetch Metadata), or at
    least `Origin`. A program that is no browser says neither, and carries no cookie
    it was not given; with a cookie, neither is not enough. A header that comes twice
    has to be right each time.

    Args:
        origins: Of our own pages.
    """

    @web.middleware
    async def ours_only(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.method not in SAFE or _opens_a_socket(request):
            sites, named = (request.headers.getall(name, []) for name in ("Sec-Fetch-Site", "Origin"))
            if any(site not in OWN_SITES for site in sites) or any(origin not in origins for origin in named):
                raise web.HTTPForbidden
            if not sites and not named and "Cookie" in request.headers:
                raise web.HTTPForbidden
        return await handler(request)

    return ours_only


def _opens_a_socket(request: web.Request) -> bool:
    return request.path.startswith("/socket.io")


def patient(callers: Callers, flooders: Flooders, signed_in: Callable[[str], Awaitable[bool]]) -> Middleware:
    """
    Refuse packed bodies, which may grow without end; and sockets, to flooders and where too much came in vain.

    Args:
        signed_in: Whether one of these cookies is good: its browser is not judged by its address.
    """

    async def may_open(request: web.Request) -> bool:
        caller = callers.caller(request)
        return (callers.may_call(caller) and callers.may_wait(caller)) or await signed_in(cookies_of(request))

    @web.middleware
    async def bounded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if any(coding != "identity" for coding in request.headers.getall("Content-Encoding", [])):
            raise web.HTTPUnsupportedMediaType
        if _opens_a_socket(request):
            if flooders.holds(cookies_of(request)):  # no page for them: that would be work
                return web.Response(status=429, headers={"Retry-After": f"{FLOOD_SECONDS:.0f}"})
            if not await may_open(request):
                raise web.HTTPTooManyRequests
        return await handler(request)

    return bounded


def kind_errors(apology: Apology) -> Middleware:
    """
    Turn every failure into a page that says what it means, without a trace of the inside.

    Args:
        apology: Renders the page for a status.
    """

    @web.middleware
    async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            return apology(request, answer.status)
        except Exception as error:
            log.error("request_failed", error=type(error).__name__)
            return apology(request, 500)

    return errors
