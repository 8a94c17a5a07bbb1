"""What is wrong is said in a sentence, with what mends it; what is well or cannot be known is no alarm."""

import errno
import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from ascona.cli import main
from ascona.doctor import RENEW_DAYS, Finding, State, examine
from ascona.machine import Certificate, Machine
from ascona.settings import Settings

FOR_ALL = {"host": "0.0.0.0", "origin": "https://balint.example.org", "media_address": "9.9.9.9"}  # noqa: S104


class Healthy(Machine):
    """A machine on which all is well, but for what a test says."""

    def __init__(self, taken: tuple[tuple[int, socket.SocketKind], ...] = (), **facts: object) -> None:
        self.taken = taken
        self.facts = facts

    def bind(self, host: str, port: int, kind: socket.SocketKind) -> int | None:
        return errno.EADDRINUSE if (port, kind) in self.taken else self.facts.get("trouble")

    def is_ascona(self, host: str, port: int) -> bool:
        return bool(self.facts.get("ascona"))

    def has(self, address: str) -> bool:
        return bool(self.facts.get("has", True))

    def way_out_by_ipv6(self) -> str | None:
        return self.facts.get("ipv6")

    def buffers(self, asked: int) -> tuple[int, int]:
        return self.facts.get("buffers", (asked, asked))

    def writable(self, folder: Path) -> bool:
        return bool(self.facts.get("writable", True))

    def sqlite_trouble(self, file: Path) -> str | None:
        return self.facts.get("database")

    def clock_is_set(self) -> bool | None:
        return self.facts.get("clock", True)

    def certificate(self, host: str, port: int) -> Certificate | None:
        self.asked = (host, port)
        return self.facts.get("certificate", Certificate(days=60))

    def seen_as(self, origin: str) -> str | None:
        return self.facts.get("seen", "forwarded")

    def open_to_others(self, path: Path) -> bool:
        return path.name in self.facts.get("open", ())

    def versions(self) -> list[tuple[str, str, str]]:
        return [("aiortc", "1.16.0", str(self.facts.get("aiortc", "1.16.0")))]


def found(machine: Machine, about: str, **settings: object) -> Finding:
    """The worst that is found about this."""
    order = list(State)
    findings = [one for one in examine(Settings(**settings), machine) if one.about == about]
    return max(findings, key=lambda one: order.index(one.state))


def test_where_all_is_well_nothing_has_to_be_done(tmp_path):
    for settings in ({}, FOR_ALL):
        findings = examine(Settings(data=tmp_path, **settings), Healthy())
        assert {one.state for one in findings} == {State.WELL}
        assert all(one.mend == "" for one in findings if one.state is State.WELL)


@pytest.mark.parametrize(
    ("port", "kind", "state", "mend"),
    [
        (8080, socket.SOCK_STREAM, State.WRONG, "ss -lntp 'sport = :8080'"),
        (8090, socket.SOCK_DGRAM, State.WRONG, "ss -lnup 'sport = :8090'"),
        (8090, socket.SOCK_STREAM, State.LOOK, "ss -lntp 'sport = :8090'"),
    ],
)
def test_a_port_of_another_program_is_told_with_how_to_find_it(port, kind, state, mend):
    finding = found(Healthy(taken=((port, kind),)), "ports")

    assert (finding.state, finding.mend) == (state, mend)
    assert "taken" in finding.says


def test_every_worker_has_a_port_that_is_looked_at_and_that_a_router_must_send_here():
    machine = Healthy(taken=((8092, socket.SOCK_DGRAM),), has=False)

    assert found(machine, "ports").state is State.WELL
    assert found(machine, "ports", media_workers=3).mend == "ss -lnup 'sport = :8092'"
    assert "ports 8090 to 8092," in found(machine, "addresses", **FOR_ALL, media_workers=3).says


def test_ports_of_an_ascona_that_runs_are_well():
    taken = ((8080, socket.SOCK_STREAM), (8090, socket.SOCK_DGRAM), (8090, socket.SOCK_STREAM))

    assert found(Healthy(taken, ascona=True), "ports").state is State.WELL


