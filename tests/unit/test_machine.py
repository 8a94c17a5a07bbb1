"""What this machine says of certificates and its clock, asked for real."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.certificate import certified

from ascona.machine import Certificate, Machine


@contextmanager
def https(file: Path) -> Iterator[int]:
    """Somebody who shows this certificate once; the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    def show() -> None:
        with contextlib.suppress(OSError):  # who asks may not like it
            visitor, _ = listening.accept()
            with visitor, context.wrap_socket(visitor, server_side=True) as secure:
                secure.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        asked = threading.Thread(target=show)
        asked.start()
        yield listening.getsockname()[1]
        asked.join()


@pytest.mark.parametrize(
    ("host", "days", "known", "seen"),
    [
        ("localhost", 30, True, Certificate(days=30)),
        ("localhost", -2, True, Certificate("certificate has expired")),
        ("localhost", 30, False, Certificate("self-signed certificate", untrusted=True)),
        ("example.org", 30, True, Certificate("Hostname mismatch, certificate is not valid for 'localhost'")),
    ],
)
def test_a_certificate_is_seen_as_a_browser_would(tmp_path, monkeypatch, host, days, known, seen):
    file = certified(tmp_path, host, days)
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with https(file) as port:
        assert Machine().certificate("localhost", port) == seen


def test_where_nobody_speaks_https_there_is_no_certificate():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert Machine().certificate("localhost", port) is None


def test_the_clock_is_asked_and_left_alone():
    assert Machine().clock_is_set() in (True, False, None)
