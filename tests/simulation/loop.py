"""An event loop without threads and sockets: when nobody has anything to do, its clock jumps to whoever waits next."""

import asyncio
import contextlib
import warnings
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any

_PROCESS: ContextVar["Process | None"] = ContextVar("process", default=None)

OUTSIDE = Context()
"""In which nothing dies with a process: what is on its way arrives."""


class Stuck(Exception):
    """Everybody waits, and nothing will ever happen."""


class Process:
    """
    What dies at once, as by kill -9: whatever runs in its context takes not one step more, not even to tidy up.

    Attributes:
        alive: Until it is killed.
    """

    def __init__(self) -> None:
        self.alive = True
        self._context = copy_context()
        self._context.run(_PROCESS.set, self)
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Do something in this process."""
        return asyncio.get_running_loop().create_task(work, context=self._context.copy())

    def kill(self) -> None:
        self.alive = False

    def owns(self, task: "asyncio.Task[Any]") -> None:
        """Keep it: what is collected as garbage is tidied up, at a moment that no seed knows."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def bury(self) -> None:
        """After the evening: let go of what never ended."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # what nobody came to await
            self._let_go()

    def _let_go(self) -> None:
        for task in list(self._tasks):
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio has no public way
            if task.done():
                _ = task.cancelled() or task.exception()  # whoever would have looked at it died first
                continue
            with contextlib.suppress(RuntimeError, GeneratorExit):
                task.get_coro().close()  # type: ignore[union-attr]  # tasks are made of coroutines here
        self._tasks.clear()


class VirtualLoop(asyncio.BaseEventLoop):
    """
    Ready callbacks run in order; then `settled` is called, and the clock jumps.

    Attributes:
        settled: Called whenever everything that can happen at this moment has happened.
    """

    def __init__(self, settled: Callable[[], None]) -> None:
        super().__init__()
        self.settled = settled
        self._moment = 0.0
        self._selector = self  # what `BaseEventLoop` waits with
        self.set_task_factory(_owned)
        self.set_exception_handler(lambda _loop, context: self.troubles.append(str(context.get("exception", context))))
        self.troubles: list[str] = []

    def time(self) -> float:
        return self._moment

    def select(self, timeout: float | None) -> list[object]:
        """Nothing comes from outside; waiting takes no time."""
        if timeout is None:
            raise Stuck
        if timeout > 0:
            self.settled()
            self._moment = max(self._moment, self._scheduled[0].when())  # type: ignore[attr-defined]
        return []

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        return super().call_soon(_while_alive(callback, context), *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(when, _while_alive(callback, context), *args, context=context)

    def _process_events(self, events: list[object]) -> None:
        pass

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something to its end; what it left running stays where it stands."""
        asyncio.set_event_loop(None)
        try:
            return self.run_until_complete(work)
        finally:
            for task in asyncio.all_tasks(self):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            self.close()


def _owned(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> "asyncio.Task[Any]":
    task = asyncio.Task(work, loop=loop, **options)
    process = options["context"].get(_PROCESS) if options.get("context") else _PROCESS.get()
    if process is not None:
        process.owns(task)
    return task


def _while_alive(callback: Callable[..., object], context: Context | None) -> Callable[..., object]:
    process = context.get(_PROCESS) if context is not None else _PROCESS.get()
    if process is None:
        return callback

    def step(*args: Any) -> object:
        return callback(*args) if process.alive else None

    return step
