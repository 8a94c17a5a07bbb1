"""One page for whoever runs the server: how many, how fast, how well. It cannot show or hear a room."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from prometheus_client import Histogram

from ascona.pages.metrics import Figures
from ascona.pages.render import Pages

REFRESH_SECONDS = 10
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Refresh": str(REFRESH_SECONDS),
}

_WIDTH, _HEIGHT = 600.0, 90.0  # of the curve, in its own units


@dataclass(frozen=True, slots=True)
class Pulse:
    """Packets a second: sent on, and stopped at a gate."""

    forwarded: float
    dropped: float


def curve(values: Sequence[float]) -> str:
    """
    The points of an SVG polyline, newest at the right edge; of no more than one value, none.

    Numbers only: it goes into a page as it is.
    """
    if len(values) < 2:  # one point is no line
        return ""
    highest = max(*values, 1.0)
    step = _WIDTH / (len(values) - 1)
    return " ".join(f"{n * step:.1f},{_HEIGHT * (1 - value / highest):.1f}" for n, value in enumerate(values))


def within(journal: Histogram, share: float) -> float | None:
    """Seconds within which this share of all writes was done, as far as the buckets tell; None if there were none."""
    samples = next(iter(journal.collect())).samples
    buckets = [(float(one.labels["le"]), one.value) for one in samples if one.name.endswith("_bucket")]
    total = buckets[-1][1]
    return next((up_to for up_to, count in buckets if count >= share * total), None) if total else None


class Status:
    """The page."""

    def __init__(
        self,
        pages: Pages,
        style: Path,
        figures: Callable[[], Awaitable[Figures]],
        pulse: Callable[[], Sequence[Pulse]],
        uptime: Callable[[], timedelta],
    ) -> None:
        """
        Args:
            style: The page's style sheet.
            pulse: Packets a second over the last minutes.
            uptime: How long this process has been there.
        """
        self._pages = pages
        self._style = style.read_text(encoding="utf-8")
        self._figures = figures
        self._pulse = pulse
        self._uptime = uptime

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """`GET /status`, and what it looks like."""
        return [web.get("/status", self.show), web.get("/status.css", self.style)]

    async def style(self, _request: web.Request) -> web.Response:
        """The page's colours: nothing is fetched from anywhere else, not even from the port of the rooms."""
        return web.Response(text=self._style, content_type="text/css")

    async def show(self, _request: web.Request) -> web.Response:
        """Counts and health, as they are now."""
        figures, pulse = await self._figures(), self._pulse()
        answer = self._pages.page(
            "status.html",
            now=figures,
            well=all(figures.ready.values()) and not figures.violations.total(),
            latest=pulse[-1] if pulse else Pulse(0.0, 0.0),
            highest=max((one.forwarded for one in pulse), default=0.0),
            curve=curve([one.forwarded for one in pulse]),
            journal=within(figures.journal, 0.95),
            uptime=timedelta(seconds=int(self._uptime().total_seconds())),
        )
        answer.headers.update(HEADERS)
        return answer
