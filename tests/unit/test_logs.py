"""What a log may say: events and numbers; nothing that anybody was called, wrote or came from."""

import ast
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

import ascona
from ascona.logs import HASH_LENGTH, ID, KEYS, LIBRARY_SECONDS, WORD, Libraries, configure

SERVER = Path(ascona.__file__).parent
CANARY = "Canary Singer"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


@pytest.fixture
def written() -> io.StringIO:
    """Everything this process logs, as it is written."""
    stream = io.StringIO()
    configure(stream, b"salt", readable=False)
    return stream


def line(written: io.StringIO) -> dict[str, object]:
    [only] = written.getvalue().splitlines()
    read: dict[str, object] = json.loads(only)
    return read


def test_a_line_is_json_with_its_event_and_moment(written):
    structlog.get_logger().info("started", port=8080, media_ports=[8090, 8091], version="0.1.0", native=True)

    said = line(written)
    assert said.pop("timestamp").endswith("Z")
    assert said == {
        "event": "started", "level": "info", "version": "0.1.0",
        "port": 8080, "media_ports": [8090, 8091], "native": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        {"name": CANARY},
        {"title": "Canary"},
        {"address": "203.0.113.7"},
        {"error": CANARY},
        {"reason": "Canary 203.0.113.7"},
        {"port": "Canary"},
        {"where": ["Canary"]},
        {"ports": [8090, "Canary"]},
        {"session": "Canary Singer's evening"},
        {"Canary Singer": 7},
    ],
)
def test_what_nobody_has_allowed_is_withheld_and_only_said_to_be(written, content):
    structlog.get_logger().error("something_failed", **content)

    assert "Canary" not in written.getvalue()
    assert "203.0.113" not in written.getvalue()  # not "203" alone: a moment may hold that
    said = line(written)
    assert said["event"] == "something_failed"
    assert said["withheld"] == [key if WORD(key) else "?" for key in content]


def test_a_sentence_is_no_event(written):
    structlog.get_logger().warning(f"{CANARY} has come in")

    assert "Canary" not in written.getvalue()
    assert line(written)["event"] == "withheld"


def test_rooms_are_told_apart_and_not_named(written):
    for session in ("first-session", "second-session", "first-session"):
        structlog.get_logger().error("journal_unavailable", session=session)

    first, second, again = (json.loads(one)["session"] for one in written.getvalue().splitlines())
    assert first == again != second
    assert len(first) == HASH_LENGTH
    assert "session-" not in written.getvalue()


def test_another_log_names_the_same_room_differently(written):
    structlog.get_logger().error("journal_unavailable", session="the-session")
    ours = line(written)["session"]
    other = io.StringIO()
    configure(other, b"another", readable=False)
    structlog.get_logger().error("journal_unavailable", session="the-session")

    assert line(other)["session"] != ours


def test_an_exception_says_where_and_not_what(written):
    try:
        raise ValueError(CANARY)
    except ValueError:
        structlog.get_logger().exception("message_failed")

    said = line(written)
    assert said["error"] == "ValueError"
    assert said["where"][-1].startswith("unit/test_logs.py:")
    assert "Canary" not in written.getvalue()


def test_libraries_say_that_something_happened_and_nothing_else(written):
    try:
        raise KeyError(CANARY)
    except KeyError:
        logging.getLogger("aiohttp.server").exception("Error handling request from %s", "203.0.113.7")

    said = line(written)
    assert (said["event"], said["logger"], said["error"]) == ("library", "aiohttp.server", "KeyError")
    assert "203.0.113.7" not in written.getvalue()
    assert "Canary" not in written.getvalue()


def test_what_a_library_says_again_and_again_is_written_once_a_minute_and_counted(written):
    now = 0.0
    handler = Libraries(lambda: now)
    resets = [handler.emit(fallen(ConnectionResetError)) for _ in range(1000)]
    assert line(written)["error"] == "ConnectionResetError"

    handler.emit(fallen(KeyError))
    now += LIBRARY_SECONDS
    handler.emit(fallen(ConnectionResetError))

    _, another, again = (json.loads(one) for one in written.getvalue().splitlines())
    assert another["error"] == "KeyError"
    assert (again["error"], again["times"]) == ("ConnectionResetError", len(resets) - 1)


def fallen(kind: type[Exception]) -> logging.LogRecord:
    """What asyncio logs when something was raised that nobody waits for."""
    try:
        raise kind(CANARY)
    except kind as error:
        return logging.LogRecord(
            "asyncio", logging.ERROR, "base_events.py", 1, CANARY, (), (kind, error, error.__traceback__)
        )


def test_a_warning_of_python_keeps_its_sentence_to_itself(written):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(CANARY, stacklevel=1)

    assert line(written)["logger"] == "py.warnings"
    assert "Canary" not in written.getvalue()


def test_for_a_person_at_a_terminal_a_line_is_readable():
    stream = io.StringIO()
    configure(stream, b"salt", readable=True)
    structlog.get_logger().info("started", port=8080, title=CANARY)

    assert "started" in stream.getvalue()
    assert "8080" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    assert "Canary" not in stream.getvalue()


def test_a_process_that_crashes_says_where_and_not_what():
    code = "import sys; from ascona import logs; logs.configure(sys.stderr, b'', False); raise ValueError('Canary')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "crashed" in ended.stderr
    assert "Canary" not in ended.stderr


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every line of ours that logs."""
    for file in sorted(SERVER.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(ast.Name("log"), level)) if level in LEVELS:
                    yield f"{file.relative_to(SERVER)}:{node.lineno}", node


def test_every_line_of_ours_is_an_event_with_values_that_are_known():
    for where, call in calls():
        [event] = call.args
        assert isinstance(event, ast.Constant), where
        assert WORD(event.value), where
        assert {keyword.arg for keyword in call.keywords} <= KEYS.keys() | {"exc_info"}, where


def test_nothing_of_ours_logs_past_these_rules():
    own = {"logs.py", "live/websocket.py", "rehearsal/__main__.py", "storage/database.py"}  # these quieten libraries
    others = {str(file.relative_to(SERVER)) for file in SERVER.rglob("*.py") if "getLogger(" in file.read_text("utf-8")}

    assert others <= own
    assert len(list(calls())) > 15
    assert ID("0" * 32)
