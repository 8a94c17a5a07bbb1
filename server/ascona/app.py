"""Everything plugged together, top to bottom. The only place that looks at a clock or draws lots."""

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp import web

from ascona import __version__, assets
from ascona.core.browsers import seen_from
from ascona.core.commands import Knock
from ascona.core.decide import decide
from ascona.core.invariants import Wiring
from ascona.core.media_plan import media_plan
from ascona.core.people import FLOOR_LIMIT, Person, Place
from ascona.core.rights import Refused
from ascona.core.session import Session
from ascona.core.sound_line import whose
from ascona.forgetting import Forgetting
from ascona.forwarding import CannotStart, Forwarding, forwarding, port_trouble
from ascona.health import Health, Timed
from ascona.live.callers import Callers
from ascona.live.namespace import RoomNamespace
from ascona.live.room import SCREENS_PAUSE_SECONDS, Room
from ascona.live.rooms import Rooms
from ascona.live.sign_ins import SignIns
from ascona.live.stance import finds_door_closed
from ascona.live.watch import Watch
from ascona.live.websocket import socket_server
from ascona.media.offer import OfferRefused
from ascona.media.turn import turn_credentials
from ascona.media.workers import Workers
from ascona.pages.files import Files
from ascona.pages.front import Front
from ascona.pages.login import Guest, Login
from ascona.pages.metrics import HOST as METRICS_HOST
from ascona.pages.metrics import OWN_NAMES, journal_seconds, metrics_routes
from ascona.pages.render import Pages
from ascona.pages.routes import Routes
from ascona.pages.security import add_headers, kind_errors, only_from, only_under, patient
from ascona.pages.status import Status
from ascona.private import keep_folder
from ascona.settings import Settings
from ascona.storage.database import Database
from ascona.storage.invitations import Invitations
from ascona.storage.journal import Journal
from ascona.storage.links import LinkTimes
from ascona.storage.retention import Retention
from ascona.turns import Turns

REQUEST_BYTES_LIMIT = 64 * 1024
SHUTDOWN_SECONDS = 2.0
"""How long open requests may take to finish when the server stops."""

DRAIN_LOOK_SECONDS = 0.2
"""How often it is looked whether anybody is still there when the server is about to stop."""

log = structlog.get_logger()


@dataclass(slots=True)
class Server:
    """
    A running server.

    Attributes:
        origin: What links begin with.
        port, media_port, media_ports, metrics_port: As they came out, where any free one was asked for.
        media, watch, health: For their counters.
        forgetting: Sweeps now and then, and when it is asked to.
    """

    origin: str
    port: int
    media_ports: list[int]
    metrics_port: int
    invitations: Invitations
    rooms: Rooms
    media: Forwarding
    watch: Watch
    health: Health
    namespace: RoomNamespace
    forgetting: Forgetting
    _stack: AsyncExitStack

    @property
    def media_port(self) -> int:
        """The first of them."""
        return self.media_ports[0]

    @property
    def people(self) -> int:
        """How many are in a session that has not ended."""
        return sum(len(room.session.present) for room in self.rooms if not room.session.ended)

    async def drain(self, seconds: float) -> None:
        """
        Tell every room that the server stops in so many seconds, and wait for as long as anybody is in one.

        Meanwhile no session is opened, and `/readyz` says no.
        """
        self.health.draining = True
        await self.namespace.announce_stop(seconds)
        for _ in range(math.ceil(seconds / DRAIN_LOOK_SECONDS)):
            if self.people == 0:
                return
            await asyncio.sleep(DRAIN_LOOK_SECONDS)

    async def close(self) -> None:
        """Stop serving. Sessions go on where they stand when a server starts with the same data."""
        await self._stack.aclose()


def steady_clock() -> Callable[[], datetime]:
    """
    The server's clock: UTC in whole milliseconds, and never set back while the process runs.

    A deadline is a moment, so that a restart stretches nothing; between restarts the
    monotonic clock counts, so that setting the machine's clock moves no phase.
    """
    started, began = datetime.now(UTC), time.monotonic()

    def now() -> datetime:
        moment = started + timedelta(seconds=time.monotonic() - began)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    return now


def fresh_token() -> str:
    """128 bits from the system."""
    return secrets.token_hex(16)


async def open_database(settings: Settings) -> Database:
    """
    The database of these settings, ready.

    Raises:
        CannotStart: If the data folder cannot be written.
        DatabaseUnusable: If the database itself will not do.
    """
    if not settings.database:
        try:
            keep_folder(settings.data)
            probe = settings.data / f".{fresh_token()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise CannotStart(f"The data folder {settings.data} cannot be written: {error.strerror}.") from error
    return await Database.opened(settings.database_url)


