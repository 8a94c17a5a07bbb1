"""Templates and texts: one environment, escaping always on."""

import json
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ascona import __version__


class Pages:
    """
    Renders templates.

    Attributes:
        texts: The language file.
    """

    def __init__(self, folder: Path, language: str) -> None:
        """
        Args:
            folder: With `templates/` and `i18n/`.

        Raises:
            FileNotFoundError: If there is no such language.
        """
        self.texts: dict[str, Any] = json.loads((folder / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
        self._language = language
        self._environment = Environment(
            loader=FileSystemLoader(folder / "templates"), autoescape=True, undefined=StrictUndefined
        )

    def page(self, template: str, status: int = 200, **values: object) -> web.Response:
        """A page from a template of this name, e.g. `room.html`."""
        html = self._environment.get_template(template).render(
            texts=self.texts, lang=self._language, version=__version__, asset=_asset, **values
        )
        return web.Response(text=html, content_type="text/html", status=status)

    def message(self, key: str, status: int = 200) -> web.Response:
        """A page with one heading and one sentence: `errors.<key>` in the language file."""
        said = self.texts["errors"][key]
        return self.page("message.html", status, heading=said["heading"], sentence=said["sentence"])


def _asset(path: str) -> str:
    return f"/static/{path}"
