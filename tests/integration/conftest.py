"""A server for each test, and a way to bring people to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.support.server import Visitor, planned, started

from ascona import app
from ascona.core.people import Role

Gather = Callable[..., Awaitable[dict[str, Visitor]]]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[app.Server]:
    running = await started(tmp_path)
    yield running
    await running.close()


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
