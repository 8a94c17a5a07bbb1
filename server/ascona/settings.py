"""Every setting of the server, each an `ASCONA_*` variable, with its unit and default."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """
    Attributes:
        host, port: Where pages and Socket.IO are served. Port 0: any free one.
        media_host, media_port: The one UDP port for sound and picture. Port 0: any free one.
        media_address: The address browsers reach `media_port` at, where it is not the machine's own.
        media_announced_port: The port they reach it at, behind a router that changes it; 0: `media_port`.
        data: Folder for the database.
        database: SQLAlchemy URL; empty: SQLite in `data`.
        origin: What browsers have in their address bar, e.g. `https://balint.example.org`;
            empty: this machine only, at `port`.
        language: Of the pages.
    """

    model_config = SettingsConfigDict(env_prefix="ASCONA_", extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    media_host: str = ""
    media_port: int = Field(8090, ge=0, le=65535)
    media_address: str = ""
    media_announced_port: int = Field(0, ge=0, le=65535)
    data: Path = Path("data")
    database: str = ""
    origin: str = ""
    language: str = Field("en", pattern="^[a-z]{2}$")

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite+aiosqlite:///{self.data / 'ascona.db'}"

    def origin_at(self, port: int) -> str:
        """The origin that links are made with, once the port is known."""
        host = self.host if self.host not in {"0.0.0.0", "127.0.0.1", "::", ""} else "localhost"  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return self.origin.rstrip("/") or f"http://{host}:{port}"

    def origins_at(self, port: int) -> list[str]:
        """Origins whose pages may open a socket: the one above; without a set one also the loopback's other names."""
        if self.origin:
            return [self.origin_at(port)]
        return sorted({self.origin_at(port), f"http://localhost:{port}", f"http://127.0.0.1:{port}"})
