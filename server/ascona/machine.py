"""What can be found out about the machine without changing it."""

import contextlib
import ctypes
import http.client
import ipaddress
import json
import os
import socket
import sqlite3
import ssl
import time
import urllib.request
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ascona.private import open_to_others
from ascona.settings import reached_at

_PATIENCE_SECONDS = 3.0
_UNSURE_MICROSECONDS = 16_000_000  # adjtimex(2): the kernel's bound of the error; it grows while nobody sets the clock


class _Timex(ctypes.Structure):
    """The beginning of what adjtimex(2) fills in, and room for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("most_error", ctypes.c_long),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    What an https server shows.

    Attributes:
        trouble: Why this machine does not take it, in OpenSSL's words; empty if it does.
        untrusted: The only trouble is that nobody here knows who signed it.
        days: Until it ends, where it is taken.
    """

    trouble: str = ""
    untrusted: bool = False
    days: int = 0


_UNKNOWN_SIGNERS = {18, 19, 20, 21}  # X509_V_ERR_*: self-signed, or signed by somebody who is not known here


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

    def seen_as(self, origin: str) -> str | None:
        """How the server there sees where a call from here comes from (`Caller.how`); None: it does not say."""
        address = f"{origin.rstrip('/')}/healthz"
        try:
            with urllib.request.urlopen(address, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - as settings say
                said = json.loads(answer.read(4096)).get("caller")
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            return None
        return said if isinstance(said, str) else None

    def open_to_others(self, path: Path) -> bool:
        """Whether other users of this machine may read it."""
        return open_to_others(path)

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
        """Whether the clock is kept right by others, as the kernel has been told; None: this one does not say."""
        now = _Timex()  # no modes: only read
        try:
            failed = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(now)) < 0
        except (AttributeError, OSError, TypeError):  # not Linux
            return None
        return None if failed else now.most_error < _UNSURE_MICROSECONDS

    def certificate(self, host: str, port: int) -> Certificate | None:
        """What is shown to browsers there; None: nobody answers, as seen from here."""
        try:
            with (
                socket.create_connection((host, port), _PATIENCE_SECONDS) as plain,
                ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
            ):
                ends = str((secure.getpeercert() or {})["notAfter"])
        except ssl.SSLCertVerificationError as refusal:
            return Certificate(refusal.verify_message.rstrip("."), refusal.verify_code in _UNKNOWN_SIGNERS)
        except (OSError, ValueError):
            return None
        return Certificate(days=int(ssl.cert_time_to_seconds(ends) - time.time()) // 86400)

    def versions(self) -> list[tuple[str, str, str]]:
        """Libraries that Ascona pins: name, version wanted, version here (empty where there is none)."""
        pinned = []
        for wanted in metadata.requires("ascona") or ():
            requirement, only_for, _ = wanted.partition(";")
            name, exact, version = requirement.partition("==")
            if exact and not only_for:
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
