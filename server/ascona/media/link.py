"""Calls to one worker, their answers and its news, over one line. Once broken it stays broken."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any

import structlog

from ascona.media import wire

log = structlog.get_logger()


class Gone(Exception):
    """The worker does not answer any more."""


class Link:
    """
    The web process's end of a line to a worker.

    Attributes:
        broken: Set when nothing goes through any more.
        reason: Why not.
    """

    def __init__(self, line: wire.Line, news: Callable[[str, tuple[Any, ...]], None]) -> None:
        """
        Args:
            news: Called with what the worker tells, but for its hello.
        """
        self.broken = asyncio.Event()
        self.reason = ""
        self.line = line
        self._news = news
        self._numbers = count(1)
        self._waiting: dict[int, tuple[str, asyncio.Future[Any]]] = {}
        self._hello: asyncio.Future[wire.Hello] = _future()
        self._reading = asyncio.create_task(self._read())

    async def hello(self, patience: float) -> wire.Hello:
        """
        What the worker says first.

        Raises:
            Gone: If it does not, within so many seconds.
        """
        said: wire.Hello = await self._within(patience, self._hello)
        return said

    def say(self, name: str, *arguments: Any) -> asyncio.Future[Any]:
        """Have something done, in the order it is said; the future is what comes of it, `Gone` if nothing does."""
        number, answer = next(self._numbers), _future()
        self._waiting[number] = name, answer
        try:
            if self.broken.is_set():
                raise wire.Broken(self.reason)
            self.line.write(number, name, wire.CALLS[name].dump_json(arguments))
        except wire.Broken as broken:
            self.cut(str(broken))
        return answer

    async def ask(self, patience: float, name: str, *arguments: Any) -> Any:
        """
        Have something done, and wait until it is.

        Raises:
            Gone: If it may not have been done: there was no answer within so many seconds. The link is cut then.
            OfferRefused, KeyError, ValueError, RuntimeError: As at the other end.
        """
        return await self._within(patience, self.say(name, *arguments))

    async def _within(self, patience: float, answer: asyncio.Future[Any]) -> Any:
        try:
            async with asyncio.timeout(patience):
                return await answer
        except TimeoutError:
            self.cut("no answer")
            raise Gone from None

    async def _read(self) -> None:
        try:
            while not self.broken.is_set():
                self._hear(await self.line.read())
        except wire.Broken as broken:
            self.cut(str(broken))

    def _hear(self, message: wire.Message) -> None:
        if message.number:
            self._answered(message)
            return
        told = wire.understood(wire.NEWS, message.name, message.content)
        if message.name != "hello":
            try:
                self._news(message.name, told)
            except Exception:  # ours to mend; answers are still waited for
                log.exception("news_failed")
        elif not self._hello.done():
            self._hello.set_result(told[0])

    def _answered(self, message: wire.Message) -> None:
        name, answer = self._waiting.pop(message.number, ("", None))
        if answer is None:
            raise wire.Broken("an answer to nothing")
        if answer.done():  # whoever asked waits no more
            return
        if message.name:
            answer.set_exception(wire.ERRORS.get(message.name, RuntimeError)(message.content))
        else:
            shape = wire.RESULTS
            answer.set_result(wire.understood(shape, name, message.content) if name in shape else None)

    def cut(self, reason: str) -> None:
        """Nothing goes through from now on; whoever waits for an answer is told."""
        self.reason = self.reason or reason
        self.broken.set()
        self.line.close()
        waiting, self._waiting = self._waiting, {}
        for answer in [self._hello, *(answer for _, answer in waiting.values())]:
            if not answer.done():
                answer.set_exception(Gone(reason))

    async def close(self) -> None:
        """Hang up."""
        self.cut("hung up")
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


def _future() -> asyncio.Future[Any]:
    made: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    # Nobody has to wait for it: what went wrong is then no news to anybody.
    made.add_done_callback(lambda done: done.cancelled() or done.exception())
    return made
