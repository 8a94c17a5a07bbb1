"""A page tells its browser of the relays there are, with a password that says nothing of who it is for."""

import json
import re

from tests.support.server import Visitor, planned, started

from ascona.core.people import Role


async def page_of_ada(server) -> dict:
    _, invited = await planned(server, {"Ada": Role.LEADER})
    ada = Visitor(server.origin, invited["Ada"])
    await ada.sign_in()
    async with ada.http.get(f"{server.origin}/room/{ada.id}", headers={"Cookie": cookie(ada)}) as answer:
        text = await answer.text()
    await ada.close()
    return json.loads(re.search(r'id="page">(.*?)</script>', text, re.DOTALL)[1])


def cookie(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


async def test_relays_are_told_with_a_password(tmp_path):
    server = await started(tmp_path, turn_url="turns:turn.example.org:443?transport=tcp", turn_secret="north")  # noqa: S106
    [relay] = (await page_of_ada(server))["ice"]
    await server.close()

    assert relay["urls"] == ["turns:turn.example.org:443?transport=tcp"]
    assert re.fullmatch(r"\d{10}:\d+", relay["username"])
    assert len(relay["credential"]) == 28
    assert "north" not in json.dumps(relay)


async def test_mostly_there_are_none(tmp_path):
    server = await started(tmp_path)
    page = await page_of_ada(server)
    await server.close()

    assert page["ice"] == []
