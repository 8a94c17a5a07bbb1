"""A used link in other hands: worth the door and nothing more, however its owner is, until somebody presses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import aioice
import pytest

from ascona import app
from ascona.core.lines import PLACE_KEPT
from ascona.core.people import Place
from ascona.live import seats
from tests.integration.test_evening import GROUP, with_pia_presenting
from tests.support.media import Client, loopback_addresses, until
from tests.support.server import Visitor, started

FANTASIES = 4  # step of the programme: the presenter sits back
SLOTS = 2
ASKS = ({}, {"move": True}, {"sound": True}, {"move": True, "sound": True})
"""Every way to ask for a place."""

ORDERS = ("NextPhase", "EndSession", "SitBack", "ComeBack", "Lock", "AdmitEveryone", "TakeWord", "AgreeToPresent")


@dataclass
class Evening:
    """A session in which Pia presents; `owner` is whose link somebody else holds."""

    server: app.Server
    people: dict[str, Visitor]
    owner: Visitor

    @property
    def id(self) -> str:
        return self.owner.invited.person

    async def room(self):
        room = await self.server.rooms.get(self.owner.id)
        assert room
        return room

    async def goes_away(self) -> None:
        await self.owner.hang_up()
        room = await self.room()
        await until(lambda: self.id not in room.session.present)


async def inside(evening: Evening) -> None:
    """As everybody is."""


async def away(evening: Evening) -> None:
    await evening.goes_away()


async def sitting_back(evening: Evening) -> None:
    assert await evening.people["Ada"].do("GoToPhase", step=FANTASIES) == {}


async def sitting_back_and_away(evening: Evening) -> None:
    await sitting_back(evening)
    await evening.goes_away()


async def away_for_long(evening: Evening) -> None:
    await evening.goes_away()
    room = await evening.room()
    long_ago = room.now() - PLACE_KEPT - timedelta(minutes=1)
    room.session = replace(room.session, lost=((evening.id, long_ago),))


async def kept_at_the_door(evening: Evening) -> None:
    await away_for_long(evening)
    assert await evening.owner.come() == {}
    await evening.people["Ada" if evening.owner is not evening.people["Ada"] else "Ben"].sees(
        lambda room: any(one["was_here"] for one in room["door"])
    )


async def with_a_telephone(evening: Evening) -> None:
    phone = Visitor(evening.owner.origin, evening.owner.invited)
    evening.people["the telephone"] = phone
    await phone.sign_in()
    await phone.connect()
    assert await phone.do("Knock", name="Max", sound=True) == {}
    asks = (await evening.owner.sees(lambda room: room["me"]["device_asks"]))["me"]["device_asks"]
    assert await evening.owner.do("AllowDevice", browser=asks["browser"]) == {}
    await phone.sees(lambda room: room["me"]["carries"] == "sound")


async def signed_out(evening: Evening) -> None:
    headers = {"Cookie": evening.owner.cookie, "Origin": evening.server.origin}
    assert evening.owner.http
    async with evening.owner.http.post(f"{evening.server.origin}/room/{evening.owner.id}/sign-out", headers=headers):
        pass
    room = await evening.room()
    await until(lambda: evening.id not in room.session.present)


async def has_left(evening: Evening) -> None:
    assert await evening.owner.do("Leave") == {}
    await evening.owner.hang_up()


State = Callable[[Evening], Awaitable[None]]
STATES: dict[tuple[str, str], State] = {
    ("Max", "inside"): inside,
    ("Max", "away"): away,
    ("Max", "away for ten minutes"): away_for_long,
    ("Max", "kept at the door"): kept_at_the_door,
    ("Max", "with a telephone"): with_a_telephone,
    ("Max", "signed out"): signed_out,
    ("Max", "has left"): has_left,
    ("Pia", "sitting back"): sitting_back,
    ("Pia", "sitting back, away"): sitting_back_and_away,
    ("Ada", "inside"): inside,
    ("Ada", "away"): away,
    ("Ada", "away for ten minutes"): away_for_long,
    ("Ada", "signed out"): signed_out,
    ("Ada", "has left"): has_left,
    ("Ben", "away"): away,
    ("Eve", "inside"): inside,
}


@pytest.fixture
async def group(server, gather, monkeypatch):
    monkeypatch.setattr(seats, "LINE_PATIENCE_SECONDS", 0.0)
    people = await gather(GROUP)
    await with_pia_presenting(people)
    yield server, people
    for one in people.values():
        await one.close()


async def stolen(owner: Visitor) -> Visitor:
    """The same link, in a browser of its own."""
    thief = Visitor(owner.origin, owner.invited)
    await thief.sign_in()
    return thief


async def gets_nothing(evening: Evening, thief: Visitor) -> None:
    """Neither a line nor a word, whatever is sent by hand."""
    before = evening.server.media.connected(evening.owner.id)
    assert await thief.send("offer", {"sdp": "v=0"}) == {"refused": "not_inside"}
    assert await thief.send("line", {"text": "Stop"}) == {"refused": "leaders_only"}
    for do in ORDERS:
        assert "refused" in await thief.do(do), do
    assert "refused" in await thief.do("AllowDevice", browser="")
    await thief.send("devices", {"microphone": True, "camera": True})
    assert evening.server.media.connected(evening.owner.id) == before
    if thief.room:
        assert thief.room["me"]["place"] in {"door", "invited"}
        assert [thief.room[what] for what in ("people", "title", "version", "phase")] == [[], "", 0, "lobby"]


@pytest.mark.parametrize("state", STATES, ids=lambda state: ", ".join(state))
async def test_a_used_link_is_worth_the_door_however_its_owner_is(group, state):
    server, people = group
    evening = Evening(server, people, people[state[0]])
    await STATES[state](evening)
    room = await evening.room()
    before = room.session.person(evening.id), room.session.present, dict(room.turned_on), dict(room.by_phone)
    thief = await stolen(evening.owner)

    for ask in ASKS:
        await thief.connect()
        await thief.do("Knock", name="Another name", **ask)
        await gets_nothing(evening, thief)
        await thief.hang_up()

    if before[0].place is Place.INSIDE:
        assert before == (room.session.person(evening.id), room.session.present, room.turned_on, room.by_phone)
    await thief.close()
    if state[1] == "with a telephone":
        await people["the telephone"].close()


@pytest.mark.parametrize("state", [("Max", "inside"), ("Pia", "sitting back"), ("Ada", "inside")], ids=", ".join)
async def test_one_press_in_the_window_that_is_inside_lets_another_device_in_and_everybody_reads_it(
    group, state, monkeypatch
):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    server, people = group
    evening = Evening(server, people, people[state[0]])
    await STATES[state](evening)
    phone = await stolen(evening.owner)
    await phone.connect()
    assert await phone.do("Knock", name=state[0], move=True) == {}
    asks = (await evening.owner.sees(lambda room: room["me"]["device_asks"]))["me"]["device_asks"]
    assert (await phone.sees(lambda room: True))["me"]["code"] == asks["code"]
    assert await evening.owner.do("AllowDevice", browser="another") == {"refused": "nobody_there"}

    assert await evening.owner.do("AllowDevice", browser=asks["browser"]) == {}

    await phone.sees(lambda room: room["me"]["place"] == "inside")
    await until(lambda: evening.owner.elsewhere)
    for name, one in people.items():
        if one is not evening.owner:
            assert (await one.reads("place_elsewhere"))["values"] == {"name": state[0]}, name
    client = Client(SLOTS)
    assert "sdp" in await phone.send("offer", {"sdp": await client.offer()})
    await client.close()
    assert await evening.owner.do("Knock", name=state[0], move=True) == {}, (
        "both are let in once, and move as they like"
    )
    await phone.close()


async def test_a_leader_lets_another_device_of_somebody_in_at_the_door_and_may_say_no(group):
    server, people = group
    evening = Evening(server, people, people["Max"])
    ada, ben = people["Ada"], people["Ben"]
    await away(evening)
    phone = await stolen(evening.owner)
    await phone.connect()
    assert await phone.do("Knock", name="Max") == {}
    [waits] = (await ada.sees(lambda room: room["door"]))["door"]
    assert (waits["name"], waits["device"]) == ("Max", phone.room["me"]["code"])
    assert (await ben.reads("device_asks"))["values"] == {"name": "Max"}

    assert await ada.do("TurnAway", person=evening.id) == {}
    assert (await phone.sees(lambda room: room["me"]["place"] == "invited"))["me"]["stance"] == "device_refused"
    assert await phone.do("Knock", name="Max") == {}
    await ada.sees(lambda room: room["door"])
    assert await ada.do("Admit", person=evening.id, browser="whichever was there before") == {
        "refused": "stale_version"
    }

    assert await ada.do("Admit", person=evening.id, browser=waits["browser"]) == {}

    await phone.sees(lambda room: room["me"]["place"] == "inside")
    await phone.close()


async def test_a_leader_whose_browser_is_gone_for_good_comes_in_by_a_new_link(group):
    server, people = group
    evening = Evening(server, people, people["Ada"])
    await signed_out(evening)
    another = await stolen(people["Ada"])
    await another.connect()
    assert await another.do("Knock", name="Ada") == {}
    assert (await another.sees(lambda room: True))["me"]["stance"] == "device_asks"

    renewed = await server.invitations.revoke(people["Ada"].invited.secret)
    await until(lambda: not another.socket.connected)

    again = Visitor(another.origin, renewed)
    assert await again.come() == {}
    await again.sees(lambda room: room["me"]["place"] == "inside")
    await again.close()
    await another.close()


async def test_after_a_restart_whoever_was_let_in_comes_back_and_nobody_else_does(
    tmp_path, gather, server, monkeypatch
):
    people = await gather(GROUP)
    await with_pia_presenting(people)
    await server.close()
    restarted = await started(tmp_path)
    evening = Evening(restarted, people, people["Max"])
    for one in people.values():
        one.origin = restarted.origin
    thief = await stolen(people["Max"])
    await thief.connect()

    await thief.do("Knock", name="Max")
    await gets_nothing(evening, thief)

    people["Max"].room = {}
    assert await people["Max"].come() == {}
    await people["Max"].sees(lambda room: room["me"]["place"] == "inside")
    await gets_nothing(evening, thief)
    await thief.close()
    for one in people.values():
        await one.close()
    await restarted.close()


async def test_a_scanner_that_opens_a_link_and_never_asks_to_come_in_raises_no_alarm_and_takes_nothing(gather):
    people = await gather(GROUP)
    scanners = [await stolen(people[name]) for name in ("Ada", "Max")]
    for scanner in scanners:
        await scanner.connect()
    assert await people["Ada"].come() == {}
    await people["Ada"].sees(lambda room: room["me"]["place"] == "inside")

    assert await people["Max"].come() == {}

    [waits] = (await people["Ada"].sees(lambda room: room["door"]))["door"]
    assert (waits["again"], waits["device"]) == (False, None)
    assert not {"link_again", "device_asks"} & {notice["key"] for notice in people["Ada"].notices}
    for scanner in scanners:
        await scanner.close()
