"""What can be found out about the machine without changing it."""

import contextlib
import http.client
import ipaddress
import json
import os
import shutil
import socket
import sqlite3
import subprocess
from importlib import metadata
from pathlib import Path

from ascona.settings import reached_at

_PATIENCE_SECONDS = 3.0
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


class Machine:
    """This one; a test has others."""

    def bind(self, host: str, port: int, kind: socket.SocketKind) -> int | None:
        """The error number of opening this port, or None; `socket.gaierror` has numbers below zero."""
        try:
            with _bound(host, port, kind):
                return None
        except OSError as error:
            return error.errno

    def is_ascona(self, host: str, port: int) -> bool:
        """Whether an Ascona answers there."""
        asked = http.client.HTTPConnection(reached_at(host), port, timeout=_PATIENCE_SECONDS)
        try:
            asked.request("GET", "/healthz")
            return "version" in json.loads(asked.getresponse().read(4096))
        except (OSError, http.client.HTTPException, ValueError, TypeError):
            return False
        finally:
            asked.close()

    def has(self, address: str) -> bool:
        """Whether this is an address of this machine."""
        return self.bind(address, 0, socket.SOCK_DGRAM) is None

    def way_out_by_ipv6(self) -> str | None:
        """The public IPv6 address that leads out of this machine."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(("2001:db8::1", 9))  # sends nothing
            address = str(probe.getsockname()[0])
            return address if ipaddress.ip_address(address.partition("%")[0]).is_global else None
        return None

    def buffers(self, asked: int) -> tuple[int, int]:
        """Bytes that the kernel grants for receiving and sending, when so many are asked."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            granted = []
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                probe.setsockopt(socket.SOL_SOCKET, option, asked)
                granted.append(probe.getsockopt(socket.SOL_SOCKET, option) // 2)  # Linux doubles it: socket(7)
        return granted[0], granted[1]

    def writable(self, folder: Path) -> bool:
        """Whether this folder can be written, or made."""
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)

    def sqlite_trouble(self, file: Path) -> str | None:
        """What is wrong with a SQLite database that exists; it is only read."""
        try:
            with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
                said = str(opened.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            return str(error)
        return None if said == "ok" else said

    def clock_is_set(self) -> bool | None:
        """Whether the clock is kept right by others; None: nobody here knows."""
        if _SYNCHRONISED.exists():
            return True
        if (command := shutil.which("timedatectl")) is None:
            return None
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            asked = [command, "show", "--property=NTPSynchronized", "--value"]
            said = subprocess.run(asked, capture_output=True, text=True, timeout=_PATIENCE_SECONDS)  # noqa: S603
            return {"yes": True, "no": False}.get(said.stdout.strip())
        return None

    def versions(self) -> list[tuple[str, str, str]]:
        """Libraries that Ascona pins: name, version wanted, version here (empty where there is none)."""
        pinned = []
        for wanted in metadata.requires("ascona") or ():
            name, exact, version = wanted.partition("==")
            if exact and ";" not in version:
                with contextlib.suppress(metadata.PackageNotFoundError):
                    pinned.append((name.strip(), version.strip(), metadata.version(name.strip())))
                    continue
                pinned.append((name.strip(), version.strip(), ""))
        return pinned


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    family, _, protocol, _, address = socket.getaddrinfo(host or None, port, type=kind, flags=socket.AI_PASSIVE)[0]
    opened = socket.socket(family, kind, protocol)
    try:
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    return opened
