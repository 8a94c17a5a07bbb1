"""A link can be opened without end; what its sign-ins take up has one, and no browser inside pays for it."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import func, select
from tests.support.group import NOON

from ascona import assets
from ascona.core import events as e
from ascona.core.people import Role
from ascona.storage.database import Database
from ascona.storage.invitations import Invitations, SignedIn
from ascona.storage.journal import Journal
from ascona.storage.sign_ins import SIGN_INS_LIMIT
from ascona.storage.tables import LoginRow

PEOPLE = [("Ada", Role.LEADER), ("Pia", Role.MEMBER)]
SECOND = timedelta(seconds=1)


class Link:
    """Pia's, opened as often as one likes, each time in another browser and a second later."""

    def __init__(self, database: Database) -> None:
        numbers = count(1)
        self.database = database
        self.invitations = Invitations(database, lambda: f"{next(numbers):032x}")
        self.now = NOON
        self._versions = count(1)

    async def plan(self) -> None:
        self.session, (self.ada, self.pia) = await self.invitations.plan(PEOPLE, assets.preset("classic-60"), NOON)

    async def opened(self, times: int = 1, before: tuple[str, ...] = ()) -> list[SignedIn]:
        found = []
        for _ in range(times):
            self.now += SECOND
            found.append(await self.invitations.sign_in(self.pia.secret, self.now, before))
        return found

    async def happens(self, *events: e.Event) -> None:
        records = [e.Recorded(next(self._versions), self.now, None, "key-of-it", event) for event in events]
        await Journal(self.database).append(self.session, records)

    async def good(self, *browsers: SignedIn) -> list[bool]:
        return [await self.invitations.guest(one.token, self.now) is not None for one in browsers]

    async def rows(self) -> int:
        wanted = select(func.count()).where(LoginRow.person_id == self.pia.person)
        return await self.database.transaction(lambda transaction: transaction.scalar(wanted))


@pytest.fixture
async def link(database):
    planned = Link(database)
    await planned.plan()
    return planned


async def test_of_too_many_sign_ins_the_oldest_that_never_came_make_room(link):
    browsers = await link.opened(SIGN_INS_LIMIT)
    assert all(await link.good(*browsers))

    last = await link.opened(2)

    assert await link.good(*browsers[:3], *last) == [False, False, True, True, True]
    await link.opened(3 * SIGN_INS_LIMIT)
    assert await link.rows() == SIGN_INS_LIMIT


async def test_browsers_that_were_let_in_stay_and_do_not_count(link):
    first, telephone = await link.opened(2)
    person = link.pia.person
    await link.happens(
        e.Knocked(person, browser=first.guest.browser),
        e.Admitted(person, first.guest.browser),
        e.BrowserLetIn(person, telephone.guest.browser),
    )

    await link.opened(3 * SIGN_INS_LIMIT)

    assert await link.good(first, telephone) == [True, True]
    assert await link.rows() == SIGN_INS_LIMIT + 2
    (again,) = await link.opened(before=(first.token,))
    assert again.guest.browser.id == first.guest.browser.id
    await link.opened(SIGN_INS_LIMIT)
    assert await link.good(again) == [True]


async def test_a_browser_at_the_door_stays_longer_than_those_that_never_knocked(link):
    (waits,) = await link.opened()
    await link.happens(e.Knocked(link.pia.person, browser=waits.guest.browser))

    await link.opened(3 * SIGN_INS_LIMIT)

    assert await link.good(waits) == [True]
    assert await link.rows() == SIGN_INS_LIMIT


async def test_no_browser_of_another_person_makes_room(link):
    ada = await link.invitations.sign_in(link.ada.secret, link.now)
    await link.happens(e.Admitted(link.ada.person))  # as releases wrote it that did not know the browser

    await link.opened(2 * SIGN_INS_LIMIT)

    assert await link.good(ada) == [True]


async def test_a_sign_in_that_made_room_is_not_recognised_while_the_database_is_away(link):
    (first,) = await link.opened()
    assert await link.good(first) == [True]
    assert link.invitations.recognises(first.token)

    await link.opened(SIGN_INS_LIMIT)

    assert not link.invitations.recognises(first.token)