async def start(settings: Settings, turns: Turns | None = None, clock: Callable[[], datetime] | None = None) -> Server:
    """
    Start serving.

    Args:
        turns: Of this process's loop, where somebody looks at them.
        clock: UTC in whole milliseconds, never set back; a steady one if there is none.

    Raises:
        CannotStart: With a sentence for whoever runs the server; nothing is left running.
        DatabaseUnusable: The same, of the database.
    """
    async with AsyncExitStack() as stack:
        clock = clock or steady_clock()
        database = await open_database(settings)
        stack.push_async_callback(database.close)
        await database.fill()
        began = clock()
        journal, invitations = Journal(database), Invitations(database, fresh_token, link_times(settings))
        media = await forwarding(
            settings,
            lambda room, person, pictures: namespace.told(room, person, pictures),
            lambda room: namespace.media_back(room),
        )
        stack.push_async_callback(media.close)

        async def load(id: str) -> Room | None:
            rebuilt = await journal.rebuilt(id)
            if rebuilt is None:
                return None
            session, history = rebuilt
            media.open_room(id, slots_of(session))
            session = replace(session, present=still_here(session, await media.wiring(id)))
            title = await journal.title(id)
            return Room(session, title, timed, media, namespace, clock, history, watch.look, SCREENS_PAUSE_SECONDS)

        seconds = journal_seconds()
        timed = Timed(journal, seconds)
        rooms = Rooms(load, media.close_room)
        stack.push_async_callback(rooms.close)
        callers = Callers(settings.proxy_addresses, time.monotonic)
        login = Login(
            invitations,
            clock,
            callers,
            lambda guest: namespace.look_again((guest.session, guest.person)),
        )
        namespace = RoomNamespace(rooms, login.guest, _Negotiations(media), time.monotonic)
        watch = Watch(rooms, media, namespace, journal.version)
        stack.push_async_callback(watch.close)
        for id in await journal.running():
            try:
                if room := await rooms.get(id):
                    namespace.expect(room)
            except Exception as error:  # one session that cannot be read keeps nobody else's closed
                log.error("room_unreadable", session=id, error=type(error).__name__)

        if isinstance(media, Workers):
            media.close_unopened()
        watch.start()
        health = Health(rooms, media, namespace, watch, turns, seconds, database.answers)
        stack.push_async_callback(health.close)
        health.start()
        forgetting = Forgetting(rooms, journal, Retention(database), clock)
        stack.push_async_callback(forgetting.close)
        forgetting.start()

        pages = Pages(assets.web(), settings.language)
        routes = Routes(
            pages,
            login,
            callers,
            lambda guest: _room_page(rooms, guest, bool(settings.turn_urls), clock()),
            lambda guest: _relays(rooms, settings, guest, clock()),
            health.ready,
            settings.origin.rstrip("/"),
        )
        port = await _serve(settings, routes, namespace, callers, login, stack)
        sign_ins = SignIns(invitations, namespace, time.monotonic)
        await sign_ins.begin()
        _keep(sign_ins.watch(), stack)
        stack.push_async_callback(namespace.close)
        origin = settings.origin_at(port)
        await invitations.serve_at(origin)
        status = Status(
            pages, assets.web() / "static" / "status.css", health.figures, health.pulse, lambda: clock() - began
        )
        told = [*metrics_routes(health.figures), *status.routes()]
        metrics_port = await _serve_metrics(settings, told, routes, namespace.counts, stack)
        log.info("started", metrics_port=metrics_port, version=__version__, port=port, media_ports=media.ports)
        return Server(
            origin,
            port,
            media.ports,
            metrics_port,
            invitations,
            rooms,
            media,
            watch,
            health,
            namespace,
            forgetting,
            stack.pop_all(),
        )


def slots_of(session: Session) -> int:
    """Slots every browser asks for: one a chair of the circle, and the floor's."""
    return session.seats + FLOOR_LIMIT


def still_here(session: Session, wiring: Wiring) -> frozenset[str]:
    """
    Who is there when a server starts while workers forward: whose line is up.

    Whoever receives nothing there, although somebody may be heard or seen by them whose line is up, was away as far as
    any screen shows: they are here when their page is. So is whoever was cut off by a command that the last server died
    before recording.
    """
    up = frozenset(person.id for person in session.inside() if person.id in wiring.lines)
    possible = {route.receiver for route in media_plan(replace(session, present=up)).routes}
    return up - (possible - {whose(line) for line in wiring.receivers})


class _Negotiations:
    """The media plane as the rooms see it: what is wrong with an offer becomes a refusal."""

    def __init__(self, media: Forwarding) -> None:
        self._media = media

    async def answer(self, room: str, person: str, offer: str) -> str:
        try:
            return await self._media.answer(room, person, offer)
        except OfferRefused as refusal:
            raise Refused(refusal.reason) from refusal

    async def leave(self, room: str, person: str) -> None:
        await self._media.leave(room, person)

    def shows(self, room: str, person: str, heights: Sequence[int]) -> None:
        self._media.shows(room, person, heights)


