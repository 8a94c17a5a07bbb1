"""Files and folders that no other user of the machine may read, whatever the umask: they say who takes part."""

import os
import stat
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_folder(folder: Path) -> None:
    """
    Make it if it is not there, and shut others out of it.

    Raises:
        OSError: If it cannot be made. One that is somebody else's is left as it is, and `doctor` says so.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    shut(folder, FOLDER)


def keep_file(file: Path) -> None:
    """
    The same of a file; an empty one is made.

    Raises:
        OSError: If it cannot be made.
    """
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE))
    shut(file)


def open_to_others(path: Path) -> bool:
    """Whether somebody else on this machine may read, write or enter this, as far as its own mode goes."""
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def shut(path: Path, mode: int = FILE) -> None:
    """Shut others out of what may be there."""
    if open_to_others(path):
        with suppress(PermissionError):
            path.chmod(mode)
