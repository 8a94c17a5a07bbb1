"""Who comes first on this machine, as far as Linux's usual scheduler allows: a server has one of its own elsewhere."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOREMOST = -19


def go_first() -> None:
    """Come before the machine's other work, with all that is started from now on; needs root."""
    os.setpriority(os.PRIO_PROCESS, 0, FOREMOST)
    _bring_forward("self")


@contextmanager
def starting_first() -> Iterator[None]:
    """Whatever is started meanwhile comes before this process' other children; needs root."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, FOREMOST)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


def bring_forward(pid: int) -> None:
    """Let a process that was started first, and its children, be so before other sessions' processes, too."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    for process in (str(pid), *children):
        _bring_forward(process)


def _bring_forward(process: str) -> None:
    group = Path(f"/proc/{process}/autogroup")  # sched(7): where it exists, being nice counts within a session only
    if group.exists():
        if process == "self":  # the shell's session, too: what it starts afterwards must not come before everything
            atexit.register(group.write_text, group.read_text(encoding="ascii").split()[-1], encoding="ascii")
        group.write_text(str(FOREMOST), encoding="ascii")
