"""Violations planted in a real server: each is counted, shut, and said to the room."""

import re
from dataclasses import replace

import aiohttp
import aioice
import pytest
from tests.integration.test_evening import with_pia_presenting
from tests.support.media import Client, loopback_addresses, until

from ascona.core.media_plan import Kind, Route
from ascona.core.people import Role
from ascona.live.room import Room

PEOPLE = {"Ada": Role.LEADER, "Ben": Role.CO_LEADER, "Pia": Role.MEMBER, "Max": Role.MEMBER}
FANTASIES = 4  # its step; the presenter sits back
SLOTS = 8


class Group:
    """Pia sits back; she and Max have sound and picture."""

    def __init__(self, server, people, clients):
        self.server, self.people, self.clients = server, people, clients
        self.ids = {name: visitor.room["me"]["person"] for name, visitor in people.items()}

    @property
    def room(self) -> Room:
        return next(iter(self.server.rooms))

    @property
    def place(self):
        """The room in the media plane."""
        return self.server.media._rooms[self.room.session.id]

    def connection(self, name):
        return self.place.people[self.ids[name]].connection

    async def found(self, invariant: str) -> None:
        """Wait until somebody has looked and found this."""
        self.server.watch.look(self.room)
        await until(lambda: self.server.watch.violations[invariant] > 0)
        await until(lambda: not self.server.watch._looking)


@pytest.fixture
async def group(server, gather, monkeypatch):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", loopback_addresses)
    people = await gather(PEOPLE)
    await with_pia_presenting(people)
    clients = {}
    for name in ("Pia", "Max"):
        client = clients[name] = Client(SLOTS)
        await client.accept((await people[name].send("offer", {"sdp": await client.offer()}))["sdp"])
        await until(lambda client=client: client.connection.connectionState == "connected")
    assert await people["Ada"].do("GoToPhase", step=FANTASIES) == {}
    yield Group(server, people, clients)
    for client in clients.values():
        await client.close()


async def violations(server) -> dict[str, float]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{server.metrics_port}/metrics") as answer,
    ):
        lines = re.findall(
            r'^ascona_invariant_violations_total\{invariant="(\w+)"\} (\S+)$', await answer.text(), re.MULTILINE
        )
    return {name: float(count) for name, count in lines}


async def test_a_room_that_is_well_raises_no_alarm(group):
    group.server.watch.look(group.room)
    await until(lambda: not group.server.watch._looking)

    assert await violations(group.server) == {"forwarding": 0, "places": 0, "receivers": 0, "version": 0}


@pytest.mark.parametrize("kind", Kind)
async def test_a_gate_opened_behind_the_plan_is_shut_again(group, kind):
    seat = next(chair["seat"] for chair in group.people["Ada"].room["people"] if chair["name"] == "Pia")
    output = group.connection("Max").outputs[seat, kind]

    group.connection("Pia").publisher.admit(output, 0.0)
    await group.found("forwarding")

    assert (await violations(group.server))["forwarding"] == 1
    leak = Route(group.ids["Pia"], group.ids["Max"], kind)
    assert leak not in {route for route, _ in group.place.wiring().open}
    await group.people["Max"].reads("put_right")
    assert group.people["Max"].room["phase"] == "fantasies"


async def test_whoever_receives_without_being_on_the_screens_is_shown_to_all(group):
    group.room.shown -= {group.ids["Pia"]}

    await group.found("receivers")

    assert group.room.shown == group.room.session.present
    await until(lambda: group.ids["Pia"] in {route.receiver for route, _ in group.place.wiring().open})


async def test_a_line_of_somebody_who_is_not_in_the_room_is_closed(group):
    hidden = Client(SLOTS)
    await hidden.accept(await group.server.media.answer(group.room.session.id, "stranger", await hidden.offer()))

    await until(lambda: hidden.connection.connectionState == "connected" or "stranger" not in group.place.people)
    await group.found("receivers")

    await until(lambda: "stranger" not in group.place.people)
    await hidden.close()


async def test_somebody_who_is_here_twice_keeps_one_place(group):
    namespace = group.room._audience
    [max_] = [one for one in namespace._attendance.connections.values() if one.person == group.ids["Max"]]
    namespace._attendance.connections["second"] = replace(max_, sid="second")

    await group.found("places")

    assert sorted(seat.line for seat in namespace.sitting(group.room)) == sorted(group.ids.values())
    assert max_.knocked
    del namespace._attendance.connections["second"]


async def test_a_room_ahead_of_its_journal_starts_over_from_what_is_recorded(group):
    before = group.room
    recorded = before.session
    before.session = replace(recorded, version=recorded.version + 1, back=False)

    await group.found("version")
    ada = group.people["Ada"]
    await ada.reads("gates_shut")
    await until(lambda: before not in list(group.server.rooms))

    ada.room = {}
    assert await ada.come() == {}
    room = await ada.sees(lambda room: room["phase"] == "fantasies")
    assert room["version"] == recorded.version
    assert group.room.session.back
