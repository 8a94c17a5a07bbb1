"""PostgreSQL: what is asked of its connections, and how those are ended that nobody answers any more."""

import os
import socket
import threading
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, event

CONNECT = {
    "connect_timeout": 5,
    "tcp_user_timeout": 5000,  # milliseconds until a machine that answers nothing any more is given up
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
"""libpq's settings: a machine that has gone is noticed in seconds, not in the quarter of an hour TCP takes."""

LIMITS = {"lock_timeout": 2000, "statement_timeout": 10_000}
"""Milliseconds, and kept by PostgreSQL: how long a statement waits for others' locks, and takes altogether."""


class Connections:
    """
    Those that an engine opens from now on, limited from the first.

    The limits are set in words: `options` at connecting would take the place of a URL's own, and poolers refuse it.
    """

    def __init__(self, engine: Engine) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._adding = threading.Lock()
        event.listen(engine, "connect", self._opened)

    def hang_up(self) -> None:
        """
        End all of them, so that whoever waits in one is told.

        Neither the limits nor TCP notice a PostgreSQL that is frozen while its machine goes on.
        """
        with self._adding:
            there = list(self._open)
        for connection in there:
            # A copy of its file, which is its own to close; whatever goes wrong, it was closed meanwhile.
            with suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)

    def _opened(self, connection: Any, _record: object) -> None:
        with self._adding:
            self._open.add(connection)
        connection.execute("; ".join(f"SET {name} = {limit}" for name, limit in LIMITS.items()))
        connection.commit()  # or the next rollback would undo it
