"""The command line: serve, rehearse, plan a session, bring the database up to date, find out what is wrong."""

import asyncio
import gc
import json
import os
import secrets
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import click
import structlog
from pydantic import ValidationError

from ascona import __version__, app, assets, logs
from ascona.core.people import Role
from ascona.core.programme import ProgrammeError
from ascona.core.session import SitBackStyle
from ascona.doctor import State, examine
from ascona.forwarding import CannotStart
from ascona.machine import Machine
from ascona.moments import EXAMPLE, Moment, NoMoment, read_moment, said, zone
from ascona.private import OTHERS
from ascona.rehearsal.company import NAMES, Company
from ascona.rehearsal.company import Invited as Figure
from ascona.settings import WORKERS_LIMIT, Settings, reached_at
from ascona.storage.backup import NoBackup, backup, restore
from ascona.storage.database import DatabaseUnusable
from ascona.storage.invitations import Invitations, Invited
from ascona.storage.links import secret_in
from ascona.turns import Turns, Watchdog

log = structlog.get_logger()

LEADER_NAME = "Ada"
"""Whoever rehearses is shown under this name until they choose another."""

FULL_COMPANY = 5
"""Simulated people from which on two of them sit in the ring."""


@click.group()
@click.version_option(__version__)
def main() -> None:
    """A video room for remote Balint groups, whose server keeps the frame."""
    os.umask(OTHERS)  # also for what libraries make
    logs.configure(sys.stderr, secrets.token_bytes(16), sys.stderr.isatty())


def _listening(command: Any) -> Any:
    for option in (
        click.option("--data", type=click.Path(path_type=Path), help="Folder for the database."),
        click.option("--media-workers", type=click.IntRange(0, WORKERS_LIMIT), help="Processes that forward."),
        click.option("--media-port", type=click.IntRange(0, 65535), help="UDP and TCP port for sound and picture."),
        click.option("--port", type=click.IntRange(0, 65535), help="TCP port for pages. 0: any free one."),
        click.option("--host", help="Address to listen on."),
    ):
        command = option(command)
    return command


@main.command()
@_listening
def serve(**given: Any) -> None:
    """Serve rooms until stopped."""
    turns = Turns()
    _run(_serve(_settings(given), turns), turns)


async def _serve(settings: Settings, turns: Turns) -> None:
    asked = _asked_to_stop()
    server = await app.start(settings, turns)
    watchdog = Watchdog(turns)
    ports = f"UDP port{'s' if len(server.media_ports) > 1 else ''} {', '.join(map(str, server.media_ports))}"
    click.echo(f"Ascona {__version__} is at {server.origin} (sound and picture: {ports})")
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again would hold everybody up
    try:
        await asked.acquire()
        await _drain(server, settings.drain_seconds, asked)
    finally:
        watchdog.close()
        await server.close()


async def _drain(server: app.Server, seconds: float, asked: asyncio.Semaphore) -> None:
    """Let everybody know, and wait; who asks a second time wants it now."""
    draining, again = asyncio.create_task(server.drain(seconds)), asyncio.create_task(asked.acquire())
    log.info("draining", seconds=seconds, people=server.people)
    await asyncio.wait({draining, again}, return_when=asyncio.FIRST_COMPLETED)
    for task in (draining, again):
        task.cancel()
    await asyncio.gather(draining, again, return_exceptions=True)


@main.command()
@_listening
@click.option("--people", type=click.IntRange(1, 14), default=9, show_default=True, help="Simulated people.")
@click.option("--programme", default="ascona-90", help="A preset's name, or a TOML file.")
def rehearse(people: int, programme: str, **given: Any) -> None:
    """Try a whole evening alone: you lead, simulated people take the other seats."""
    text = programme_text(programme)
    with TemporaryDirectory(prefix="ascona-") as folder:
        alone = {"data": Path(folder), "media_workers": 0}
        settings = _settings(alone | {k: v for k, v in given.items() if v is not None})
        _run(_rehearse(settings, people, text))


async def _rehearse(settings: Settings, people: int, programme: str) -> None:
    asked = _asked_to_stop()
    server = await app.start(settings)
    company = Company()
    try:
        cast = _cast(people)
        now = app.steady_clock()()
        try:
            _, invited = await server.invitations.plan([(LEADER_NAME, Role.LEADER), *cast], programme, now, "Rehearsal")
        except ProgrammeError as error:
            _stop(f"The programme cannot be used: {error}")
        played = [Figure(one.name, link(server.origin, one)) for one in invited[1:]]
        await company.start(played, f"http://{_reachable(settings.host)}:{server.port}")
        click.echo(f"Ascona {__version__}: a rehearsal with {len(cast)} simulated people, who come to your door.")
        click.echo(f"Your link as the leader:\n\n  {link(server.origin, invited[0])}\n")
        click.echo("Open it in Chromium, Chrome, Edge or Firefox. Ctrl-C ends the rehearsal; nothing of it is kept.")
        await asked.acquire()
    finally:
        await company.stop()
        await server.close()