SHUT = frozenset({"removed", "already_ended"})
"""Why somebody would not even stand at the door: said before camera and agreement are asked for."""


async def _room_page(rooms: Rooms, guest: Guest, relays: bool, now: datetime) -> dict[str, Any] | None:
    """
    A browser that was not let in learns whose link it has, and nothing of the session, not even its title.

    Args:
        relays: Whether there are any.

    Raises:
        Refused: For one of the reasons in `SHUT`.
    """
    room = await rooms.get(guest.session)
    person = room.session.person(guest.person) if room else None
    if room is None or person is None:
        return None
    viewer = seen_from(person, guest.browser)
    try:
        decide(room.session, Knock(viewer.name, guest.browser), viewer.id, now, room.session.version)
    except Refused as refusal:
        if refusal.reason in SHUT:
            raise
    inside = viewer.place is Place.INSIDE
    return {
        "room": guest.session,
        "name": viewer.name,
        "standing": room.session.standing(viewer).value if inside else viewer.role.value,
        "title": room.title if inside else "",
        "closed": finds_door_closed(room.session, person, guest.browser, now),
        "slots": slots_of(room.session),
        "relays": relays,
        "version": __version__,
    }


def _viewer(room: Room | None, guest: Guest) -> Person | None:
    """Whose browser this is, as far as this browser is concerned."""
    person = room.session.person(guest.person) if room else None
    return seen_from(person, guest.browser) if person else None


async def _relays(rooms: Rooms, settings: Settings, guest: Guest, now: datetime) -> list[dict[str, Any]] | None:
    """TURN servers as a browser's `iceServers` wants them, for somebody inside; None for everybody else."""
    viewer = _viewer(await rooms.get(guest.session), guest)
    if viewer is None or viewer.place is not Place.INSIDE:
        return None
    if not settings.turn_urls:
        return []
    shown = turn_credentials(viewer.seat, settings.turn_secret.encode(), now)
    return [{"urls": settings.turn_urls, "username": shown.name, "credential": shown.password}]


def link_times(settings: Settings) -> LinkTimes:
    """When personal links are good."""
    return LinkTimes(
        timedelta(minutes=settings.link_minutes_before),
        timedelta(minutes=settings.link_minutes_after),
        timedelta(days=settings.link_days),
    )


def _keep(work: Coroutine[Any, Any, None], stack: AsyncExitStack) -> None:
    """Let something go on until the server stops."""
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


async def _serve(
    settings: Settings, routes: Routes, namespace: RoomNamespace, callers: Callers, login: Login, stack: AsyncExitStack
) -> int:
    """Serve HTTP and Socket.IO; the port it came out as."""
    origins = routes.origins  # known once the port is
    app = web.Application(
        client_max_size=REQUEST_BYTES_LIMIT,
        middlewares=[
            kind_errors(routes.apology),
            only_from(origins),
            patient(callers, namespace.flooders, login.is_signed_in),
        ],
    )
    app.on_response_prepare.append(add_headers)
    app.add_routes(routes.table(Files(assets.web() / "static")))
    sockets = socket_server(origins, callers, namespace.counts)
    sockets.register_namespace(namespace)
    sockets.attach(app)
    front = Front(app, routes.refusal, namespace.counts, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS)
    await front.setup()
    stack.push_async_callback(front.cleanup)
    stack.push_async_callback(sockets.shutdown)
    try:
        await web.TCPSite(front, settings.host, settings.port).start()
    except OSError as error:
        raise CannotStart(port_trouble("TCP", settings.port, error, "--port")) from error
    port = int(front.addresses[0][1])
    origins += settings.origins_at(port)
    return port


async def _serve_metrics(
    settings: Settings, told: list[web.AbstractRouteDef], routes: Routes, counts: Counter[str], stack: AsyncExitStack
) -> int:
    """Serve numbers to this machine, apart from the pages; the port it came out as."""
    app = web.Application(middlewares=[kind_errors(routes.apology), only_under(OWN_NAMES)])
    app.on_response_prepare.append(add_headers)
    app.add_routes(told)
    front = Front(app, routes.refusal, counts)
    await front.setup()
    stack.push_async_callback(front.cleanup)
    try:
        await web.TCPSite(front, METRICS_HOST, settings.metrics_port).start()
    except OSError as error:
        raise CannotStart(port_trouble("TCP", settings.metrics_port, error, "ASCONA_METRICS_PORT")) from error
    return int(front.addresses[0][1])
