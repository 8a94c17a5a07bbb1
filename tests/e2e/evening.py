"""What a group does in several tests: come in, be admitted, open the session, choose a presenter."""

import asyncio
from collections.abc import Awaitable, Callable

from playwright.async_api import expect
from tests.e2e.person import Person


async def nothing() -> None:
    """What happens at the door, mostly."""


async def come_in(
    people: dict[str, Person], leader: str = "Ada", at_the_door: Callable[[], Awaitable[None]] = nothing
) -> None:
    """Everyone joins, and the leader admits everyone, after `at_the_door`."""
    ada = people[leader]
    await asyncio.gather(*(person.join() for person in people.values()))
    waiting = [person for person in people.values() if person.standing not in {"leader", "co_leader"}]
    for person in waiting:
        await expect(ada.button(f"Admit {person.name}")).to_be_visible()
    await at_the_door()
    if waiting:
        await ada.press("Admit everyone")
    for person in people.values():
        await expect(person.page.locator("balint-chair")).to_have_count(len(people))


async def open_session(people: dict[str, Person], presenter: str | None = "Cy", leader: str = "Ada") -> None:
    """The leader opens the session and asks somebody to present, who says yes."""
    ada = people[leader]
    await ada.press("Open the session")
    for person in people.values():
        await person.sees_phase("arrive")
    if presenter:
        await ada.act_on(presenter, "Make presenter")
        await people[presenter].press("I will present")
        await expect(ada.chair(presenter)).to_have_attribute("data-standing", "presenter")


async def go_to(people: dict[str, Person], phase: str, leader: str = "Ada") -> None:
    """The leader presses “Next phase” until everyone is there."""
    ada = people[leader]
    for _ in range(15):
        if await ada.room.get_attribute("data-phase") == phase:
            break
        before = await ada.room.get_attribute("data-version")
        await ada.press("Next phase")
        await expect(ada.room).not_to_have_attribute("data-version", before or "")
    for person in people.values():
        await person.sees_phase(phase)
