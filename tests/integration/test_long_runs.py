"""The long runs, a cut of each: the server killed three times, and ten minutes of evenings."""

import aioice
import pytest
from tests.crash.__main__ import Tally, kills
from tests.soak.__main__ import soak
from tests.support.media import loopback_addresses

pytestmark = pytest.mark.long


@pytest.mark.parametrize("seed", [1])
async def test_three_kills_lose_nothing_acknowledged_and_leak_no_packet(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    tally = Tally(seed)

    await kills(3, tally, tmp_path, database="")

    assert tally.wrong == []
    assert (tally.leaked_packets, tally.figures()["kills"]) == (0, 3)
    assert tally.acknowledged > 0


async def test_after_ten_minutes_of_evenings_nothing_is_left_behind(tmp_path):
    found = await soak(600, joins=20, seed=1, data=tmp_path)

    assert found["left_behind"] == {}
    assert found["done"]["evenings"] == 1
