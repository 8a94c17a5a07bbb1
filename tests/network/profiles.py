"""What lines people sit behind, as they stand in profiles.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.network.link import CONDITIONS, Conditions


@dataclass(frozen=True, slots=True)
class Profile:
    """
    Attributes:
        line: What happens to packets, all the time.
        lasts: Seconds that are listened to.
        happens: What befalls the line meanwhile: "nothing", "cut", "address" or "sits_back".
        cut_seconds: How long nothing passes, for "cut" and "sits_back".
        heard_within: Seconds after the line's return within which voices should be heard again: printed beside the
            figure, never asserted.
        times: How often it happens.
    """

    name: str
    line: Conditions
    lasts: float = 0.0
    happens: str = "nothing"
    cut_seconds: float = 0.0
    heard_within: float = 0.0
    times: int = 1


def profiles(path: Path = Path(__file__).parent / "profiles.toml") -> dict[str, Profile]:
    """All of them, by name, in the order of the file."""
    return {name: _read(name, said) for name, said in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def _read(name: str, said: dict[str, Any]) -> Profile:
    line = {key: value for key, value in said.items() if key in CONDITIONS}
    return Profile(name, Conditions.read(line), **{key: value for key, value in said.items() if key not in CONDITIONS})
