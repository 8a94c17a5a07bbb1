"""The command line: what it prints, and the one clear sentence when something will not do."""

import asyncio
import contextlib
import json
import socket
import sqlite3
import time

import pytest
from click.testing import CliRunner

from ascona import app
from ascona.cli import main
from ascona.settings import Settings


@pytest.fixture
def ascona(tmp_path, monkeypatch):
    monkeypatch.setenv("ASCONA_DATA", str(tmp_path / "data"))
    runner = CliRunner()
    return lambda *arguments: runner.invoke(main, arguments)


NEW = (
    "session",
    "new",
    "--leader",
    "Ada",
    "--co-leader",
    "Ben",
    "--member",
    "Cy",
    "--ring",
    "Eve",
    "--observer",
    "Flo",
)


def test_a_planned_session_prints_one_link_for_each_person(ascona):
    result = ascona(*NEW, "--title", "Tuesday", "--json")

    printed = json.loads(result.stdout)
    assert [(p["name"], p["standing"]) for p in printed["people"]] == [
        ("Ada", "leader"), ("Ben", "co_leader"), ("Cy", "member"), ("Eve", "ring"), ("Flo", "observer"),
    ]  # fmt: skip
    links = [person["link"] for person in printed["people"]]
    assert len({link.split("#")[1] for link in links}) == 5
    assert all("/join#" in link for link in links)


@pytest.fixture
def in_zone(monkeypatch):
    """The machine's zone, until the test is over."""

    def lives(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield lives
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "starts", "understood", "utc"),
    [
        (
            "UTC",
            "2099-01-12T19:30",
            "Monday 12 January 2099, 19:30 UTC; links open the door from",
            "19:30:00+00:00",
        ),
        (
            "Europe/Zurich",
            "2099-01-12T19:30",
            "19:30 CET (UTC+01:00); links open the door from",
            "19:30:00+01:00",
        ),
        ("UTC", "2099-01-12T19:30+01:00", "19:30 UTC+01:00; links open the door from 18:30", "19:30:00+01:00"),
        ("Europe/Zurich", "2099-01-12T00:30", "from Sunday 11 January 2099, 23:30 until 03:15", "00:30:00+01:00"),
    ],
)
def test_what_was_understood_is_said_back_with_its_zone(ascona, in_zone, zone, starts, understood, utc):
    in_zone(zone)

    told = ascona(*NEW, "--starts", starts)
    printed = json.loads(ascona(*NEW, "--starts", starts, "--json").stdout)

    assert understood in told.stderr
    assert ("this machine's" in told.stderr) == ("+" not in starts)
    assert told.stdout.count("/join#") == told.stdout.count("\n") == 5
    assert printed["starts"].endswith(utc)
    assert set(printed) == {"session", "people", "starts", "opens", "closes"}


def test_an_hour_that_the_clock_leaves_out_is_refused(ascona, in_zone):
    in_zone("Europe/Zurich")

    result = ascona(*NEW, "--starts", "2027-03-28T02:30")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not exist" in result.stderr


def test_of_an_hour_that_comes_twice_it_is_said_which_was_taken(ascona, in_zone):
    in_zone("Europe/Zurich")

    result = ascona(*NEW, "--starts", "2027-10-31T02:30")

    assert "02:30 CEST (UTC+02:00)" in result.stderr
    assert "The second is written 2027-10-31T02:30+01:00" in result.stderr


@pytest.mark.parametrize("time_", ["tomorrow", "2027-13-01T10:00", "19:30", ""])
def test_what_is_no_time_is_refused_with_an_example(ascona, time_):
    result = ascona(*NEW, "--starts", time_)

    assert result.exit_code == 1
    assert "2026-11-24T19:30" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_a_link_is_revoked_without_standing_on_the_command_line(ascona, tmp_path, arguments):
    [ada, *_] = json.loads(ascona(*NEW, "--json").stdout)["people"]

    first = CliRunner().invoke(main, ["session", "revoke", *arguments], input=f"{ada['link']}\n")
    again = CliRunner().invoke(main, ["session", "revoke", *arguments], input=f"{ada['link']}\n")

    assert (first.exit_code, first.stdout) == (0, "The link of Ada is revoked.\n")
    assert (again.exit_code, again.stderr) == (1, "There is no such link (any more).\n")


