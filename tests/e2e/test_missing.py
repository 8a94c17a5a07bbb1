"""When leaders or the presenter are missing, the group can go on, and everybody reads what is happening."""

import pytest
from playwright.async_api import expect
from tests.e2e.access import AXE, assert_accessible_at_every_size
from tests.e2e.evening import come_in, go_to, open_session
from tests.e2e.house import House
from tests.e2e.person import Person
from tests.e2e.simulated import Simulated

# The server's warnings are seen here, too: a page that is left while it asks for a file leaves Python to close it.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

GROUP = ("--leader", "Ada", "--member", "Cy", "--member", "Dee", "--member", "Emil")
AXES = dict.fromkeys(("Ada", "Dee", "Emil"), AXE)


@pytest.fixture
def server(ahead: House) -> House:
    return ahead


async def lose_line(person: Person | Simulated, seen_by: Person) -> None:
    await person.hang_up()
    await seen_by.sees_state(person.name, "away")


async def test_without_leaders_the_group_asks_its_deputy_who_holds_the_frame_until_one_is_back(gather, clock):
    people = await gather(*GROUP, simulated=("Cy",), at_once=True, scripts=AXES)
    ada, cy, dee, emil = people.values()
    await come_in(people)
    await open_session(people)
    await ada.act_on("Emil", "Name as deputy")
    await expect(dee.page.get_by_text("Ada has named Emil as deputy", exact=False)).to_be_visible()
    await assert_accessible_at_every_size(ada, "a deputy is named")

    await lose_line(ada, dee)
    await expect(dee.button("Ask Emil to hold the frame")).to_have_count(0)
    clock.pass_by(seconds=91)
    await lose_line(cy, dee)
    await dee.press("Ask Emil to hold the frame")
    await expect(emil.button("I will hold the frame")).to_be_visible()
    await assert_accessible_at_every_size(emil, "asked to hold the frame")
    await emil.press("I will hold the frame")
    await expect(dee.page.get_by_text("We stay in this phase", exact=False)).to_have_count(0)
    await expect(dee.page.get_by_text("Emil holds the frame", exact=True)).to_be_visible()
    await assert_accessible_at_every_size(emil, "holds the frame")
    await emil.press("Next phase")

    await dee.sees_phase("choose")
    await expect(emil.button("End the session")).to_have_count(0)
    await ada.join()
    await expect(emil.button("Next phase")).to_have_count(0)
    await expect(dee.page.get_by_text("Emil holds the frame", exact=True)).to_have_count(0)
    assert [person.trouble for person in (dee, emil)] == [[], []]


async def test_the_account_waits_for_a_lost_presenter_until_leaders_choose(gather, clock):
    people = await gather(*GROUP, simulated=("Emil",), at_once=True, scripts=AXES)
    ada, cy, dee, _ = people.values()
    await come_in(people)
    await open_session(people)
    await go_to(people, "account")

    await lose_line(cy, ada)
    clock.pass_by(seconds=6)
    await ada.press("Open the door")
    await expect(dee.page.get_by_text("We wait for Cy", exact=True)).to_be_visible()
    clock.pass_by(minutes=3)
    await ada.press("Close the door")
    await expect(ada.chair("Cy")).to_have_attribute("data-state", "empty")
    await expect(dee.page.get_by_text("Cy has not come back yet", exact=True)).to_be_visible()
    await assert_accessible_at_every_size(ada, "a wait in vain")
    await assert_accessible_at_every_size(dee, "a wait in vain")
    await ada.press("Go on waiting")
    await expect(dee.page.get_by_text("We wait for Cy", exact=True)).to_be_visible()
    clock.pass_by(minutes=3)
    await ada.press("Open the door")
    await ada.press("Choose another presenter")

    await dee.sees_phase("choose")
    await expect(ada.chair("Cy")).to_have_attribute("data-standing", "member")
    await expect(ada.chair("Cy")).to_have_attribute("data-state", "empty")
    clock.pass_by(minutes=10)
    await cy.page.goto(cy.link)
    await cy.page.get_by_role("checkbox", name="I agree").check()
    await cy.press("Join the room")
    await expect(ada.page.get_by_text("was here", exact=True)).to_be_visible()
    await assert_accessible_at_every_size(ada, "somebody is back at the door")
    await ada.press("Admit Cy")
    await expect(cy.chair("Cy")).to_have_attribute("data-state", "here")
    assert [person.trouble for person in (ada, dee)] == [[], []]
