"""Debian's coturn, as `deploy/turnserver.conf` sets it up, on loopback."""

import asyncio
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificate import certified
from tests.support.missing import missing

PATIENCE = 40.0
SECRET = "north"  # noqa: S105 - of a relay that lives for one test

_PROGRAM = "turnserver"
_AS_DEPLOYED = Path(__file__).parents[2] / "deploy" / "turnserver.conf"
_RELAY_PORTS = 400  # as many as the file names

# What a test on one machine needs besides: coturn refuses loopback unless told, and then wants a password for what is
# off; the last lets IPv6 be relayed as IPv6.
_FOR_LOOPBACK = """
allow-loopback-peers
cli-password=unused
keep-address-family
"""


@dataclass(frozen=True)
class Relay:
    """
    A TURN server.

    Attributes:
        host: An address of loopback.
        port, tls_port: Where it listens, UDP and TCP, and by TLS.
        certificate: What it shows there, for `localhost`.
    """

    host: str
    port: int
    tls_port: int
    certificate: Path


@asynccontextmanager
async def relay(folder: Path, allowed: str = "127.0.0.1", host: str = "127.0.0.1") -> AsyncIterator[Relay]:
    """
    A relay to one address and nobody else, with its files in this folder.

    Where there is no coturn the test is skipped, but not where `CI` is set.
    """
    if shutil.which(_PROGRAM) is None:
        missing("coturn", "coturn")
    port, tls_port, first = _free(host)
    made = Relay(host, port, tls_port, certified(folder))
    file = folder / "turnserver.conf"
    file.write_text(_fitted(_AS_DEPLOYED.read_text(), made, first, allowed, folder))
    process = await asyncio.create_subprocess_exec(
        _PROGRAM, "-c", str(file), cwd=folder, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        await _listens(host, tls_port)
        yield made
    finally:
        process.terminate()
        printed, _ = await process.communicate()
    sys.stdout.write(printed.decode(errors="replace"))
    assert b"Bad configuration" not in printed, "every line of the file is one that coturn knows"


def _fitted(text: str, made: Relay, first: int, allowed: str, folder: Path) -> str:
    """The file as deployed, with what an administrator has to replace, and ports that are free."""
    own = {
        "listening-port": made.port,
        "tls-listening-port": made.tls_port,
        "cert": made.certificate,
        "pkey": made.certificate,
        "realm": "localhost",
        "static-auth-secret": SECRET,
        "min-port": first,
        "max-port": first + _RELAY_PORTS - 1,
    }
    lines = [line for line in text.splitlines() if not line.startswith("allowed-peer-ip=")]
    names = [line.partition("=")[0] for line in lines]
    assert own.keys() <= set(names), "what a test replaces stands in the file"
    fitted = [f"{name}={own[name]}" if name in own else line for name, line in zip(names, lines, strict=True)]
    places = (f"listening-ip={made.host}", f"relay-ip={made.host}", f"userdb={folder}/turndb", f"pidfile={folder}/pid")
    return "\n".join([*fitted, f"allowed-peer-ip={allowed}", *places]) + _FOR_LOOPBACK


def _free(host: str) -> tuple[int, int, int]:
    """Two ports that nobody has, and the first of those relayed from: outside what the kernel gives to others."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.create_server((host, 0), family=family)) for _ in range(2)]
        port, tls_port = (one.getsockname()[1] for one in taken)
    return port, tls_port, 10_000 + port % 20_000


async def _listens(host: str, port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return