@pytest.mark.parametrize(
    ("facts", "about", "settings", "state", "mend"),
    [
        ({"trouble": errno.EACCES}, "ports", {"port": 443}, State.WRONG, "ip_unprivileged_port_start"),
        ({"trouble": socket.EAI_NONAME}, "ports", {"host": "nowhere.invalid"}, State.WRONG, "ip -brief address"),
        ({"buffers": (212992, 212992)}, "buffers", {}, State.LOOK, "net.core.rmem_max=4194304"),
        ({"has": False}, "addresses", FOR_ALL, State.LOOK, "ip -brief address"),
        ({}, "addresses", FOR_ALL | {"media_address": "10.0.0.7"}, State.LOOK, "ASCONA_MEDIA_ADDRESS="),
        ({}, "addresses", {"origin": "https://balint.example.org"}, State.WRONG, "ASCONA_MEDIA_ADDRESS="),
        ({"ipv6": "2001:db8::7"}, "addresses", FOR_ALL, State.LOOK, "9.9.9.9,2001:db8::7"),
        ({}, "origin", FOR_ALL | {"origin": "http://balint.example.org"}, State.WRONG, "https://balint.example.org"),
        ({}, "origin", FOR_ALL | {"origin": ""}, State.WRONG, "ASCONA_ORIGIN=https://"),
        ({"writable": False}, "data", {}, State.WRONG, "install -d"),
        ({"clock": False}, "clock", {}, State.LOOK, "set-ntp true"),
        ({"clock": None}, "clock", {}, State.LOOK, "date --utc"),
        ({"certificate": None}, "certificate", FOR_ALL, State.LOOK, "-connect balint.example.org:443"),
        ({"certificate": Certificate("self-signed", True)}, "certificate", FOR_ALL, State.LOOK, "openssl s_client"),
        ({"certificate": Certificate("Hostname mismatch")}, "certificate", FOR_ALL, State.WRONG, "openssl s_client"),
        ({"certificate": Certificate("it has expired")}, "certificate", FOR_ALL, State.WRONG, "certbot renew"),
        ({"certificate": Certificate(days=RENEW_DAYS - 1)}, "certificate", FOR_ALL, State.LOOK, "certbot renew"),
        ({"aiortc": "1.17.0"}, "libraries", {}, State.WRONG, "pip install aiortc==1.16.0"),
    ],
)
def test_trouble_is_told_with_what_mends_it(facts, about, settings, state, mend):
    finding = found(Healthy(**facts), about, **settings)

    assert finding.state is state
    assert mend in finding.mend


def test_a_database_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "ascona.db").write_bytes(b"not a database at all, but long enough to be looked at" * 20)

    finding = found(Healthy(database=Machine().sqlite_trouble(tmp_path / "ascona.db")), "database", data=tmp_path)

    assert finding.state is State.WRONG
    assert "not a database" in finding.says


def test_this_machine_is_looked_at_and_left_as_it_is(tmp_path):
    ports = ("--port", "0", "--media-port", "0", "--data", str(tmp_path / "data"))
    findings = json.loads(CliRunner().invoke(main, ("doctor", "--json", *ports)).stdout)

    assert {one["about"] for one in findings} == {
        "ports", "buffers", "addresses", "origin", "data", "database", "clock", "libraries",
    }  # fmt: skip
    assert [one["state"] for one in findings if one["about"] in ("ports", "data", "libraries")] == ["well"] * 5
    assert not (tmp_path / "data").exists()


def test_something_wrong_is_the_exit_status():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(main, ("doctor", "--port", port, "--media-port", "0"))

    assert result.exit_code == 1
    assert f"TCP port {port} for pages is taken by another program." in result.stdout
    assert f"ss -lntp 'sport = :{port}'" in result.stdout


@pytest.mark.parametrize("seen", ["unnamed", "direct"])
def test_a_proxy_that_does_not_say_for_whom_it_asks_is_told_of(seen):
    finding = found(Healthy(seen=seen), "proxy", **FOR_ALL)

    assert finding.state is State.LOOK
    assert "X-Forwarded-For" in finding.mend or "ASCONA_PROXIES" in finding.mend
    assert found(Healthy(), "proxy", **FOR_ALL).state is State.WELL


@pytest.mark.parametrize("file", ["data", "ascona.db", "ascona.db-wal", "ascona.db-shm", "ascona.env"])
def test_what_other_users_of_the_machine_can_read_is_wrong(file):
    finding = found(Healthy(open=(file,)), "private")

    assert finding.state is State.WRONG
    assert finding.mend.startswith("sudo chmod go-rwx ")
    assert finding.mend.endswith(f"{file}'")
