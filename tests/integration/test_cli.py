"""The command line: what it prints, and the one clear sentence when something will not do."""

import asyncio
import contextlib
import json
import socket
import sqlite3

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
