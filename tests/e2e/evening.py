"""What a group does in several tests: come in, be admitted, open the session, choose a presenter."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from tests.e2e.person import Person
from tests.e2e.simulated import Simulated

Group = Mapping[str, Person | Simulated]


async def nothing() -> None:
    """What happens at the door, mostly."""


async def come_in(people: Group, leader: str = "Ada", at_the_door: Callable[[], Awaitable[None]] = nothing) -> None:
    """Everyone joins, and the leader admits everyone, after `at_the_door`."""
    ada = people[leader]
    await asyncio.gather(*(person.join() for person in people.values()))
    waiting = [person for person in people.values() if person.standing not in {"leader", "co_leader"}]
    for person in waiting:
        await ada.sees_waiting(person.name)
    await at_the_door()
    if waiting:
        await ada.press("Admit everyone")
    for person in people.values():
        await person.sees_chairs(len(people))


async def open_session(people: Group, presenter: str | None = "Cy", leader: str = "Ada") -> None:
    """The leader opens the session and asks somebody to present, who says yes."""
    ada = people[leader]
    await ada.press("Open the session")
    for person in people.values():
        await person.sees_phase("arrive")
    if presenter:
        await ada.act_on(presenter, "Make presenter")
        await people[presenter].press("I will present")
        await ada.sees_standing(presenter, "presenter")


async def go_to(people: Group, phase: str, leader: str = "Ada") -> None:
    """The leader presses “Next phase” until everyone is there."""
    ada = people[leader]
    for _ in range(15):
        if await ada.phase() == phase:
            break
        await ada.moves_on()
    for person in people.values():
        await person.sees_phase(phase)
