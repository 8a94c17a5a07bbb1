"""Copies of an SQLite database, taken while the server runs, and put back where there is none."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ascona.private import keep_file, keep_folder
from ascona.storage.database import SUFFIXES


class NoBackup(Exception):
    """It cannot be done; the message says why, to whoever runs the server."""


def backup(database: Path, copy: Path) -> None:
    """
    Copy a database at one moment of its life, whether or not somebody is writing.

    Pages nobody uses any more are left out, and so is whatever was deleted.

    Raises:
        NoBackup: If there is nothing to copy, or something there already.
    """
    if not database.exists():
        raise NoBackup(f"There is no database {database}.")
    if copy.exists():
        raise NoBackup(f"There is a file {copy} already.")
    _copy(database, copy)


def restore(copy: Path, database: Path) -> None:
    """
    Put a copy where no database is.

    Raises:
        NoBackup: If it is no whole copy of an Ascona database, or there is a database already.
    """
    for suffix in SUFFIXES:
        if (there := database.with_name(database.name + suffix)).exists():
            raise NoBackup(f"There is a database already. Stop the server and move {there} away first.")
    if not copy.exists():
        raise NoBackup(f"There is no file {copy}.")
    with _opened(copy) as source:
        tables = {name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        whole = source.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
    if not whole or not {"alembic_version", "sessions", "events"} <= tables:
        raise NoBackup(f"{copy} is no whole copy of an Ascona database.")
    keep_folder(database.parent)
    _copy(copy, database)


def _copy(source: Path, target: Path) -> None:
    """Whole and on disk, or not there at all; readable by its owner only."""
    part = target.with_name(f".{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        keep_file(part)
        with _opened(source) as database:
            database.execute("VACUUM INTO ?", (str(part),))
        for path in (part, part.parent):
            _sync(path)
        part.replace(target)
        _sync(target.parent)
    except OSError as error:
        raise NoBackup(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as database:
            yield database
    except sqlite3.Error as error:
        raise NoBackup(f"{file} cannot be read: {error}.") from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
