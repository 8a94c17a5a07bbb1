"""Marked names, titles, links, lines and descriptions, through errors and crashes: in no log and no number."""

import logging
from pathlib import Path

import aiohttp

from ascona.core.people import Role
from ascona.live.room import Room
from tests.support.server import Visitor, planned

MARK = "Canary"
PEOPLE = {f"{MARK}-Ada": Role.LEADER, f"{MARK}-Pia": Role.MEMBER}
SDP = f"v=0\r\na=ice-ufrag:{MARK}Ufrag\r\na=ice-pwd:{MARK}Password\r\n"


def contents(folder: Path) -> bytes:
    """Of all files, one after another."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_nothing_of_a_session_is_logged_counted_or_kept(server, tmp_path, monkeypatch, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    _, invited = await planned(server, PEOPLE, title=f"{MARK}-Title")
    ada, pia = (Visitor(server.origin, one) for one in invited.values())
    told = ""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        await ada.come()
        await pia.come(f"{MARK}-Shown")
        await ada.sees(lambda room: room["door"])
        await ada.do("AdmitEveryone")
        await ada.do("OpenSession")
        await ada.send("line", {"text": f"{MARK}-Line"})
        for message in ({"sdp": SDP}, {"sdp": SDP, MARK: MARK}, MARK):
            await ada.send("offer", message)
            await pia.send("command", message)
        await pia.do(f"{MARK}-Do")
        await pia.do("Admit", person=f"{MARK}-Person")
        await pia.do("NextPhase", **{MARK: MARK})

        async def crashes(*_anything: object) -> None:
            raise RuntimeError(f"{MARK}-Crash")

        with monkeypatch.context() as broken:
            broken.setattr(Room, "obey", crashes)
            assert await ada.do("Hold") == {"error": "server_error"}
        for path in (f"/{MARK}", f"/room/{MARK}-Room", f"/join?secret={MARK}", f"/static/{MARK}.js"):
            async with http.get(server.origin + path, headers={"Cookie": f"{MARK}={MARK}"}) as answer:
                told += await answer.text()
        async with http.post(f"{server.origin}/join", json={"secret": f"{MARK}-Secret"}) as answer:
            told += await answer.text()
        async with http.get(f"http://127.0.0.1:{server.metrics_port}/metrics") as answer:
            told += await answer.text()
        await ada.do("EndSession")
        await ada.close()
        await pia.close()
    await server.close()

    printed = capfd.readouterr()
    paths = [
        record for record in caplog.records if record.name != "aiohttp.access"
    ]  # what a stranger asks for is theirs
    said = told + printed.out + printed.err + "".join(map(str, (record.getMessage() for record in paths)))
    for secret in (MARK, *(one.secret for one in invited.values()), *(one.person for one in invited.values())):
        assert secret not in said
    assert "Traceback" not in said
    kept = contents(tmp_path)
    for never in ("Title", "Line", "Ufrag", "Password", "Crash", "Do", "Person", "Room", "Secret"):
        assert f"{MARK}-{never}".encode() not in kept
        assert f"{MARK}{never}".encode() not in kept
    assert not any(one.secret.encode() in kept for one in invited.values())
