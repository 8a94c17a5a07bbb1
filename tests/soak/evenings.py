"""One evening after another on the same server: phases going on, and people who go and come back all the time."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ascona.core.people import FLOOR_LIMIT
from tests.soak.guest import TRANSIENT, Guest
from tests.support.process import Server
from tests.support.server import PATIENCE_SECONDS

CAST = {
    "--leader": ("Ada",),
    "--co-leader": ("Ben",),
    "--member": ("Pia", "Max", "Cy", "Dee", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim"),
    "--ring": ("Eve", "Rio"),
}
SLOTS = 2 + sum(len(names) for standing, names in CAST.items() if standing != "--ring") + FLOOR_LIMIT
"""Chairs of the circle with two to spare, and the floor's."""

STEPS = 10
"""From the first phase of `ascona-90` to its last."""

EVENING_SECONDS = 1200.0
"""At most: eight hours are many evenings, so that what one leaves behind is seen."""

_TRIES = 12
_RELOADS = 5
_PAUSE_SECONDS = 0.3  # between knocks: a group does not come in one second


@dataclass
class Evenings:
    """
    The people, and what they do.

    Attributes:
        full: Whether everybody is there.
        done: How often what was done.
        missing: Voices that somebody should hear and did not, where that was looked at.
    """

    server: Server
    draw: random.Random
    full: bool = False
    done: Counter[str] = field(default_factory=Counter)
    missing: int = 0
    _guests: dict[str, Guest] = field(default_factory=dict)
    _away: set[str] = field(default_factory=set)

    async def evening(self, seconds: float, joins: int) -> None:
        """One, from the first knock to the end of the session; `joins` people go and come back meanwhile."""
        arguments = [word for standing, names in CAST.items() for name in names for word in (standing, name)]
        invited = await self.server.plan(*arguments)
        self._guests = {
            one["name"]: Guest(self.server.origin, one, number, SLOTS) for number, one in enumerate(invited)
        }
        keeper: asyncio.Task[None] | None = None
        try:
            await self._arrive()
            clock = asyncio.get_running_loop().time
            ends = clock() + seconds
            keeper = asyncio.create_task(self._keep_lines())
            moves = [asyncio.create_task(self._move(self.draw.uniform(0, seconds * 0.9))) for _ in range(joins)]
            for step in range(STEPS):
                await asyncio.sleep(max(0.0, ends - clock() - seconds * (1 - (step + 1) / STEPS)))
                await self._listen()
                await self._lead_on()
            await asyncio.gather(*moves)
            self.full = False
            await self._lead("EndSession")
        finally:
            self.full = False
            if keeper:
                keeper.cancel()
            await asyncio.gather(*(guest.close() for guest in self._guests.values()))
        self.done["evenings"] += 1

    async def _arrive(self) -> None:
        for guest in self._guests.values():
            await self._must(guest.knock)
            await asyncio.sleep(_PAUSE_SECONDS)
        await self._lead("AdmitEveryone")
        for guest in self._guests.values():
            await guest.inside()
        await self._lead("OpenSession")
        await self._present()
        await self._reload()
        self.full = True

    async def _reload(self) -> None:
        """Everybody's page at once: as many connections to the database as it may have are there from then on."""
        for _ in range(_RELOADS):
            await asyncio.gather(*(guest.page() for guest in self._guests.values()))

    async def _present(self) -> None:
        """Pia does, whenever nobody does."""
        ada, pia = self._guests["Ada"], self._guests["Pia"]
        if not any(chair["standing"] == "presenter" for chair in ada.room["people"]) and "Pia" not in self._away:
            await self._ask(ada, "ChoosePresenter", person=pia.room["me"]["person"])
            await self._ask(pia, "AgreeToPresent")  # refused, as the question, where her line has just been lost

    async def _lead_on(self) -> None:
        """The next phase, in a frame that somebody else may just have moved."""
        await self._present()
        answer = await self._ask(self._guests["Ada"], "NextPhase")
        self.done["phases" if answer == {} else f"phase refused: {answer.get('refused')}"] += 1

    async def _listen(self) -> None:
        """Whether everybody who is here, and stays on their connection, hears everybody whom they are shown to hear."""
        here = {name: guest for name, guest in self._guests.items() if name not in self._away}
        before = {name: (guest.heard, Counter(guest.heard)) for name, guest in here.items()}
        await asyncio.sleep(2.0)
        for name, guest in here.items():
            counting, heard = before[name]
            if name in self._away or guest.heard is not counting:
                continue
            for chair in guest.room["people"]:
                settled = chair["heard"] and chair["name"] in here and chair["name"] not in self._away
                if settled and counting[chair["slot"]] <= heard[chair["slot"]]:
                    self.missing += 1

    async def _move(self, after: float) -> None:
        """Somebody goes somehow, and comes back."""
        await asyncio.sleep(after)
        while not (here := [name for name in self._guests if name not in self._away | {"Ada"}]):
            await asyncio.sleep(_PAUSE_SECONDS)
        name = self.draw.choice(here)
        ways: dict[str, Callable[[Guest], Awaitable[None]]] = {
            "lines lost": self._loses_the_line,
            "other windows": lambda guest: guest.another_window(),
            "other connections": lambda guest: guest.call(),
        }
        if name != "Pia":
            ways["left and came"] = self._leaves
        way = self.draw.choice(sorted(ways))
        self._away.add(name)
        self.full = False
        try:
            await ways[way](self._guests[name])
        except TRANSIENT:  # a machine that is busy with something else: pages try again, too
            self.done["tried again"] += 1
            await self._loses_the_line(self._guests[name])
        self._away.discard(name)
        self.full = not self._away
        self.done[way] += 1

    async def _loses_the_line(self, guest: Guest) -> None:
        await guest.lose()
        await asyncio.sleep(self.draw.uniform(0, 20))
        await self._must(guest.knock)
        await guest.inside()

    async def _leaves(self, guest: Guest) -> None:
        await guest.leave()
        await asyncio.sleep(self.draw.uniform(0, 20))
        ada = self._guests["Ada"].visitor
        if ada.room.get("locked"):
            await self._lead("Unlock")
        await self._must(guest.knock)
        person = guest.room["me"]["person"] if guest.room else ""
        if guest.room and guest.room["me"]["place"] == "door":
            await ada.sees(lambda room: any(one["person"] == person for one in room["door"]))
            await self._lead("Admit", person=person)
        await guest.inside()

    async def _keep_lines(self) -> None:
        """Whose line is lost by itself comes back, as pages do."""
        while True:
            await asyncio.sleep(2.0)
            for name, guest in self._guests.items():
                if name not in self._away and not guest.connected:
                    self._away.add(name)
                    self.full = False
                    self.done["came back by themselves"] += 1
                    await guest.hush()
                    with contextlib.suppress(*TRANSIENT):
                        await guest.knock()
                        await guest.inside()
                    self._away.discard(name)
                    self.full = not self._away

    async def _ask(self, guest: Guest, do: str, **fields: Any) -> dict[str, Any]:
        """A command, again if the line was lost meanwhile; the acknowledgement."""
        for _ in range(_TRIES):
            try:
                return await guest.visitor.do(do, **fields)
            except TRANSIENT:
                await asyncio.sleep(5.0)
        return await guest.visitor.do(do, **fields)

    async def _lead(self, do: str, **fields: Any) -> None:
        answer = await self._ask(self._guests["Ada"], do, **fields)
        if answer != {}:
            self.done[f"{do} refused: {answer.get('refused')}"] += 1

    async def _must(self, ask: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """What has to be granted; again where it could not be recorded in time, on a disk that others keep busy."""
        for _ in range(_TRIES):
            answer = await asyncio.wait_for(ask(), PATIENCE_SECONDS)
            if answer == {}:
                return
            if answer != {"refused": "journal_unavailable"}:
                break
            self.done["tried again"] += 1
            await asyncio.sleep(5.0)
        raise RuntimeError(f"the server said {answer}")
