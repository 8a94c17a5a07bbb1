"""The rig for bad networks makes two networks and the lines between them, where this machine lets it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


async def test_a_line_between_two_networks_can_be_cut_and_comes_back():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.network.ground",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complaint = await process.communicate()
    if process.returncode:
        pytest.skip(f"no networks of its own here: {complaint.decode().strip().splitlines()[-1]}")

    passed = json.loads(said)

    assert passed["whole"] > 0
    assert passed["cut"] == 0
    assert passed["mended"] > 0
    assert passed["mobile"] > 0
