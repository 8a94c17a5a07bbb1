"""A server, or only its media plane, for each test, and a way to bring people to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aioice
import pytest
from tests.support.media import loopback_addresses, switchboard_on_loopback
from tests.support.postgres import BOTH
from tests.support.server import Visitor, planned, started

from ascona import app
from ascona.core.people import Role
from ascona.live import seats
from ascona.media.switchboard import Switchboard

Where = dict[str, Any]
Gather = Callable[..., Awaitable[dict[str, Visitor]]]


@pytest.fixture
async def switchboard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Switchboard]:
    """The media plane by itself, in C where it was compiled and not otherwise asked for, and clients on loopback."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    async with switchboard_on_loopback(native=getattr(request, "param", True)) as listening:
        yield listening


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Where:
    """A server's folder and database: SQLite; with `on_both` PostgreSQL as well."""
    on_postgresql = getattr(request, "param", BOTH[0]) == BOTH[1]
    return {"data": tmp_path, "database": request.getfixturevalue("postgresql_url") if on_postgresql else ""}


@pytest.fixture
async def server(where: Where) -> AsyncIterator[app.Server]:
    running = await started(**where)
    yield running
    await running.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chair is empty as soon as its line is lost; otherwise two seconds later."""
    monkeypatch.setattr(seats, "LINE_PATIENCE_SECONDS", 0.0)


@pytest.fixture
async def gather(server: app.Server) -> AsyncIterator[Gather]:
    """Plans a session and makes a visitor of everyone, by name; hangs up for them at the end."""
    async with AsyncExitStack() as stack:

        async def gather(people: dict[str, Role], programme: str | None = None, title: str = "") -> dict[str, Visitor]:
            _, invited = await planned(server, people, programme, title)
            visitors = {name: Visitor(server.origin, one) for name, one in invited.items()}
            for visitor in visitors.values():
                stack.push_async_callback(visitor.close)
            return visitors

        yield gather
