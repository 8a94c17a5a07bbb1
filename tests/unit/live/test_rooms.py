"""Rooms: opened once, also when many come, and again when opening has failed."""

import asyncio

import pytest
from tests.support.group import NOON, evening
from tests.unit.live.test_room import Rig

from ascona.core import commands as c
from ascona.core.evolve import evolve
from ascona.live.room import Room
from ascona.live.rooms import Rooms


class Shelf:
    """Sessions as recorded; `broken` while they cannot be read."""

    def __init__(self) -> None:
        self.loaded = 0
        self.broken = False

    async def load(self, id: str) -> Room | None:
        await asyncio.sleep(0)
        if self.broken:
            raise ConnectionError
        if id != "s1":
            return None
        self.loaded += 1
        rig = Rig()
        return Room(evening().session, "", rig, rig, rig, lambda: NOON)


class Slow(Rig):
    """A journal that has written nothing until it may go on."""

    async def append(self, session, records):
        self.reached.set()
        await self.may_go_on.wait()
        await super().append(session, records)


async def test_a_room_is_opened_once_however_many_come():
    shelf = Shelf()
    rooms = Rooms(shelf.load, lambda _id: None)

    found = await asyncio.gather(*(rooms.get("s1") for _ in range(9)))

    assert len(set(map(id, found))) == shelf.loaded == 1
    await rooms.close()


async def test_whoever_asks_for_a_room_that_is_being_closed_gets_one_that_knows_its_last_command():
    rig = Slow()
    first = evening().session

    async def load(_id: str) -> Room:
        session = first
        for record in rig.records:
            session = evolve(session, record.event, record.by)
        return Room(session, "", rig, rig, rig, lambda: NOON)

    rooms = Rooms(load, lambda _id: None)
    room = await rooms.get("s1")
    assert room
    rig.may_go_on.clear()
    last = asyncio.create_task(room.obey(c.NextPhase(), "ada", room.session.version, "key-one-1"))
    await rig.reached.wait()

    closing, asking = asyncio.create_task(rooms.close()), asyncio.create_task(rooms.get("s1"))
    rig.may_go_on.set()
    await asyncio.gather(last, closing)

    again = await asking
    assert again
    assert again is not room
    assert again.session.version == room.session.version
    assert rig.plans[-1].version == room.session.version
    await again.close()


async def test_a_room_that_is_not_there_is_not_there_for_anybody():
    rooms = Rooms(Shelf().load, lambda _id: None)

    assert await asyncio.gather(*(rooms.get("nowhere") for _ in range(3))) == [None, None, None]


async def test_a_room_that_could_not_be_opened_is_opened_later():
    shelf = Shelf()
    rooms = Rooms(shelf.load, lambda _id: None)
    shelf.broken = True
    with pytest.raises(ConnectionError):
        await rooms.get("s1")
    shelf.broken = False

    assert await rooms.get("s1") is not None
    await rooms.close()


async def test_a_room_nobody_needs_is_let_go_and_can_be_opened_again():
    shelf, unloaded = Shelf(), []
    rooms = Rooms(shelf.load, unloaded.append)
    first = await rooms.get("s1")

    await rooms.forget("s1")
    await rooms.forget("never there")

    assert unloaded == ["s1"]
    assert await rooms.get("s1") is not first
    await rooms.close()
