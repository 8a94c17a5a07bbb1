"""Numbers for whoever runs the server, on a port of their own: how much, never who."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

HOST = "127.0.0.1"
"""Only this machine is answered: a proxy or an agent beside the server reads on."""


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What there is to count.

    Attributes:
        rooms: Sessions in memory.
        people: People in them whose line is up.
        receivers: People to whom sound and picture can flow.
        forwarded, dropped: Packets sent on, and packets stopped at a gate, of connections that are up.
        refused: Messages refused before they reached a room, by reason.
        media: What the media port turned away, by reason.
    """

    rooms: int
    people: int
    receivers: int
    forwarded: int
    dropped: int
    refused: Counter[str]
    media: Counter[str]


class _Collector(Collector):
    """Asks for the figures each time somebody reads them."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        now = self._figures()
        yield GaugeMetricFamily("ascona_rooms", "Sessions in memory.", now.rooms)
        yield GaugeMetricFamily("ascona_people", "People whose line is up.", now.people)
        yield GaugeMetricFamily("ascona_receivers", "People to whom sound and picture can flow.", now.receivers)
        yield GaugeMetricFamily(
            "ascona_packets_forwarded", "Packets sent on, of connections that are up.", now.forwarded
        )
        yield GaugeMetricFamily("ascona_packets_dropped", "Packets stopped at a closed gate, likewise.", now.dropped)
        yield _by_reason("ascona_messages_refused", "Messages refused before they reached a room.", now.refused)
        yield _by_reason("ascona_media_refused", "What the media port turned away.", now.media)


def _by_reason(name: str, text: str, counts: Counter[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=["reason"])
    for reason, count in sorted(counts.items()):
        family.add_metric([reason], count)
    return family


def metrics_routes(figures: Callable[[], Figures]) -> Iterable[web.AbstractRouteDef]:
    """`GET /metrics` in the Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Collector(figures))

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": "text/plain; version=0.0.4"})

    return [web.get("/metrics", metrics)]
