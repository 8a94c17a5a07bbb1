"""What a test does without a program it needs."""

import os
from typing import NoReturn

import pytest


def missing(what: str, package: str) -> NoReturn:
    """The test is skipped and says how to install it; where `CI` is set nothing may be left out, and it fails."""
    told = f"{what} is missing; on Debian, as root: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)
