"""Numbers for whoever runs the server, on a port of their own: how much, never who."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ascona.media.workers import WorkerFigures

HOST = "127.0.0.1"
"""Only this machine is answered: a proxy or an agent beside the server reads on."""

OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
"""And only under these: another name in the address bar means that a page from elsewhere asks, by a browser here."""

JOURNAL_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds that a write may take; after two a command is refused."""


def journal_seconds() -> Histogram:
    """How long writing to the journal takes, to be observed by whoever writes."""
    return Histogram("ascona_journal_seconds", "How long a command is written.", buckets=JOURNAL_BUCKETS, registry=None)


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What there is to count.

    Attributes:
        phases: Sessions in memory, by the phase they are in.
        people: People in them whose line is up.
        receivers: People to whom sound and picture can flow.
        forwarded, dropped: Packets sent on, and packets stopped at a gate.
        refused: Messages refused before they reached a room, by reason.
        commands_refused: Commands that the rules refused, by reason.
        violations: How often an invariant was found violated, by invariant.
        unwatched: How often a room could not be looked at.
        media: What the media ports turned away, by reason.
        long_turns, stuck_turns: Turns of the web process's loop that took too long.
        lag: Seconds of the longest of them lately.
        tasks: Tasks of that loop: more and more of them would be a leak.
        journal: How long writing to the journal takes.
        ready: Whether each part is as it should be, by part.
        workers: The media workers, if there are any.
    """

    phases: Counter[str]
    people: int
    receivers: int
    forwarded: int
    dropped: int
    refused: Counter[str]
    commands_refused: Counter[str]
    violations: Counter[str]
    unwatched: int
    media: Counter[str]
    long_turns: int
    stuck_turns: int
    lag: float
    tasks: int
    journal: Histogram
    ready: Mapping[str, bool]
    workers: Sequence[WorkerFigures]


class _Collector(Collector):
    """The figures of one moment."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        now = self._figures
        yield GaugeMetricFamily("ascona_rooms", "Sessions in memory.", now.phases.total())
        yield _by("phase", GaugeMetricFamily, "ascona_rooms_in_phase", "Sessions in memory, by phase.", now.phases)
        yield GaugeMetricFamily("ascona_people", "People whose line is up.", now.people)
        yield GaugeMetricFamily("ascona_receivers", "People to whom sound and picture can flow.", now.receivers)
        yield CounterMetricFamily("ascona_packets_forwarded", "Packets sent on.", now.forwarded)
        yield CounterMetricFamily("ascona_packets_dropped", "Packets stopped at a closed gate.", now.dropped)
        yield from _refusals(now)
        yield _by(
            "invariant",
            CounterMetricFamily,
            "ascona_invariant_violations",
            "Invariants found violated.",
            now.violations,
        )
        yield CounterMetricFamily("ascona_rooms_unwatched", "Looks at a room that failed.", now.unwatched)
        yield _by("part", GaugeMetricFamily, "ascona_ready", "Whether a part is as it should be.", now.ready)
        yield from now.journal.collect()
        yield from _by_process(now)


def _refusals(now: Figures) -> Iterator[Metric]:
    for name, text, counts in (
        ("ascona_messages_refused", "Messages refused before they reached a room.", now.refused),
        ("ascona_commands_refused", "Commands that the rules refused.", now.commands_refused),
        ("ascona_media_refused", "What the media ports turned away.", now.media),
    ):
        yield _by("reason", CounterMetricFamily, name, text, counts)


def _by(
    label: str,
    family: type[CounterMetricFamily | GaugeMetricFamily],
    name: str,
    text: str,
    values: Mapping[str, float],
) -> Metric:
    metric = family(name, text, labels=[label])
    for key, value in sorted(values.items()):
        metric.add_metric([key], value)
    return metric


def _by_process(now: Figures) -> Iterator[Metric]:
    turns = CounterMetricFamily("ascona_long_turns", "Turns of a loop that took over 20 ms.", labels=["process"])
    lag = GaugeMetricFamily("ascona_longest_turn_seconds", "The longest turn lately.", labels=["process"])
    tasks = GaugeMetricFamily("ascona_tasks", "Tasks of a loop.", labels=["process"])
    turns.add_metric(["web"], now.long_turns)
    lag.add_metric(["web"], now.lag)
    tasks.add_metric(["web"], now.tasks)
    for number, worker in enumerate(now.workers):
        turns.add_metric([f"worker {number}"], worker.long_turns)
        lag.add_metric([f"worker {number}"], worker.longest)
        tasks.add_metric([f"worker {number}"], worker.tasks)
    yield from (turns, lag, tasks)
    yield CounterMetricFamily("ascona_stuck_turns", "Turns of the web process over 500 ms.", now.stuck_turns)
    yield from _by_worker(now)


def _by_worker(now: Figures) -> Iterator[Metric]:
    for family, name, text, value in _OF_WORKERS:
        metric = family(name, text, labels=["worker"])
        for number, worker in enumerate(now.workers):
            metric.add_metric([str(number)], value(worker))
        yield metric


_OF_WORKERS: tuple[
    tuple[type[CounterMetricFamily | GaugeMetricFamily], str, str, Callable[[WorkerFigures], float]], ...
] = (
    (GaugeMetricFamily, "ascona_worker_up", "Whether a media worker is there.", lambda one: one.up),
    (GaugeMetricFamily, "ascona_worker_rooms", "Rooms of a media worker.", lambda one: one.rooms),
    (GaugeMetricFamily, "ascona_worker_people", "People whose lines a media worker has.", lambda one: one.people),
    (CounterMetricFamily, "ascona_workers_replaced", "Media workers that ended.", lambda one: one.replaced),
)


def metrics_routes(figures: Callable[[], Awaitable[Figures]]) -> Iterable[web.AbstractRouteDef]:
    """`GET /metrics` in the Prometheus text format."""

    async def metrics(_request: web.Request) -> web.Response:
        registry = CollectorRegistry()
        registry.register(_Collector(await figures()))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": "text/plain; version=0.0.4"})

    return [web.get("/metrics", metrics)]
