"""A relay as `deploy/turnserver.conf` sets it up: a way in where nothing else leads out, and a way to nowhere else."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aioice
import pytest
from aioice import stun, turn
from aiortc import RTCIceServer
from tests.support.media import ROOM, Client, people, plan
from tests.support.relay import SECRET, Relay, relay

from ascona.core.media_plan import Kind
from ascona.media.turn import TurnCredentials, turn_credentials

UNAUTHORISED, FORBIDDEN, OTHER_FAMILY, QUOTA_REACHED = 401, 403, 443, 486


def credentials(secret: str = SECRET, ago: timedelta = timedelta()) -> TurnCredentials:
    return turn_credentials(3, secret.encode(), datetime.now(UTC) - ago)


@asynccontextmanager
async def allocation(by: Relay, shown: TurnCredentials | None = None) -> AsyncIterator[turn.TurnClientMixin]:
    """An address at the relay that is one's own."""
    shown = shown or credentials()
    transport, _ = await turn.create_turn_endpoint(
        asyncio.DatagramProtocol, (by.host, by.port), shown.name, shown.password
    )
    inner = transport._TurnTransport__inner_protocol
    try:
        yield inner
    finally:
        await inner.delete()


def code(refusal: pytest.ExceptionInfo[stun.TransactionFailed]) -> int:
    return int(refusal.value.response.error_code)


@pytest.mark.parametrize(
    "way", ["turn:127.0.0.1:{port}", "turn:127.0.0.1:{port}?transport=tcp", "turns:localhost:{tls}"]
)
async def test_whom_nothing_but_the_relay_lets_out_hears_and_is_heard(switchboard, tmp_path, monkeypatch, way):
    async with relay(tmp_path) as by, people(switchboard, "ben") as (ben,):
        monkeypatch.setenv("SSL_CERT_FILE", str(by.certificate))
        monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
        shown = credentials()
        server = RTCIceServer(way.format(port=by.port, tls=by.tls_port), shown.name, shown.password)
        ada = Client(2, [server])
        await ada.join(switchboard, "ada")
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))
        for kind in Kind:
            await ben.frame(0, kind)
            await ada.frame(1, kind)
        await ada.close()


async def refused(mine: turn.TurnClientMixin, addresses: tuple[str, ...]) -> list[int]:
    """Why the relay leads to none of these; 0 where it does."""
    codes = []
    for address in addresses:
        try:
            await mine.channel_bind(0x4001, (address, 9))
            codes.append(0)
        except stun.TransactionFailed as refusal:
            codes.append(refusal.response.error_code)
    return codes


async def test_a_relay_leads_to_the_server_and_to_nobody_else(tmp_path):
    inner = ("127.0.0.2", "0.0.0.1", "10.0.0.1", "169.254.169.254", "192.0.2.1", "224.0.0.1", "8.8.8.8")
    disguised = ("::1", "::ffff:127.0.0.2", "::ffff:10.0.0.1")
    async with relay(tmp_path) as by, allocation(by) as mine:
        await mine.channel_bind(0x4000, ("127.0.0.1", 9))

        assert await refused(mine, inner) == [FORBIDDEN] * len(inner)
        assert await refused(mine, disguised) == [OTHER_FAMILY] * len(disguised)


async def test_a_relay_by_ipv6_leads_to_no_address_of_ipv4_in_disguise(tmp_path):
    if not reaches_ipv6():
        pytest.skip("this machine has no IPv6")
    inner = (
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "2001:db8::8",
    )
    async with relay(tmp_path, allowed="2001:db8::7", host="::1") as by, allocation(by) as mine:
        await mine.channel_bind(0x4000, ("2001:db8::7", 9))

        assert await refused(mine, inner) == [FORBIDDEN] * len(inner)


def reaches_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


async def test_only_who_shows_a_password_of_ours_that_still_holds_is_let_in(tmp_path):
    later = int(datetime.now(UTC).timestamp()) + 999_999
    not_good = {
        "expired": credentials(ago=timedelta(hours=4, seconds=1)),
        "of another secret": credentials("south"),
        "made to last longer": TurnCredentials(f"{later}:3", credentials().password),
        "made up": TurnCredentials("ada", "ada"),
    }
    async with relay(tmp_path) as by:
        for why, shown in not_good.items():
            with pytest.raises(stun.TransactionFailed) as refusal:
                async with allocation(by, shown):
                    """Not reached."""
            assert code(refusal) == UNAUTHORISED, why
        async with allocation(by):
            """A good one is let in meanwhile."""


async def test_one_person_gets_so_many_relays_and_no_more(tmp_path):
    async with relay(tmp_path) as by:
        shown = credentials()
        async with allocation(by, shown), allocation(by, shown), allocation(by, shown), allocation(by, shown):
            with pytest.raises(stun.TransactionFailed) as refusal:
                async with allocation(by, shown):
                    """Not reached."""
        assert code(refusal) == QUOTA_REACHED
