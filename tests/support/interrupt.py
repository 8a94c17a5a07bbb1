"""Long runs from the command line: Ctrl-C ends one, and everything it has opened is closed before it is over."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

INTERRUPTED = 128 + signal.SIGINT
"""The exit status of whoever was interrupted, as shells have it."""

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """
    Run something to its end.

    Raises:
        KeyboardInterrupt: After Ctrl-C, when all is closed; pressed once more meanwhile it changes nothing.
    """

    async def until_interrupted() -> T:
        task = asyncio.current_task()
        assert task
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: task.cancelling() or task.cancel())
        return await work

    try:
        return asyncio.run(until_interrupted())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
