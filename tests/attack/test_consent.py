"""A hand-made client that does not agree: no sound and no picture reach it or come from it, whatever it sends."""

import aioice
import pytest

from ascona import app
from ascona.core.events import Agreed, Event
from ascona.core.people import Place
from ascona.settings import Settings
from ascona.storage.journal import Journal
from tests.integration.test_evening import GROUP
from tests.support.media import Client, loopback_addresses, until
from tests.support.server import Visitor

KNOCKS = ({}, {"move": True}, {"sound": True}, {"microphone": True, "camera": True}, {"agreed": False})
"""Every way to knock without saying that one agrees."""


@pytest.fixture
async def visitors(gather, monkeypatch):
    """Max, connected by hand, at a session in a phase in which he would be heard and seen; and Ada, who leads it."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    people = await gather(GROUP)
    ada, max_ = people["Ada"], people["Max"]
    assert await ada.come() == {}
    assert await ada.do("OpenSession") == {}
    await max_.sign_in()
    await max_.connect()
    return ada, max_


@pytest.fixture
async def recorded(server, where):
    """Reads what is recorded of a visitor's session, beside the server."""
    database = await app.open_database(Settings(**where))

    async def read(visitor: Visitor) -> list[Event]:
        return [record.event for record in await Journal(database).history(visitor.id)]

    yield read
    await database.close()


async def test_without_agreement_nothing_flows_whatever_is_sent(server, recorded, visitors):
    ada, max_ = visitors
    id, client = max_.invited.person, Client(1)
    before = await recorded(max_)
    offer = {"sdp": await client.offer()}
    for knock in KNOCKS:
        reason = "not_inside" if "sound" in knock else "not_agreed"
        assert await max_.do("Knock", name="Max", **knock) == {"refused": reason}
        assert await max_.send("offer", offer) == {"refused": "not_inside"}
        assert "refused" in await max_.do("TakeWord")
        await max_.send("devices", {"microphone": True, "camera": True})
        await max_.socket.emit("shows", {"heights": [720]})
    assert await max_.do("Knock", name="Max", agreed="yes") == {"error": "bad_message"}
    assert await ada.do("Admit", person=id) == {"refused": "nobody_there"}
    await ada.do("AdmitEveryone")

    room = await server.rooms.get(max_.id)
    assert room.session.person(id).place is Place.INVITED
    assert not any(id in (route.sender, route.receiver) for route in room.plan.routes)
    assert id not in server.media.connected(max_.id)
    assert max_.room == {}
    assert await recorded(max_) == before
    await client.close()


async def test_agreement_is_in_the_journal_when_the_first_sound_may_flow(server, recorded, visitors):
    ada, max_ = visitors
    id = max_.invited.person
    assert await max_.do("Knock", name="Max", agreed=True) == {}
    assert Agreed(id) in await recorded(max_)
    assert await ada.do("Admit", person=id) == {}
    await max_.sees(lambda room: room["me"]["place"] == "inside")
    client = Client(1)

    await client.accept((await max_.send("offer", {"sdp": await client.offer()}))["sdp"])

    await until(lambda: id in server.media.connected(max_.id))
    assert (await recorded(max_)).count(Agreed(id)) == 1
    await client.close()
