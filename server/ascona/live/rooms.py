"""All rooms of this process: opened from the journal when first needed, closed at the end."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator

from ascona.live.room import Room


class Rooms:
    """Rooms by id. A room is opened once, however many people come at the same moment."""

    def __init__(self, load: Callable[[str], Awaitable[Room | None]], unload: Callable[[str], None]) -> None:
        """
        Args:
            load: Rebuilds a room from what is recorded; None if there is none of that id.
            unload: Lets go of what `load` took besides the room.
        """
        self._load = load
        self._unload = unload
        self._rooms: dict[str, Room] = {}
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def __iter__(self) -> Iterator[Room]:
        """The rooms in memory now."""
        return iter(list(self._rooms.values()))

    def __contains__(self, id: str) -> bool:
        """Whether a room is in memory now."""
        return id in self._rooms

    async def get(self, id: str) -> Room | None:
        """The room, opened; None if there is none of that id."""
        async with self._opening[id]:
            if id not in self._rooms:
                room = await self._load(id)
                if room is None:
                    self._opening.pop(id, None)
                    return None
                await room.open()
                self._rooms[id] = room
        return self._rooms[id]

    async def forget(self, id: str) -> None:
        """Let go of a room that nobody needs; it can be opened again."""
        async with self._opening[id]:
            room = self._rooms.pop(id, None)
            if room is not None:
                await room.close()
                self._unload(id)
            self._opening.pop(id, None)

    async def close(self) -> None:
        """Close all rooms; their sessions go on where they stand when they are opened again."""
        for id, room in list(self._rooms.items()):
            async with self._opening[id]:  # whoever asks for it meanwhile gets one that knows all of it
                await room.close()
                self._rooms.pop(id, None)
