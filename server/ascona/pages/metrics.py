"""Numbers for whoever runs the server, on a port of their own: how much, never who."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ascona.media.workers import WorkerFigures

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
        violations: How often an invariant was found violated, by invariant.
        unwatched: How often a room could not be looked at.
        media: What the media ports turned away, by reason.
        long_turns: Turns of the web process's loop that took too long.
        tasks: Tasks of that loop: more and more of them would be a leak.
        workers: The media workers, if there are any.
    """

    rooms: int
    people: int
    receivers: int
    forwarded: int
    dropped: int
    refused: Counter[str]
    violations: Counter[str]
    unwatched: int
    media: Counter[str]
    long_turns: int
    tasks: int
    workers: Sequence[WorkerFigures]


class _Collector(Collector):
    """The figures of one moment."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        now = self._figures
        yield GaugeMetricFamily("ascona_rooms", "Sessions in memory.", now.rooms)
        yield GaugeMetricFamily("ascona_people", "People whose line is up.", now.people)
        yield GaugeMetricFamily("ascona_receivers", "People to whom sound and picture can flow.", now.receivers)
        yield GaugeMetricFamily(
            "ascona_packets_forwarded", "Packets sent on, of connections that are up.", now.forwarded
        )
        yield GaugeMetricFamily("ascona_packets_dropped", "Packets stopped at a closed gate, likewise.", now.dropped)
        yield _by_reason("ascona_messages_refused", "Messages refused before they reached a room.", now.refused)
        yield _by_reason("ascona_invariant_violations", "Invariants found violated.", now.violations, "invariant")
        yield CounterMetricFamily("ascona_rooms_unwatched", "Looks at a room that failed.", now.unwatched)
        yield _by_reason("ascona_media_refused", "What the media ports turned away.", now.media)
        yield from _by_process(now)


def _by_reason(name: str, text: str, counts: Counter[str], label: str = "reason") -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for reason, count in sorted(counts.items()):
        family.add_metric([reason], count)
    return family


def _by_process(now: Figures) -> Iterator[Metric]:
    turns = CounterMetricFamily("ascona_long_turns", "Turns of a loop that took over 20 ms.", labels=["process"])
    tasks = GaugeMetricFamily("ascona_tasks", "Tasks of a loop.", labels=["process"])
    up = GaugeMetricFamily("ascona_worker_up", "Whether a media worker is there.", labels=["worker"])
    rooms = GaugeMetricFamily("ascona_worker_rooms", "Rooms of a media worker.", labels=["worker"])
    replaced = CounterMetricFamily("ascona_workers_replaced", "Media workers that ended.", labels=["worker"])
    turns.add_metric(["web"], now.long_turns)
    tasks.add_metric(["web"], now.tasks)
    for number, worker in enumerate(now.workers):
        turns.add_metric([f"worker {number}"], worker.long_turns)
        tasks.add_metric([f"worker {number}"], worker.tasks)
        up.add_metric([str(number)], worker.up)
        rooms.add_metric([str(number)], worker.rooms)
        replaced.add_metric([str(number)], worker.replaced)
    yield from (turns, tasks, up, rooms, replaced)


def metrics_routes(figures: Callable[[], Awaitable[Figures]]) -> Iterable[web.AbstractRouteDef]:
    """`GET /metrics` in the Prometheus text format."""

    async def metrics(_request: web.Request) -> web.Response:
        registry = CollectorRegistry()
        registry.register(_Collector(await figures()))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": "text/plain; version=0.0.4"})

    return [web.get("/metrics", metrics)]
