"""Every setting of the server, each an `ASCONA_*` variable, with its unit and default."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = {"127.0.0.1", "localhost"}
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read from settings, not bound here
"""What listens on all addresses, and where this machine itself reaches it."""

WORKERS_LIMIT = 64
"""More than any machine has cores to spare."""

_LAST_PORT = 65535
_DRIVERS = dict.fromkeys(("postgresql", "postgres"), "postgresql+psycopg")
_TURN_URL = re.compile(r"turns?:([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(\?transport=(udp|tcp))?")  # RFC 7065


class Settings(BaseSettings):
    """
    Attributes:
        host, port: Where pages and Socket.IO are served. Port 0: any free one.
        media_host, media_port: The one port for sound and picture, UDP and TCP. Port 0: any free one.
        media_address: The addresses browsers reach `media_port` at, where they are not the machine's own; with commas.
        media_announced_port: The port they reach it at, behind a router that changes it; 0: `media_port`.
        native: Send packets on in C where that was compiled (`auto`), or in Python (`no`).
        media_workers: Processes that forward, with a port each, from `media_port` on; 0: the web process itself does.
        metrics_port: Where `/metrics` is served to this machine only. Port 0: any free one, told in the log.
        drain_seconds: How long before a stop everybody in a room is told of it.
        turn_url: TURN servers for networks that let nothing else out, e.g. `turns:turn.example.org:443`; with commas.
        turn_secret: The `static-auth-secret` of those servers.
        data: Folder for the database.
        database: URL of another database, e.g. `postgresql://ascona:secret@db.example.org/ascona`;
            empty: SQLite in `data`.
        origin: What browsers have in their address bar, e.g. `https://balint.example.org`;
            empty: this machine only, at `port`.
        proxies: Addresses that are believed when they say for whom they ask (`X-Forwarded-For`); with commas.
        link_minutes_before, link_minutes_after: How long before its session begins, and after it ends, a personal
            link opens the door.
        link_days: How long it does where nobody said when the session begins.
        language: Of the pages.
    """

    model_config = SettingsConfigDict(env_prefix="ASCONA_", extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    media_host: str = ""
    media_port: int = Field(8090, ge=0, le=65535)
    media_address: str = ""
    media_announced_port: int = Field(0, ge=0, le=65535)
    native: Literal["auto", "no"] = "auto"
    media_workers: int = Field(1, ge=0, le=WORKERS_LIMIT)
    metrics_port: int = Field(0, ge=0, le=65535)
    drain_seconds: float = Field(30.0, ge=0, le=600)
    turn_url: str = ""
    turn_secret: str = Field("", repr=False)
    data: Path = Path("data")
    database: str = Field("", repr=False)
    origin: str = ""
    proxies: str = "127.0.0.1, ::1"
    link_minutes_before: int = Field(60, ge=0, le=7 * 24 * 60)
    link_minutes_after: int = Field(60, ge=0, le=7 * 24 * 60)
    link_days: int = Field(30, ge=1, le=366)
    language: str = Field("en", pattern="^[a-z]{2}$")

    @field_validator("media_address")
    @classmethod
    def _all_addresses(cls, text: str) -> str:
        for one in _listed(text):
            try:
                address = ip_address(one)
            except ValueError:
                raise ValueError(f"“{one}” is not an IP address such as 203.0.113.7 or 2001:db8::7") from None
            if address.is_unspecified or address.is_multicast:
                raise ValueError(f"no browser can reach “{one}”")
        return text

    @field_validator("proxies")
    @classmethod
    def _all_proxies(cls, text: str) -> str:
        for one in _listed(text):
            try:
                ip_address(one)
            except ValueError:
                raise ValueError(f"“{one}” is not an IP address such as 127.0.0.1") from None
        return text

    @field_validator("turn_url")
    @classmethod
    def _all_turn_servers(cls, text: str) -> str:
        for one in _listed(text):
            if not _TURN_URL.fullmatch(one):  # browsers refuse the whole connection for one bad address
                raise ValueError(f"“{one}” is not a TURN server such as turns:turn.example.org:443?transport=tcp")
        return text

    @field_validator("media_workers")
    @classmethod
    def _ports_for_all(cls, workers: int, others: ValidationInfo) -> int:
        first = max(others.data.get("media_port", 0), others.data.get("media_announced_port", 0))
        if first + workers - 1 > _LAST_PORT:
            raise ValueError(f"so many workers need as many ports, and from {first} on there are too few")
        return workers

    def media_port_of(self, worker: int) -> int:
        """The port of a worker, from 0; 0: any free one."""
        return self.media_port and self.media_port + worker

    def announced_port_of(self, worker: int) -> int:
        """The port at which browsers reach that one; 0: the same."""
        return self.media_announced_port and self.media_announced_port + worker

    @property
    def turn_urls(self) -> list[str]:
        """`turn_url`, one by one; none without the secret."""
        return _listed(self.turn_url) if self.turn_secret else []

    @property
    def media_addresses(self) -> list[str]:
        """`media_address`, one by one."""
        return [str(ip_address(one)) for one in _listed(self.media_address)]

    @property
    def proxy_addresses(self) -> list[str]:
        """`proxies`, one by one."""
        return _listed(self.proxies)

    @property
    def media_folder(self) -> Path:
        """Where workers are found."""
        return self.data / "media"

    @property
    def database_file(self) -> Path:
        """SQLite's, where no other database was named."""
        return self.data / "ascona.db"

    @property
    def database_files(self) -> list[Path]:
        """That one, and those that SQLite puts beside it."""
        return [self.database_file.with_name(self.database_file.name + suffix) for suffix in ("", "-wal", "-shm")]

    @property
    def database_url(self) -> str:
        """With the driver Ascona brings, where none was named."""
        scheme, colon, rest = self.database.partition(":")
        return f"{_DRIVERS.get(scheme, scheme)}{colon}{rest}" or f"sqlite:///{self.database_file}"

    @property
    def this_machine_only(self) -> bool:
        """Whether nothing was said about where else browsers are."""
        return self.host in LOOPBACK and not (self.media_host or self.media_address or self.origin)

    def origin_at(self, port: int) -> str:
        """The origin that links are made with, once the port is known."""
        host = "localhost" if self.host in LOOPBACK | EVERYWHERE.keys() else self.host
        host = f"[{host}]" if ":" in host else host
        return self.origin.rstrip("/") or f"http://{host}:{port}"

    def origins_at(self, port: int) -> list[str]:
        """Origins whose pages may open a socket: the one above; without a set one also the loopback's other names."""
        if self.origin:
            return [self.origin_at(port)]
        return sorted({self.origin_at(port), f"http://localhost:{port}", f"http://127.0.0.1:{port}"})


def reached_at(host: str) -> str:
    """The numeric address at which this machine itself reaches a server that listens on `host`."""
    return "127.0.0.1" if host in LOOPBACK else EVERYWHERE.get(host, host)


def _listed(text: str) -> list[str]:
    """What stands between commas; nothing in nothing."""
    return [one.strip() for one in text.split(",")] if text.strip() else []
