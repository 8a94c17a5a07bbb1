"""`ascona serve` as a process of its own, on free ports."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ascona.media.workers import dismiss

START_SECONDS = 60.0
"""How long two processes may take to start on a busy machine."""


@dataclass
class Server:
    """
    `ascona serve` in a process of its own, which can be stopped and started again on the same ports.

    Attributes:
        settings: `ASCONA_*` variables besides folder and ports.
    """

    data: Path
    process: asyncio.subprocess.Process | None = None
    port: int = 0
    media_port: int = 0
    origin: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        self.environment = {
            "ASCONA_MEDIA_HOST": "127.0.0.1",
            "ASCONA_DRAIN_SECONDS": "0",
            **os.environ,
            **self.settings,
            "ASCONA_DATA": str(self.data),
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ascona", "serve", "--port", str(self.port), "--media-port", str(self.media_port),
            env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for whoever started it, who then ends it
        )  # fmt: skip
        assert self.process.stdout
        line = (await asyncio.wait_for(self.process.stdout.readline(), START_SECONDS)).decode()
        self.origin = line.split(" is at ")[1].split(" ")[0]
        self.port = int(self.origin.rsplit(":", 1)[1])
        self.media_port = int(line.rsplit(" ", 1)[1].rstrip(")\n"))

    async def stop(self, *, kill: bool = False) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill() if kill else self.process.terminate()
            await self.process.wait()

    async def end(self, *, kill: bool = False) -> None:
        """Stop it, and whatever it left behind when it was killed."""
        await self.stop(kill=kill)
        await dismiss(self.data / "media")

    async def plan(self, *arguments: str) -> list[dict[str, str]]:
        """`ascona session new … --json`: the people with their links."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ascona", "session", "new", *arguments, "--json",
            env=self.environment, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        printed, _ = await process.communicate()
        assert process.returncode == 0
        people: list[dict[str, str]] = json.loads(printed)["people"]
        return people
