"""The corpus: a few files for each reader, as small as may be, that reach together the lines that have been reached."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import FrameType

from tests.fuzz.targets import Target

CORPUS = Path(__file__).with_name("corpus")

MOST_FILES = 40
"""Of one reader, besides what once broke it."""

MOST_BYTES = 24 * 1024
"""Of one reader's files together."""

_BROKE = ("crash-", "timeout-", "oom-", "slow-")  # as libFuzzer names them
_OURS = "/ascona/"

Step = tuple[str, int, int]
"""From one line to the next, in one file."""


def steps(read: Callable[[bytes], None], data: bytes) -> set[Step]:
    """Which steps our code takes with this."""
    taken: set[Step] = set()

    def enter(frame: FrameType, event: str, _: object) -> Callable[[FrameType, str, object], object] | None:
        file = frame.f_code.co_filename
        if _OURS not in file:
            return None
        last = frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, _: object) -> object:
            nonlocal last
            if event == "line":
                taken.add((file, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        with suppress(Exception):  # it broke, and was told before
            read(data)
    finally:
        sys.settrace(before)
    return taken


def seed(target: Target, kept: Path, folder: Path) -> None:
    """Lay out what browsers send, and what was kept."""
    for number, data in enumerate((*target.seeds, *(file.read_bytes() for file in kept.iterdir()))):
        (folder / f"seed{number}").write_bytes(data)


def prune(target: Target, folder: Path, kept: Path) -> tuple[int, int]:
    """
    Keep of a folder what reaches something that seeds and smaller files do not, and some of the others to go on from.

    Returns:
        How many files are kept, and their bytes.
    """
    reached: set[Step] = set().union(*(steps(target.read, data) for data in target.seeds))
    chosen, others = [], []
    for data in sorted({file.read_bytes() for file in folder.iterdir()}, key=lambda data: (len(data), data)):
        new = steps(target.read, data) - reached
        reached |= new
        (chosen if new else others).append(data)
    spread = others[:: 1 + len(others) // MOST_FILES]
    chosen = list(_fitting([*chosen, *spread]))
    for file in kept.iterdir():
        if not file.name.startswith(_BROKE):
            file.unlink()
    for data in chosen:
        (kept / sha256(data).hexdigest()[:16]).write_bytes(data)
    return len(chosen), sum(map(len, chosen))


def _fitting(files: list[bytes]) -> Iterator[bytes]:
    left = MOST_BYTES
    for data in files[:MOST_FILES]:
        if len(data) <= left:
            left -= len(data)
            yield data
