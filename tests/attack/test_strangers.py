"""Sockets that never read, never speak or never end what they say: all are hung up on, and others are answered."""

import asyncio

import aiohttp
import pytest

from ascona.live import websocket
from ascona.pages import front, login
from tests.attack.strangers import KINDS, all_gone, come
from tests.support.media import PATIENCE

MANY = 40


@pytest.mark.parametrize("kind", KINDS)
async def test_the_server_hangs_up_on_whoever_keeps_a_socket_for_nothing(server, monkeypatch, kind, caplog, logged):
    monkeypatch.setattr(front, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(login, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(websocket, "CONNECT_SECONDS", 0.5)
    async with aiohttp.ClientSession() as other, asyncio.timeout(PATIENCE):
        strangers = await come(server.port, MANY, KINDS[kind])
        async with other.get(f"{server.origin}/healthz") as answer:
            assert answer.status == 200

        await all_gone(strangers)

        async with other.get(f"{server.origin}/healthz") as answer:
            assert answer.status == 200
    assert [*caplog.records, *logged] == []


async def test_a_line_that_is_lost_in_the_middle_of_an_answer_is_no_line_in_the_log(server, caplog, logged):
    for stranger in await come(server.port, MANY, KINDS["never reads"]):
        assert stranger.transport
        stranger.transport.abort()

    async with aiohttp.ClientSession() as other, other.get(f"{server.origin}/healthz") as answer:
        assert answer.status == 200
    assert [*caplog.records, *logged] == []
