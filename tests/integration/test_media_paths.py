"""Every path in: IPv6, and TCP where UDP does not reach; over real sockets, with a second implementation."""

import socket

import aioice
import pytest
from tests.support.funnel import funnel
from tests.support.media import ROOM, Client, people, plan

from ascona.core.media_plan import Kind
from ascona.media.switchboard import Switchboard


def candidates(answer: str) -> list[list[str]]:
    return [line.split(" ") for line in answer.splitlines() if line.startswith("a=candidate")]


async def test_who_comes_by_tcp_and_who_comes_by_udp_hear_and_see_each_other(switchboard):
    ada = Client(2)
    async with funnel(switchboard.port) as way, people(switchboard, "ben") as (ben,):
        await way.join(switchboard, ada, "ada", ROOM)
        await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))
        for kind in Kind:
            await ben.frame(0, kind)
            await ada.frame(1, kind)

        assert min(way.frames) > 5
        await ada.close()


async def test_a_lost_tcp_connection_is_taken_up_by_another(switchboard):
    ada, ben = Client(2), Client(2)
    async with people(switchboard, "cy") as (cy,):
        for client, name in ((ada, "ada"), (ben, "ada")):
            async with funnel(switchboard.port) as way:
                await way.join(switchboard, client, name, ROOM)
                await switchboard.follow(ROOM, plan(("ada", "cy"), ada=0))
                await cy.frame(0, Kind.AUDIO)
        await ada.close()
        await ben.close()


async def test_the_ways_by_tcp_are_told_behind_those_by_udp():
    switchboard = await Switchboard.listening("127.0.0.1", 0, [("198.51.100.7", 4443), ("2001:db8::7", 0)])
    switchboard.open_room(ROOM, 2)
    client = Client(0)
    told = candidates(await switchboard.answer(ROOM, "ada", await client.offer()))
    await client.close()
    await switchboard.close()

    assert [one[2:3] + one[4:6] for one in told] == [
        ["udp", "198.51.100.7", "4443"],
        ["udp", "2001:db8::7", str(switchboard.port)],
        ["tcp", "198.51.100.7", "4443"],
        ["tcp", "2001:db8::7", str(switchboard.port)],
    ]
    assert [one[-2:] for one in told] == [["typ", "host"]] * 2 + [["tcptype", "passive"]] * 2
    priorities = [int(one[3]) for one in told]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len({one[0] for one in told}) == 4


async def test_where_another_program_has_the_number_by_tcp_there_is_udp():
    with socket.create_server(("127.0.0.1", 0)) as pages:
        switchboard = await Switchboard.listening("127.0.0.1", pages.getsockname()[1])
    switchboard.open_room(ROOM, 2)
    client = Client(0)
    told = candidates(await switchboard.answer(ROOM, "ada", await client.offer()))
    await client.close()
    await switchboard.close()

    assert (switchboard.streams, [one[2] for one in told]) == (False, ["udp"])


@pytest.mark.parametrize("host", ["::1", "::"])
async def test_people_come_by_ipv6(monkeypatch, host):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["::1"])
    try:
        switchboard = await Switchboard.listening(host, 0, [("::1", 0)])
    except OSError:
        pytest.skip("this machine has no IPv6")
    switchboard.open_room(ROOM, 2)
    async with people(switchboard, "ada", "ben") as (_, ben):
        await switchboard.follow(ROOM, plan(("ada", "ben"), ada=0))
        for kind in Kind:
            await ben.frame(0, kind)
    await switchboard.close()


async def test_one_port_takes_both_families_and_each_learns_its_own_address(monkeypatch):
    try:
        switchboard = await Switchboard.listening("::", 0, [("::1", 0), ("127.0.0.1", 0)])
    except OSError:
        pytest.skip("this machine has no IPv6")
    switchboard.open_room(ROOM, 2)
    clients = [Client(2), Client(2)]
    for client, name, address in zip(clients, ("ada", "ben"), ("::1", "127.0.0.1"), strict=True):
        monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6, own=address: [own])
        await client.join(switchboard, name)
    await switchboard.follow(ROOM, plan(("ada", "ben"), ("ben", "ada"), ada=0, ben=1))
    await clients[1].frame(0, Kind.AUDIO)
    await clients[0].frame(1, Kind.AUDIO)
    for client in clients:
        await client.close()
    await switchboard.close()
