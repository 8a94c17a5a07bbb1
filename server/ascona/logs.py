"""What a log may say: which event, how much, where in the code. Never a name, an address or a text of anybody's."""

import hmac
import logging
import re
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any, TextIO

import structlog

FRAMES = 8
"""Places in the code that are named of an exception, the innermost last."""

HASH_LENGTH = 10
"""Characters that stand for a room: enough to tell the rooms of one evening from one another, for as long as we run."""

LIBRARY_SECONDS = 60.0
"""How often the same line of a library is written at most."""

KINDS_LIMIT = 1000
"""Different lines of libraries that are told apart; there are a few."""

Shape = Callable[[object], bool]


def _matching(pattern: str) -> Shape:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _all(shape: Shape) -> Shape:
    return lambda values: isinstance(values, list) and all(map(shape, values))


NUMBER: Shape = lambda value: isinstance(value, int | float)  # noqa: E731  # a table of shapes reads best in one form
WORD = _matching(r"[A-Za-z][A-Za-z0-9_.]{0,63}")
PHRASE = _matching(r"[a-z][a-z ]{0,63}")
RELEASE = _matching(r"[0-9][0-9a-z.+]{0,31}")
SPOT = _matching(r"[A-Za-z0-9_./<>-]{1,160}:[0-9]+ [A-Za-z0-9_<>.]{1,80}")
ID = _matching(r"[A-Za-z0-9_-]{1,64}")

KEYS: Mapping[str, Shape] = {
    "event": WORD,
    "level": WORD,
    "timestamp": _matching(r"[0-9T:.Z-]{10,40}"),
    "error": WORD,  # an exception's type; its text may hold anything
    "where": _all(SPOT),
    "logger": WORD,
    "session": ID,  # comes out as a salted hash
    "version": RELEASE,
    "port": NUMBER,
    "ports": _all(NUMBER),
    "media_ports": _all(NUMBER),
    "metrics_port": NUMBER,
    "native": NUMBER,
    "invariants": _all(WORD),
    "remedy": WORD,
    "reason": PHRASE,
    "number": NUMBER,  # of an operating system's error
    "seconds": NUMBER,
    "people": NUMBER,
    "times": NUMBER,  # the same was not written
}
"""Everything that may stand in a log line, and what it looks like. The rest is withheld, and only said to be."""


def configure(stream: TextIO, salt: bytes, readable: bool) -> None:
    """
    From now on everything that is logged in this process, libraries included, goes to `stream` a line each.

    Args:
        salt: Rooms are told apart in this log and in no other.
        readable: For a person at a terminal; otherwise JSON.
    """
    last: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            locate,
            Discretion(salt),
            last,
        ],
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[Libraries(time.monotonic)], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _crashed


def locate(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception's type, and where in the code it came from; what it says stays unsaid."""
    raised = line.pop("exc_info", None)
    error = sys.exc_info()[1] if raised is True else raised
    if isinstance(error, BaseException):
        line["error"], line["where"] = type(error).__name__, _spots(error.__traceback__)
    return line


def _spots(trace: TracebackType | None) -> list[str]:
    return [spot(frame.filename, frame.lineno or 0, frame.name) for frame in extract_tb(trace)[-FRAMES:]]


def spot(file: str, line: int, function: str) -> str:
    """A place in the code, e.g. `live/room.py:120 _record`."""
    return f"{'/'.join(Path(file).parts[-2:])}:{line} {function}"


class Discretion:
    """Lets through what `KEYS` knows, in the shape it has there; names the rest without its content."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    def __call__(self, _logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        said = {key: value for key, value in line.items() if key in KEYS and KEYS[key](value)}
        withheld = sorted(key if WORD(key) else "?" for key in line.keys() - said.keys())
        if "session" in said:
            said["session"] = hmac.digest(self._salt, said["session"].encode(), "sha256").hex()[:HASH_LENGTH]
        return {"event": "withheld"} | said | ({"withheld": withheld} if withheld else {})


class Libraries(logging.Handler):
    """
    What libraries log: that they did, and where something was raised. Their sentences may hold anything.

    The same thing once a minute at most, and then how often it was left out: strangers make some of it happen.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        Args:
            monotonic: Seconds.
        """
        super().__init__()
        self._monotonic = monotonic
        self._said: dict[tuple[str, ...], tuple[float, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        spots = _spots(error.__traceback__) if error else []
        same, now = (record.name, type(error).__name__, *spots[-1:]), self._monotonic()
        said_at, left_out = self._said.get(same, (float("-inf"), 0))
        if now - said_at < LIBRARY_SECONDS:
            self._said[same] = said_at, left_out + 1
            return
        if len(self._said) >= KINDS_LIMIT:
            self._said.clear()
        self._said[same] = now, 0
        more = {"times": left_out} if left_out else {}
        structlog.get_logger().log(record.levelno, "library", logger=record.name, exc_info=error, **more)


def _crashed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """The last word of a process that nobody has caught."""
    structlog.get_logger().critical("crashed", exc_info=error)
