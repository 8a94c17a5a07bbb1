"""A worker's post, as the web process sees it: who holds it is found or started, watched, ended, and replaced."""

import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from ascona.media import wire
from ascona.media.link import Gone, Link
from ascona.media.process import Process, Unkillable

PATIENCE_SECONDS = 5.0
"""How long a worker may take to answer; then it is killed, for nobody knows what it forwards."""

BEAT_PATIENCE = 2.0
"""So many times as long it may take to say how it is: a machine short of time is not helped by another start."""

START_SECONDS = 15.0
"""How long a worker may take until it is ready."""

HELLO_SECONDS = 5.0
"""How long a worker that is found may take until it says anything; then it is replaced."""

BEAT_SECONDS = 1.0
"""How often a worker is asked how it is."""

RETRY_SECONDS = 1.0
"""How long a post stays empty when nobody could be brought to it."""

News = Callable[["Post", str, tuple[Any, ...]], None]

log = structlog.get_logger()


class Post:
    """
    One worker after another, each at the same socket and the same port.

    Attributes:
        hello: What the present worker said when it came.
        state: What it said of itself last.
        replaced: How many have been replaced.
        earlier: What those had turned away.
    """

    def __init__(
        self,
        path: Path,
        brief: wire.Brief,
        opened: Callable[["Post"], None],
        lost: Callable[["Post"], None],
        news: News,
        patience: Callable[[], float],
    ) -> None:
        """
        Args:
            path: Of the socket.
            opened: Called when another worker has come; what is said in it, that one hears first.
            lost: Called when one is gone.
            news: Called with what is told.
            patience: Gives the seconds that an answer may take.
        """
        self._path = path
        self._brief = brief
        self._opened = opened
        self._lost = lost
        self._news = news
        self._patience = patience
        self.state = wire.State({}, 0)
        self.hello = wire.Hello(brief, brief.port, brief.streams, brief.native, {}, self.state)
        self.replaced = 0
        self.earlier: Counter[str] = Counter()
        self._link: Link | None = None
        self._process: Process | None = None
        self._early: list[tuple[str, tuple[Any, ...]]] = []
        self._up = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether a worker is there, as far as is known."""
        return self._link is not None

    @property
    def pid(self) -> int | None:
        """The worker's process number; None while there is none."""
        return self._process.pid if self._link is not None and self._process is not None else None

    async def start(self) -> None:
        """
        Take over the worker that is there, or bring one; from now on there is always one.

        Raises:
            OSError: If it cannot take its port, or cannot be started.
            Unkillable: If there is one that will not do, and it could not be ended.
        """
        try:
            if not await self._take_over():
                await self._bring()
        except Gone as gone:
            raise OSError(0, f"a media worker did not start: {gone}") from gone
        self._watching = asyncio.create_task(self._keep())

    async def ready(self) -> None:
        """
        Wait until a worker is there.

        Raises:
            Gone: If there is none so soon.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._up.wait()
        except TimeoutError:
            raise Gone from None

    def say(self, name: str, *arguments: Any) -> None:
        """Have something done, in the order it is said, if anybody is there."""
        if self._link is not None:
            self._link.say(name, *arguments)

    async def ask(self, name: str, *arguments: Any) -> Any:
        """
        Have something done, and wait until it is.

        Raises:
            Gone: If there was no answer, and **the worker has ended**: nothing is forwarded by it any more.
            Unkillable: If there was no answer, and it could not be ended.
            OfferRefused, KeyError, ValueError, RuntimeError: As the worker's switchboard does.
        """
        return await self._within(self._patience(), name, *arguments)

    async def _within(self, seconds: float, name: str, *arguments: Any) -> Any:
        link = self._link
        if link is not None:
            try:
                return await link.ask(seconds, name, *arguments)
            except Gone as gone:
                self._give_up(link, str(gone))
        await self._really_gone()
        raise Gone

    async def _really_gone(self) -> None:
        if self._end is not None:
            await asyncio.shield(self._end)

    async def close(self) -> None:
        """End the worker, and bring no other."""
        await self._stop_watching()
        link, process = self._link, self._process
        if link is not None and process is not None:
            await process.end()
            await link.close()
        await self._really_gone()

    async def abandon(self) -> None:
        """Leave the worker alone, as the end of this process would."""
        await self._stop_watching()
        if self._link is not None and self._process is not None:
            self._process.let_go()
            await self._link.close()

    async def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    # --- coming ---

    async def _take_over(self) -> bool:
        """Whether the worker that is there does what one of ours would; another is ended."""
        found = await find(self._path, self._hear)
        if found is None:
            return False
        process, link = found
        with contextlib.suppress(Gone):
            hello = await link.hello(HELLO_SECONDS)
            if hello.suits(self._brief):
                self._man(process, link, hello)
                return True
        await process.end()
        await link.close()
        return False

    async def _bring(self) -> None:
        self._path.unlink(missing_ok=True)
        self._early.clear()
        process = await started(self._path, self._brief)
        link: Link | None = None
        try:
            link = Link(await _connected(self._path), self._hear)
            self._man(process, link, await link.hello(START_SECONDS))
        except BaseException:
            await process.kill()
            if link is not None:
                await link.close()
            raise

    def _man(self, process: Process, link: Link, hello: wire.Hello) -> None:
        self._process, self._link, self.hello, self.state = process, link, hello, hello.state
        self._opened(self)
        early, self._early = self._early, []
        for name, content in early:
            self._news(self, name, content)
        self._up.set()

    def _hear(self, name: str, content: tuple[Any, ...]) -> None:
        if self._link is None:  # its hello has come, and is being looked at
            self._early.append((name, content))
        else:
            self._news(self, name, content)

    # --- being there ---

    async def _keep(self) -> None:
        while True:
            await self._watch()
            await self._see_off()
            await self._replace()

    async def _watch(self) -> None:
        """Ask how it is, again and again, until it is gone."""
        while (link := self._link) is not None:
            with contextlib.suppress(Gone, Unkillable):
                self.state = await self._within(BEAT_PATIENCE * self._patience(), "state")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await link.broken.wait()
            if link.broken.is_set():
                self._give_up(link, link.reason)

    def _give_up(self, link: Link, reason: str) -> None:
        if self._link is not link or self._process is None:
            return
        log.error("worker_replaced", reason=reason)
        self._link = None
        self._up.clear()
        link.cut(reason)
        self._end = asyncio.create_task(self._process.kill())
        self._lost(self)

    async def _see_off(self) -> None:
        """Until it has ended; two at one port would be one too many."""
        while True:
            try:
                await self._really_gone()
                break
            except Unkillable as error:
                log.critical("worker_unkillable", exc_info=error)
                assert self._process is not None  # noqa: S101 - whoever was started; mypy cannot see it
                self._end = asyncio.create_task(self._process.kill())
        self.replaced += 1
        self.earlier.update(self.state.totals)
        self.state = wire.State({}, self.state.long_turns)

    async def _replace(self) -> None:
        while True:
            try:
                return await self._bring()
            except (OSError, Gone) as error:
                log.error("worker_not_started", error=type(error).__name__, number=getattr(error, "errno", None) or 0)
                await asyncio.sleep(RETRY_SECONDS)


async def find(path: Path, news: Callable[[str, tuple[Any, ...]], None]) -> tuple[Process, Link] | None:
    """
    The worker at this socket, started by an earlier process of ours, and a link to it.

    Raises:
        OSError: If the system cannot say who it is.
    """
    try:
        line = await _connected(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        return Process(line.peer()[0]), Link(line, news)
    except ProcessLookupError:  # it has just ended
        line.close()
        return None


async def _connected(path: Path) -> wire.Line:
    line = wire.Line(*await asyncio.open_unix_connection(path))
    if not line.of_our_user():
        line.close()
        raise PermissionError(0, f"{path} is another user's")
    return line


async def started(path: Path, brief: wire.Brief) -> Process:
    """
    A new worker, ready to be led.

    Raises:
        OSError: If it cannot take its port, or its socket, or cannot be started.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ascona.media.worker",
        str(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us; it ends when we say so
    )
    process = Process(child.pid, child)
    assert child.stdin is not None  # noqa: S101 - both are pipes, as asked for above; mypy cannot see it
    assert child.stdout is not None  # noqa: S101
    try:
        child.stdin.write(wire.BRIEF.dump_json(brief) + b"\n")
        async with asyncio.timeout(START_SECONDS):
            said = await child.stdout.readline()
        trouble = wire.TROUBLE.validate_json(said)
        child.stdin.close()
    except (ValueError, TimeoutError):
        trouble = (0, "a media worker did not start")
    except BaseException:
        await process.kill()
        raise
    if trouble is not None:
        await process.kill()
        raise OSError(*trouble)
    return process
