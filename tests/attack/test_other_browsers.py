"""A used link in other hands: worth the door and nothing more, however its owner is, until somebody presses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import aioice
import pytest

from ascona import app
from ascona.core.lines import PLACE_KEPT
from ascona.core.people import Place, Role
from ascona.core.rights import Refused
from ascona.live import doorbell, seats
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


async def test_a_leader_lets_another_device_of_somebody_in_at_the_door_and_may_say_no(group, monkeypatch):
    monkeypatch.setattr(doorbell, "REFUSED_SECONDS", 0.0)
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


async def asking(owner: Visitor, name: str = "", **how: bool) -> Visitor:
    """Another browser that asks to come in as this person."""
    other = await stolen(owner)
    await other.connect()
    assert await other.do("Knock", name=name or owner.invited.name, **(how or {"move": True})) == {}
    await other.sees(lambda room: room["me"]["place"] == "door")
    return other


async def asked_of(owner: Visitor) -> dict[str, object]:
    return (await owner.sees(lambda room: room["me"]["device_asks"]))["me"]["device_asks"]


async def test_a_press_from_before_the_question_lets_nobody_in(group):
    _, people = group
    owner, ada = people["Max"], people["Ada"]
    read = owner.room["version"]
    thief = await asking(owner)
    question = await asked_of(owner)
    [waits] = (await ada.sees(lambda room: room["door"]))["door"]
    browser = question["browser"]

    assert question["since"] == waits["since"] > read
    assert await owner.do("AllowDevice", browser=browser, seen=read) == {"refused": "stale_version"}
    assert await ada.do("Admit", person=owner.invited.person, browser=browser, seen=read) == {
        "refused": "stale_version"
    }
    await thief.close()


async def test_a_thief_does_not_stand_where_the_owners_telephone_asks(group):
    _, people = group
    owner = people["Max"]
    phone = await asking(owner)
    question = await asked_of(owner)
    thief = await stolen(owner)
    await thief.connect()

    assert await thief.do("Knock", name="Max", move=True) == {"refused": "another_waits"}

    assert owner.room["me"]["device_asks"] == question
    assert await owner.do("AllowDevice", browser=question["browser"]) == {}
    await phone.sees(lambda room: room["me"]["place"] == "inside")
    await phone.close()
    await thief.close()


async def test_a_question_goes_with_the_browser_that_asked_it(group):
    _, people = group
    owner, ada = people["Max"], people["Ada"]
    thief = await asking(owner)
    await asked_of(owner)

    assert await thief.do("Knock", name="Max") == {"refused": "already_here"}

    await owner.sees(lambda room: not room["me"]["device_asks"])
    await ada.sees(lambda room: not room["door"])
    await thief.close()


async def test_a_window_that_was_refused_does_not_come_in_when_another_of_that_browser_is_let_in(group, monkeypatch):
    monkeypatch.setattr(doorbell, "REFUSED_SECONDS", 0.0)
    server, people = group
    owner, ada = people["Max"], people["Ada"]
    first = await asking(owner)
    assert await owner.do("RefuseDevice", browser=(await asked_of(owner))["browser"]) == {}
    await first.sees(lambda room: room["me"]["place"] == "invited")
    second = Visitor(owner.origin, owner.invited, cookies=first.cookies, id=first.id)
    await second.connect()
    await has_left(Evening(server, people, owner))
    assert await second.do("Knock", name="Max") == {}
    await ada.sees(lambda room: room["door"])

    assert await ada.do("Admit", person=owner.invited.person) == {}

    await second.sees(lambda room: room["me"]["place"] == "inside")
    assert await second.do("Knock", name="Max") == {}, "it has the place still"
    assert not second.elsewhere
    await first.close()
    await second.close()


async def test_after_a_no_a_copy_of_the_link_that_signs_in_anew_is_not_heard_for_a_while(group, monkeypatch):
    monkeypatch.setattr(doorbell, "REFUSED_SECONDS", 3600.0)
    monkeypatch.setattr(doorbell, "REFUSED_SECONDS_LIMIT", 3600.0)
    _, people = group
    owner = people["Ada"]
    thief = await asking(owner)
    assert await owner.do("RefuseDevice", browser=(await asked_of(owner))["browser"]) == {}
    again = await stolen(owner)
    await again.connect()

    assert await again.do("Knock", name="Ada", move=True) == {"refused": "too_fast"}

    assert owner.room["me"]["device_asks"] is None
    await thief.close()
    await again.close()


async def test_a_copy_of_the_link_at_the_door_shuts_its_owner_neither_out_nor_away(gather):
    people = await gather({"Ada": Role.LEADER, "Pia": Role.MEMBER})
    ada, pia = people["Ada"], people["Pia"]
    assert await ada.come() == {}
    assert await pia.come() == {}
    thief = await stolen(pia)
    await thief.connect()

    answers = [await thief.do("Knock", name="Pia", move=True) for _ in range(2 * int(doorbell.KNOCKS_AT_ONCE))]

    assert {answer["refused"] for answer in answers} == {"another_waits", "too_fast"}
    assert await pia.do("Knock", name="Pia") == {}
    assert not pia.elsewhere
    await ada.reads("link_again")
    await ada.sees(lambda room: [one["again"] for one in room["door"]] == [True])
    await thief.close()


@pytest.mark.parametrize("name", ["Ada", "Maximilian"], ids=["taken", "new"])
async def test_a_device_that_was_let_in_comes_in_whatever_name_is_written_in_it(group, name):
    _, people = group
    owner = people["Max"]
    phone = await asking(owner, name)

    assert await owner.do("AllowDevice", browser=(await asked_of(owner))["browser"]) == {}

    assert (await phone.sees(lambda room: room["me"]["place"] == "inside"))["me"]["name"] == "Max"
    await phone.close()


async def test_a_device_that_was_let_in_and_cannot_come_in_reads_why(group, monkeypatch):
    _, people = group
    owner = people["Max"]
    phone = await asking(owner)

    async def full(*_anything: object) -> None:
        raise Refused("server_error")

    monkeypatch.setattr(seats.Seats, "_take_place", full)
    assert await owner.do("AllowDevice", browser=(await asked_of(owner))["browser"]) == {}

    await until(lambda: phone.over == "server_error")
    await phone.close()


async def test_of_two_browsers_of_a_leader_in_the_same_instant_the_slower_takes_nothing(gather):
    people = await gather({"Ada": Role.LEADER, "Pia": Role.MEMBER})
    first = people["Ada"]
    await first.sign_in()
    second = await stolen(first)
    await first.connect()
    await second.connect()

    knocks = [one.do("Knock", name="Ada", move=True, agreed=True) for one in (first, second)]
    assert await asyncio.gather(*knocks) == [{}, {}]

    await first.sees(lambda room: room["me"]["place"] == "inside" and room["me"]["device_asks"])
    await second.sees(lambda room: room["me"]["place"] == "door")
    assert not first.elsewhere
    await second.close()


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