def test_a_link_is_revoked_as_mail_leaves_it(ascona):
    [ada, *_] = json.loads(ascona(*NEW, "--json").stdout)["people"]

    assert "not a whole link" in ascona("session", "revoke", ada["link"][:-1]).stderr
    assert ascona("session", "revoke", f"{ada['link'].upper()}).").exit_code == 0


def test_a_session_needs_a_leader(ascona):
    result = ascona("session", "new", "--member", "Cy")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "needs a leader" in result.stderr


def test_a_programme_nobody_knows_is_named_with_those_that_are(ascona):
    result = ascona(*NEW, "--programme", "nonsense")

    assert result.exit_code == 1
    assert "ascona-90" in result.stderr


def test_a_programme_that_will_not_do_is_refused_with_its_line(ascona, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\n\n[[phase]]\nid = "arrive"\nminutes = -3\n', encoding="utf-8")

    result = ascona(*NEW, "--programme", str(file))

    assert result.exit_code == 1
    assert "line 5" in result.stderr
    assert "minutes" in result.stderr


@pytest.mark.parametrize(("kind", "option"), [(socket.SOCK_STREAM, "--port"), (socket.SOCK_DGRAM, "--media-port")])
def test_a_port_that_is_taken_is_said_in_one_sentence(ascona, kind, option):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = str(taken.getsockname()[1])
        ports = {"--port": "0", "--media-port": "0"} | {option: port}

        result = ascona("serve", *[word for pair in ports.items() for word in pair])

    assert result.exit_code == 1
    assert f"port {port} is taken" in result.stderr
    assert option in result.stderr
    assert "Traceback" not in result.output


def test_a_data_folder_that_cannot_be_written_is_said_in_one_sentence(ascona, tmp_path):
    (tmp_path / "data").write_text("a file, not a folder", encoding="utf-8")

    result = ascona("serve", "--port", "0", "--media-port", "0")

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_a_setting_that_will_not_do_is_said(ascona, monkeypatch):
    monkeypatch.setenv("ASCONA_PORT", "many")

    result = ascona("serve")

    assert result.exit_code == 1
    assert "port" in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize("url", ["nonsense", "nosql://here", "sqlite+nothing:///x"])
def test_a_database_that_will_not_do_is_said_in_one_sentence(ascona, monkeypatch, url):
    monkeypatch.setenv("ASCONA_DATABASE", url)

    result = ascona("migrate")

    assert result.exit_code == 1
    assert result.stderr.startswith("The database cannot be opened")
    assert "Traceback" not in result.output


def test_a_database_of_a_newer_version_is_left_alone(ascona, tmp_path):
    assert ascona("migrate").exit_code == 0
    with sqlite3.connect(tmp_path / "data" / "ascona.db") as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")

    result = ascona("migrate")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("The database cannot be opened")


def test_one_session_that_cannot_be_read_keeps_nobody_elses_closed(ascona, tmp_path):
    assert ascona(*NEW).exit_code == 0
    with sqlite3.connect(tmp_path / "data" / "ascona.db") as broken:
        broken.execute("UPDATE sessions SET programme = 'not a programme'")

    async def started_and_stopped() -> str:
        server = await app.start(Settings(data=tmp_path / "data", port=0, media_port=0, media_workers=0))
        await server.close()
        return server.origin

    assert asyncio.run(started_and_stopped()).startswith("http://localhost")


def test_the_database_is_brought_up_to_date_as_often_as_one_likes(ascona):
    assert ascona("migrate").exit_code == 0
    assert "up to date" in ascona("migrate").stdout


def test_a_copy_of_the_database_is_put_back_where_there_is_none(ascona, tmp_path):
    [first, *_] = json.loads(ascona(*NEW, "--json").stdout)["people"]
    copy = str(tmp_path / "copy.db")
    assert ascona("backup", copy).exit_code == 0

    assert "already" in ascona("restore", copy).stderr
    (tmp_path / "data" / "ascona.db").rename(tmp_path / "gone.db")
    assert ascona("restore", copy).exit_code == 0

    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "ascona.db")) as database:
        assert database.execute("SELECT COUNT(*) FROM people WHERE name = ?", (first["name"],)).fetchone() == (1,)


def test_of_another_servers_database_it_is_said_how_it_is_copied(ascona, monkeypatch, tmp_path):
    monkeypatch.setenv("ASCONA_DATABASE", "postgresql://ascona@127.0.0.1/ascona")

    assert "pg_dump" in ascona("backup", str(tmp_path / "copy")).stderr
    assert "pg_restore" in ascona("restore", str(tmp_path / "copy")).stderr
