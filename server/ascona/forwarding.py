"""The media plane that the settings ask for: in this process, or in workers beside it."""

import errno
from collections.abc import Callable

import structlog

from ascona import __version__
from ascona.media.process import Unkillable
from ascona.media.switchboard import Switchboard, Told, own_addresses
from ascona.media.wire import Brief
from ascona.media.worker import ALONE_SECONDS, UNLED_SECONDS
from ascona.media.workers import CannotWork, NoPort, Workers, dismiss
from ascona.settings import Settings

log = structlog.get_logger()

Forwarding = Switchboard | Workers


class CannotStart(Exception):
    """The server cannot start; the message says what to do about it."""


async def forwarding(settings: Settings, told: Told, back: Callable[[str], None]) -> Forwarding:
    """
    Take the media ports.

    Args:
        told: As for `Switchboard`.
        back: As for `Workers`.

    Raises:
        CannotStart: With a sentence for whoever runs the server.
    """
    try:
        media = await (_beside(settings, told, back) if settings.media_workers else _here(settings, told))
    except NoPort as error:
        raise CannotStart(_media_trouble(settings, error.number, error)) from error
    except OSError as error:
        raise CannotStart(_media_trouble(settings, 0, error)) from error
    except (CannotWork, Unkillable) as error:
        raise CannotStart(str(error)) from error
    if not media.streams:
        log.warning("no_media_over_tcp", ports=media.ports)
    log.info("media_listening", ports=media.ports, native=media.native)
    return media


async def _beside(settings: Settings, told: Told, back: Callable[[str], None]) -> Workers:
    briefs = [_brief(settings, worker) for worker in range(settings.media_workers)]
    workers = Workers(settings.media_folder, briefs, told, back)
    await workers.start()
    return workers


async def _here(settings: Settings, told: Told) -> Switchboard:
    await dismiss(settings.media_folder)  # those of an earlier start with other settings have our port
    ours = _brief(settings, 0)
    return await Switchboard.listening(ours.host, ours.port, ours.announced, ours.streams, told, native=ours.native)


def _brief(settings: Settings, worker: int) -> Brief:
    """What a worker is told; from 0."""
    host = settings.media_host or settings.host
    port = settings.media_port_of(worker)
    announced = [(address, settings.announced_port_of(worker)) for address in settings.media_addresses]
    if settings.this_machine_only:
        # Firefox leaves the loopback address out of its ICE, but comes to another address of its own machine.
        host = "0.0.0.0"  # noqa: S104 - nothing answers without the ICE password of somebody in a room
        announced = [(address, 0) for address in dict.fromkeys(("127.0.0.1", *own_addresses(host)))]
    # Pages come by TCP, too: at the same number they go first.
    streams = port == 0 or port != settings.port
    return Brief(
        host, port, tuple(announced), streams, UNLED_SECONDS, ALONE_SECONDS, __version__, settings.native == "auto"
    )


def _media_trouble(settings: Settings, worker: int, error: OSError) -> str:
    return port_trouble("UDP", settings.media_port_of(worker), error, "--media-port")


def port_trouble(protocol: str, port: int, error: OSError, option: str) -> str:
    """Why a port could not be taken, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"{protocol} port {port} is taken by another program. Choose another with {option}."
    return f"{protocol} port {port} cannot be opened: {error.strerror}."
