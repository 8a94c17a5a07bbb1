"""Addresses that are claimed, forged or overheard: nobody is silenced by it, and no bystander is sent anything."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ascona.media.places import AMPLIFICATION
from tests.attack.addresses import ATTACKS

ROOT = Path(__file__).parents[2]
SECONDS = "1"


@pytest.fixture(scope="module")
def suffered() -> dict[str, dict[str, Any]]:
    """What came of each attack, in a network of its own."""

    async def suffer() -> tuple[bytes, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.attack.addresses", "--seconds", SECONDS,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return await process.communicate()

    said, complaint = asyncio.run(suffer())
    if b"unshare" in complaint or b"Operation not permitted" in complaint:
        pytest.skip(f"no network of its own here: {complaint.decode().strip().splitlines()[-1]}")
    assert not complaint, complaint.decode()
    return {row.pop("attack"): row for row in map(json.loads, said.splitlines())}


@pytest.mark.parametrize("attack", ATTACKS)
def test_who_is_attacked_by_way_of_addresses_loses_no_packet_and_is_answered(suffered, attack):
    found = suffered[attack]
    for voice in ("hears", "is_heard"):
        lost, sent = found[voice]
        assert lost == 0
        assert sent > 0
    answered, asked = found["answered"]
    assert answered >= asked - 1, "the last is on its way"


def test_a_bystander_in_whose_name_a_check_comes_gets_three_times_its_bytes_at_most(suffered):
    came, got = suffered["reflection"]["bystander"]
    assert 0 < got <= AMPLIFICATION * came
