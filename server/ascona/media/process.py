"""Another process of ours: whether it lives, and its certain end. Known by a pidfd (Linux): numbers are used again."""

import asyncio
import contextlib
import os
import signal

POLITENESS_SECONDS = 3.0
"""How long a process may take to end when asked to; then it is killed."""

KILL_SECONDS = 5.0
"""How long the kernel may take to end a process that is killed."""


class Unkillable(Exception):
    """A process could not be ended; nobody knows what it still does."""


class Process:
    """One that we started, or one that an earlier process of ours did."""

    def __init__(self, pid: int, child: asyncio.subprocess.Process | None = None) -> None:
        """
        Args:
            child: The same process, where we started it.

        Raises:
            OSError: If there is none of this number, or the system has no pidfds.
        """
        self.pid = pid
        self._child = child
        self._pidfd = os.pidfd_open(pid)
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._pidfd, self._ended)

    def _ended(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._over.set()

    async def over(self) -> None:
        """Wait for its end."""
        await self._over.wait()
        if self._child is not None:
            await self._child.wait()

    async def end(self) -> None:
        """
        Ask it to end, and see to it that it does.

        Raises:
            Unkillable: If it does not.
        """
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(POLITENESS_SECONDS):
                await self.over()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """
        End it, whatever it does, be it even stopped; when this returns it does nothing any more.

        Raises:
            Unkillable: If it could not be ended.
        """
        self._signal(signal.SIGKILL)
        try:
            async with asyncio.timeout(KILL_SECONDS):
                await self.over()
        except TimeoutError:
            raise Unkillable(f"process {self.pid} could not be ended") from None

    def _signal(self, number: signal.Signals) -> None:
        if not self._over.is_set():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def let_go(self) -> None:
        """Watch it no more; it goes on."""
        if not self._over.is_set():
            self._ended()