def _cast(people: int) -> list[tuple[str, Role]]:
    """Who is played: a co-leader, members, and from five people up two in the ring."""
    names = NAMES[:people]
    ring = 2 if people >= FULL_COMPANY else 0
    roles = [Role.CO_LEADER] + [Role.MEMBER] * (people - 1 - ring) + [Role.RING] * ring
    return list(zip(names, roles, strict=True))


def _reachable(host: str) -> str:
    address = reached_at(host)
    return f"[{address}]" if ":" in address else address


@main.group()
def session() -> None:
    """Plan sessions."""


@session.command("new")
@click.option("--programme", default="ascona-90", help="A preset's name, or a TOML file.")
@click.option("--title", default="", help="Shown in the room; forgotten when the session ends.")
@click.option("--leader", "leaders", multiple=True, metavar="NAME")
@click.option("--co-leader", "co_leaders", multiple=True, metavar="NAME")
@click.option("--member", "members", multiple=True, metavar="NAME")
@click.option("--ring", "ring", multiple=True, metavar="NAME", help="Outer ring: listens, and has a slot of its own.")
@click.option("--observer", "observers", multiple=True, metavar="NAME")
@click.option("--supervisor", "supervisors", multiple=True, metavar="NAME")
@click.option("--sit-back", type=click.Choice([style.value for style in SitBackStyle]), default="gone")
@click.option("--starts", metavar="TIME", help=f"When it begins, e.g. {EXAMPLE}: links are good around it.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder for the database.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def session_new(
    programme: str,
    title: str,
    leaders: tuple[str, ...],
    co_leaders: tuple[str, ...],
    members: tuple[str, ...],
    ring: tuple[str, ...],
    observers: tuple[str, ...],
    supervisors: tuple[str, ...],
    sit_back: str,
    starts: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Plan a session and print one personal link for each person. Works while the server runs."""
    people = [
        *((name, Role.LEADER) for name in leaders),
        *((name, Role.CO_LEADER) for name in co_leaders),
        *((name, Role.MEMBER) for name in members),
        *((name, Role.RING) for name in ring),
        *((name, Role.OBSERVER) for name in observers),
        *((name, Role.SUPERVISOR) for name in supervisors),
    ]
    settings = _settings({"data": data})
    text, style = programme_text(programme), SitBackStyle(sit_back)
    _run(_session_new(settings, people, text, title, style, _moment(starts), as_json))


def _moment(text: str | None) -> Moment | None:
    try:
        return read_moment(text) if text is not None else None
    except NoMoment as error:
        _stop(str(error))


async def _session_new(
    settings: Settings,
    people: list[tuple[str, Role]],
    programme: str,
    title: str,
    sit_back: SitBackStyle,
    starts: Moment | None,
    as_json: bool,
) -> None:
    database = await app.open_database(settings)
    begins = starts.at if starts else None
    try:
        now = app.steady_clock()()
        planned = Invitations(database, app.fresh_token, app.link_times(settings))
        try:
            window = planned.window(programme, begins, now)
            id, invited = await planned.plan(people, programme, now, title, sit_back, begins)
            origin = settings.origin or await planned.origin() or settings.origin_at(settings.port)
        except ProgrammeError as error:
            _stop(f"The programme cannot be used: {error}")
        except ValueError as error:
            _stop(f"The session cannot be planned: {error}.")
    finally:
        await database.close()
    if as_json:
        times = dict(zip(("opens", "closes"), (moment.isoformat(timespec="seconds") for moment in window), strict=True))
        times |= {"starts": begins.isoformat(timespec="seconds")} if begins else {}
        click.echo(json.dumps({"session": id, "people": [_invitation(one, origin) for one in invited], **times}))
        return
    for one in invited:
        click.echo(f"{one.name} ({one.standing.value.replace('_', '-')}): {link(origin, one)}")
    click.echo(_when(starts, *window), err=True)


def _when(starts: Moment | None, opens: datetime, closes: datetime) -> str:
    """What was understood, for a person to look at."""
    if starts is None:
        closes = closes.astimezone()
        return f"Links are good until {said(closes)} {zone(closes)}."
    at = starts.at
    opens, closes = opens.astimezone(at.tzinfo), closes.astimezone(at.tzinfo)
    begins = f"It begins {said(at)} {zone(at)}; links open the door from {said(opens, at)} until {said(closes, at)}."
    return f"{begins} {starts.remark}".rstrip()


@session.command("revoke")
@click.argument("link", metavar="[LINK]", default="-")
@click.option("--again", is_flag=True, help="Print a new link for the same person.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder for the database.")
def session_revoke(link: str, again: bool, data: Path | None) -> None:
    """
    Make a personal link good for nothing; whoever is in a room by it is out within a second.

    Without LINK, or with -, it is asked for, or read from standard input: other users of a machine may see what stands
    on a command line, and a shell remembers it.
    """
    text = _asked_for_a_link() if link == "-" else link
    secret = secret_in(text.rpartition("#")[2])
    if secret is None:
        _stop("That is not a whole link.")
    _run(_session_revoke(_settings({"data": data}), secret, again))


def _asked_for_a_link() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Link (not shown)", hide_input=True, err=True))
    return sys.stdin.readline().strip()


async def _session_revoke(settings: Settings, secret: str, again: bool) -> None:
    database = await app.open_database(settings)
    try:
        planned = Invitations(database, app.fresh_token)
        renewed = await planned.revoke(secret)
        origin = settings.origin or await planned.origin() or settings.origin_at(settings.port)
    finally:
        await database.close()
    if renewed is None:
        _stop("There is no such link (any more).")
    click.echo(f"The link of {renewed.name} is revoked.")
    if again:
        click.echo(f"{renewed.name} ({renewed.standing.value.replace('_', '-')}): {link(origin, renewed)}")


def programme_text(name: str) -> str:
    """The TOML of a preset of this name, or of this file."""
    if name in assets.presets():
        return assets.preset(name)
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        _stop(f"There is no programme “{name}”. Presets: {', '.join(assets.presets())}; or name a TOML file.")


def link(origin: str, invited: Invited) -> str:
    """A personal link. The secret is in the fragment, which browsers send to no server."""
    return f"{origin}/join#{invited.secret}"


def _invitation(invited: Invited, origin: str) -> dict[str, str]:
    return {"name": invited.name, "standing": invited.standing.value, "link": link(origin, invited)}


@main.command()
@click.option("--data", type=click.Path(path_type=Path), help="Folder for the database.")
def migrate(data: Path | None) -> None:
    """Bring the database up to date. `serve` does so by itself."""
    _run(_migrate(_settings({"data": data})))


async def _migrate(settings: Settings) -> None:
    database = await app.open_database(settings)
    await database.close()
    click.echo("The database is up to date.")


@main.command("backup")
@click.argument("copy", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Folder for the database.")
def backup_to(copy: Path, data: Path | None) -> None:
    """Copy the database to a file. Works while the server runs."""
    settings = _settings({"data": data})
    _only_sqlite(settings, "pg_dump --format=custom --file=FILE URL")
    _copied(backup, settings.database_file, copy)
    click.echo(
        f"The copy is {copy}. It holds the names of sessions that have not ended: encrypt it, and keep it briefly."
    )


@main.command("restore")
@click.argument("copy", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Folder for the database.")
def restore_from(copy: Path, data: Path | None) -> None:
    """Put a copy back where no database is."""
    settings = _settings({"data": data})
    _only_sqlite(settings, "pg_restore --clean --if-exists --dbname=URL FILE")
    _copied(restore, copy, settings.database_file)
    _run(_migrate(settings))


def _only_sqlite(settings: Settings, instead: str) -> None:
    if settings.database:
        _stop(f"The database is another server's, which has its own way: {instead}")


def _copied(how: Callable[[Path, Path], None], source: Path, target: Path) -> None:
    try:
        how(source, target)
    except NoBackup as error:
        _stop(str(error))


@main.command()
@_listening
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool, **given: Any) -> None:
    """Say what is wrong with this installation, and how to mend it."""
    findings = examine(_settings(given), Machine())
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<6}{finding.about:<11}{finding.says}")
            if finding.mend:
                click.echo(f"{'':<17}{finding.mend}")
    if any(finding.state is State.WRONG for finding in findings):
        raise SystemExit(1)


def _settings(given: dict[str, Any]) -> Settings:
    """Options win over `ASCONA_*` variables, those over defaults."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        [wrong, *_] = error.errors(include_url=False)
        _stop(f"The setting {'.'.join(map(str, wrong['loc']))} will not do: {wrong['msg']}.")


def _asked_to_stop() -> asyncio.Semaphore:
    """Let go each time somebody asks this process to stop: from now on it ends in order, and its workers with it."""
    asked = asyncio.Semaphore(0)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.release)
    return asked


def _run(work: Coroutine[Any, Any, None], turns: Turns | None = None) -> None:
    try:
        with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=turns.loop if turns else None) as runner:
            runner.run(work)
    except (CannotStart, DatabaseUnusable) as error:
        _stop(str(error))


def _stop(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(1)
