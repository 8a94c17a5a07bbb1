"""A server for this machine only, as `ascona rehearse` and a first try have it."""

from pathlib import Path

import pytest
from tests.support.server import started

from ascona.media.switchboard import own_addresses

OFFER = (Path(__file__).parents[1] / "support" / "offers" / "firefox.sdp").read_bytes().decode()
EVERYWHERE = "0.0.0.0"  # noqa: S104 - asked for, not bound


async def told(server) -> list[str]:
    """The addresses that a browser reads in an answer, by UDP, best first."""
    server.media.open_room("here", 2)
    answer = await server.media.answer("here", "ada", OFFER)
    return [line.split()[4] for line in answer.splitlines() if line.startswith("a=candidate") and " udp " in line]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_browsers_that_leave_loopback_out_come_by_another_address_of_this_machine(tmp_path, host):
    server = await started(tmp_path, host=host, media_host="")

    assert await told(server) == list(dict.fromkeys(["127.0.0.1", *own_addresses(EVERYWHERE)]))
    await server.close()


async def test_whoever_asks_for_loopback_only_gets_loopback_only(tmp_path):
    server = await started(tmp_path, media_host="127.0.0.1")

    assert await told(server) == ["127.0.0.1"]
    await server.close()
