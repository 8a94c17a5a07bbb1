"""The files that pages fetch, read once when the server starts: a page's modules and styles belong together."""

import mimetypes
from pathlib import Path

from aiohttp import web

KINDS = mimetypes.MimeTypes()
KINDS.add_type("text/javascript", ".js")
PLAIN = "application/octet-stream"


class Files:
    """
    The files of a folder, each under its name there; there is nothing else to be had.

    They are sent like every other answer. The way that asyncio has for files (`sendfile`) tells nobody how far it has
    come, and fails loudly where a line is lost meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        paths = [path for path in folder.rglob("*") if path.is_file()]
        self._files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    async def send(self, request: web.Request) -> web.Response:
        """One of them, by its `name` in the address."""
        name = request.match_info["name"]
        if name not in self._files:
            raise web.HTTPNotFound
        kind, _ = KINDS.guess_type(name)
        text = kind is not None and kind.startswith("text/")
        return web.Response(body=self._files[name], content_type=kind or PLAIN, charset="utf-8" if text else None)
