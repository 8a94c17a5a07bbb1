"""Debian's PostgreSQL for tests: one server for a whole run, in a folder of its own, on a free port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.missing import missing

BOTH = ("sqlite", "postgresql")

on_both = pytest.mark.parametrize("where", BOTH, indirect=True)
"""For tests whose server is to run on each of them: all of a module's tests need one then."""

PATIENCE = 40.0
INSTALLED = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")  # PostgreSQL does not run as root
HOST = "127.0.0.1"


@dataclass
class Postgres:
    """A server that tests may kill and start again. Its databases are reached at `url(name)`."""

    folder: Path
    programs: Path
    port: int
    durable: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "on" if self.durable else "off",  # a killed process loses nothing by it
            "shared_buffers": "16MB",
            "logging_collector": "off",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder / "data", *words],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **unprivileged(),
        )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                assert self.process.poll() is None, "PostgreSQL ended by itself"
                assert time.monotonic() < until, "PostgreSQL does not answer"
                time.sleep(0.02)
            else:
                return

    def kill(self) -> None:
        """All of its processes at once, as when the machine's plug is pulled."""
        assert self.process
        self._signal(signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """None of its processes does anything, and the machine keeps their connections up."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.send_signal(number)
        for child in children:
            with suppress(ProcessLookupError):  # it went with its parent
                os.kill(int(child), number)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # ends sessions at once, and writes everything down
            self.process.wait(PATIENCE)

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=10) as connection:
            connection.execute(statement.encode())

    def url(self, database: str) -> str:
        return f"postgresql://ascona@{HOST}:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a database that nobody has used before; dropped at the end."""
        name = f"t{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        yield self.url(name)
        if self.process and self.process.poll() is None:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres(durable: bool = False) -> Iterator[Postgres]:
    """
    A server of its own, gone at the end with everything in it.

    Where there is no PostgreSQL the test is skipped, but not where `CI` is set.
    """
    programs = newest()
    if programs is None:
        missing("PostgreSQL", "postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ascona-postgres-"))
    running = Postgres(folder, programs, free_port(), durable)
    try:
        if user := unprivileged().get("user"):
            shutil.chown(folder, user)
        subprocess.run(
            [programs / "initdb", "-N", "-D", "data", "-U", "ascona", "-A", "trust", "-E", "UTF8", "--no-locale"],
            check=True, cwd=folder, stdout=subprocess.DEVNULL, **unprivileged(),
        )  # fmt: skip
        running.start()
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def newest() -> Path | None:
    """The folder with PostgreSQL's programs, the newest installed; None without any."""
    found = [folder / "bin" for folder in INSTALLED.glob("*") if (folder / "bin" / "initdb").exists()]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    beside = shutil.which("initdb")
    return Path(beside).resolve().parent if beside else None


def unprivileged() -> dict[str, Any]:
    """Whom its processes run as; nothing where these are no root's tests."""
    if os.getuid():
        return {}
    known = {entry.pw_name: entry.pw_gid for entry in pwd.getpwall()}
    name = next(name for name in UNPRIVILEGED if name in known)
    return {"user": name, "group": known[name], "extra_groups": []}


def free_port() -> int:
    with socket.create_server((HOST, 0)) as taken:
        return int(taken.getsockname()[1])
