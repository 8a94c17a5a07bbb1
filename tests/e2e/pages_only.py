"""A network that lets pages through, and no websocket."""

from contextlib import AsyncExitStack

from aiohttp import ClientSession, DummyCookieJar, web

HOP = {"host", "connection", "content-length", "transfer-encoding", "content-encoding"}
"""Headers that are about one connection, and `Host`, which is another one behind."""


class PagesOnly:
    """Stands before a server, and refuses every upgrade."""

    def __init__(self, behind: str) -> None:
        self.origin = ""
        self._behind = behind
        self._open = AsyncExitStack()

    async def __aenter__(self) -> "PagesOnly":
        self._session = await self._open.enter_async_context(ClientSession(cookie_jar=DummyCookieJar()))
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(application)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "localhost", 0).start()
        self.origin = f"http://localhost:{runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def _pass_on(self, request: web.Request) -> web.Response:
        if "Upgrade" in request.headers:
            return web.Response(status=403)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP}
        if "Origin" in headers:
            headers["Origin"] = self._behind
        to = self._behind + request.path_qs
        async with self._session.request(
            request.method, to, headers=headers, data=await request.read(), allow_redirects=False
        ) as found:
            kept = [(name, value) for name, value in found.headers.items() if name.lower() not in HOP]
            return web.Response(status=found.status, body=await found.read(), headers=kept)
