"""Whoever is inside is told of the relays there are, with a password that says nothing of who it is for."""

import json
import re

from tests.support.server import Visitor, planned, started

from ascona.core.people import Role

TURN = {"turn_url": "turns:turn.example.org:443?transport=tcp", "turn_secret": "north"}


async def asked(server, visitor: Visitor) -> tuple[int, dict]:
    """What somebody's browser is told of relays."""
    address = f"{server.origin}/room/{visitor.id}/relays"
    async with visitor.http.get(address, headers={"Cookie": cookie(visitor)}) as answer:
        return answer.status, await answer.json()


def cookie(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


async def test_relays_are_told_with_a_password_to_whoever_is_inside_and_to_nobody_before(tmp_path):
    server = await started(tmp_path, **TURN)
    _, invited = await planned(server, {"Ada": Role.LEADER, "Pia": Role.MEMBER})
    ada, pia = (Visitor(server.origin, invited[name]) for name in ("Ada", "Pia"))
    await ada.come()
    await pia.sign_in()
    assert await asked(server, pia) == (403, {"error": "not_inside"})
    await pia.come()
    assert await asked(server, pia) == (403, {"error": "not_inside"})
    async with pia.http.get(f"{server.origin}/room/{pia.id}", headers={"Cookie": cookie(pia)}) as page:
        assert "turns:" not in await page.text()

    await ada.sees(lambda room: room["door"])
    await ada.do("AdmitEveryone")

    for one in (ada, pia):
        status, told = await asked(server, one)
        [relay] = told["ice"]
        assert status == 200
        assert relay["urls"] == ["turns:turn.example.org:443?transport=tcp"]
        assert re.fullmatch(r"\d{10}:\d+", relay["username"])
        assert len(relay["credential"]) == 28
        assert "north" not in json.dumps(relay)
        await one.close()
    await server.close()


async def test_mostly_there_are_none(tmp_path):
    server = await started(tmp_path)
    _, invited = await planned(server, {"Ada": Role.LEADER})
    ada = Visitor(server.origin, invited["Ada"])
    await ada.come()

    assert await asked(server, ada) == (200, {"ice": []})
    async with ada.http.get(f"{server.origin}/room/{ada.id}", headers={"Cookie": cookie(ada)}) as page:
        assert json.loads(re.search(r'id="page">(.*?)</script>', await page.text(), re.DOTALL)[1])["relays"] is False
    await ada.close()
    await server.close()
