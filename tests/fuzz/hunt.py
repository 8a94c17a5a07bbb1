"""Feeds one reader for a while; a process of its own, since libFuzzer ends it: `hunt NAME SECONDS FOLDER FOUND`."""

import importlib
import sys
import tempfile
from pathlib import Path

import atheris

LARGEST = 16 * 1024
"""Bytes that are tried at once, unless a seed is longer."""

_SLOW_SECONDS = 5
_MEMORY_MIB = 2048


def hunt(name: str, seconds: int, folder: Path, found: Path) -> None:
    """
    Feed it; does not return.

    Args:
        folder: What has been fed and was new, read first and added to.
        found: Where what breaks it goes.
    """
    with atheris.instrument_imports(include=["ascona", "aioice.stun"]):
        target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    words = Path(tempfile.mkdtemp()) / "words"
    written = (
        "".join(f"\\x{byte:02x}" for byte in word) for word in (*target.words, b"ascona")
    )  # it takes no empty file
    words.write_text("".join(f'"{word}"\n' for word in written))
    largest = max(LARGEST, *(len(seed) for seed in target.seeds))
    options = (
        f"-max_total_time={seconds}", f"-max_len={largest}", f"-timeout={_SLOW_SECONDS}",
        f"-rss_limit_mb={_MEMORY_MIB}", f"-dict={words}", f"-artifact_prefix={found}/",
        "-print_final_stats=1", "-verbosity=0",
    )  # fmt: skip
    atheris.Setup([sys.argv[0], *options, str(folder)], target.read)
    atheris.Fuzz()


if __name__ == "__main__":
    hunt(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
