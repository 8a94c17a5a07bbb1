"""When a personal link opens the door, to how many browsers, and how it is made good for nothing."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event, text
from tests.support.group import NOON

from ascona import assets
from ascona.core.events import PhaseStarted, Recorded, SessionEnded
from ascona.core.people import Role
from ascona.core.programme import read_programme
from ascona.settings import Settings
from ascona.storage.database import Database
from ascona.storage.invitations import LOGIN_LASTS, PROLONGED_AFTER, Invitations
from ascona.storage.journal import Journal
from ascona.storage.links import RUNS_OVER, LinkTimes, TooEarly
from ascona.storage.retention import Retention

PEOPLE = [("Ada", Role.LEADER), ("Pia", Role.MEMBER)]
PROGRAMME = assets.preset("classic-60")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TONIGHT = NOON + 8 * HOUR
END = TONIGHT + timedelta(minutes=sum(phase.minutes for phase in read_programme(PROGRAMME).phases))


@pytest.fixture
def invitations(database: Database) -> Invitations:
    numbers = count(1)
    return Invitations(database, lambda: f"{next(numbers):032x}")


async def tonight(invitations: Invitations) -> tuple[str, str]:
    """A session that begins tonight, and Pia's secret."""
    session, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON, starts=TONIGHT)
    return session, invited[1].secret


async def test_a_link_opens_the_door_from_an_hour_before_until_an_hour_after(invitations):
    _, secret = await tonight(invitations)
    with pytest.raises(TooEarly) as early:
        await invitations.sign_in(secret, TONIGHT - HOUR - MINUTE)

    assert early.value.opens_at == TONIGHT - HOUR
    assert await invitations.sign_in(secret, TONIGHT - HOUR)
    assert await invitations.sign_in(secret, END + HOUR - MINUTE)
    assert await invitations.sign_in(secret, END + HOUR) is None


async def test_whoever_loses_their_line_in_an_evening_that_runs_over_comes_back(invitations, database):
    session, secret = await tonight(invitations)
    begun = Recorded(1, TONIGHT, None, "open", PhaseStarted(0, TONIGHT, TONIGHT + HOUR))
    await Journal(database).append(session, [begun])

    assert await invitations.sign_in(secret, END + 3 * HOUR)
    assert await invitations.sign_in(secret, END + HOUR + RUNS_OVER) is None


async def test_a_session_that_ended_early_takes_its_links_along(invitations, database):
    session, secret = await tonight(invitations)
    await Journal(database).append(session, [Recorded(1, TONIGHT, None, "end", SessionEnded())])

    assert await invitations.sign_in(secret, TONIGHT + HOUR - MINUTE)
    assert await invitations.sign_in(secret, TONIGHT + HOUR) is None


async def test_how_long_links_last_is_a_matter_of_settings(database):
    numbers = count(1)
    strict = Invitations(database, lambda: f"{next(numbers):032x}", LinkTimes(MINUTE, 2 * MINUTE, 3 * HOUR))
    _, dated = await tonight(strict)
    with pytest.raises(TooEarly):
        await strict.sign_in(dated, TONIGHT - 2 * MINUTE)
    assert await strict.sign_in(dated, END + 2 * MINUTE) is None

    _, invited = await strict.plan(PEOPLE, PROGRAMME, NOON)
    assert await strict.sign_in(invited[0].secret, NOON + 3 * HOUR - MINUTE)
    assert await strict.sign_in(invited[0].secret, NOON + 3 * HOUR) is None


async def test_nobody_is_invited_to_a_session_of_yesterday(invitations):
    with pytest.raises(ValueError, match="over already"):
        await invitations.plan(PEOPLE, PROGRAMME, NOON, starts=NOON - 5 * HOUR)


async def test_nobody_can_tell_why_a_link_is_no_good_by_what_it_costs_to_refuse_it(invitations, database):
    _, expired = await tonight(invitations)
    _, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    revoked = invited[1].secret
    await invitations.revoke(revoked)
    asked: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    costs = []
    for secret in ("f" * 32, expired, revoked):
        asked.clear()
        assert await invitations.sign_in(secret, NOON + timedelta(days=7)) is None
        costs.append(list(asked))

    assert costs[0] == costs[1] == costs[2]
    assert len(costs[0]) == 1


async def test_a_browser_that_opens_its_link_again_is_the_same_and_any_other_is_not(invitations):
    _, secret = await tonight(invitations)
    first = await invitations.sign_in(secret, TONIGHT)
    later = TONIGHT + timedelta(hours=1)

    same = await invitations.sign_in(secret, later, [first.token])
    another = await invitations.sign_in(secret, later, ["0" * 64])

    browsers = [one.guest.browser for one in (first, same, another)]
    assert browsers[0].id == browsers[1].id != browsers[2].id
    assert len({one.link for one in browsers}) == 1
    assert [one.until for one in browsers] == [TONIGHT + LOGIN_LASTS, later + LOGIN_LASTS, later + LOGIN_LASTS]
    assert await invitations.guest(same.token, later) == same.guest
    assert await invitations.sign_out(same.token) == same.guest
    assert (await invitations.sign_in(secret, later, [same.token])).guest.browser.id not in {one.id for one in browsers}


async def test_a_browser_that_is_used_stays_signed_in_and_twelve_unused_hours_end_that(invitations, database):
    _, secret = await tonight(invitations)
    signed_in = await invitations.sign_in(secret, TONIGHT)
    token, now = signed_in.token, TONIGHT
    for _ in range(5):
        now += LOGIN_LASTS - MINUTE
        used = await invitations.guest(token, now)
        assert used.browser.id == signed_in.guest.browser.id
        assert used.browser.until == now + LOGIN_LASTS
        await Retention(database).sweep(now)

    await Retention(database).sweep(now + LOGIN_LASTS)
    assert await invitations.guest(token, now + LOGIN_LASTS) is None


async def test_a_sign_in_is_written_once_an_hour_at_most_and_an_ended_one_never(invitations):
    _, secret = await tonight(invitations)
    first = await invitations.sign_in(secret, TONIGHT)

    assert await invitations.guest(first.token, TONIGHT + PROLONGED_AFTER - MINUTE) == first.guest
    await invitations.revoke(secret)
    assert await invitations.guest(first.token, TONIGHT + 2 * PROLONGED_AFTER) is None


async def test_a_link_in_place_of_a_revoked_one_is_another(invitations):
    _, secret = await tonight(invitations)
    first = await invitations.sign_in(secret, TONIGHT)

    renewed = await invitations.revoke(secret)

    again = await invitations.sign_in(renewed.secret, TONIGHT)
    assert again.guest.browser.link != first.guest.browser.link


async def test_browsers_that_were_signed_in_before_they_had_an_id_stay_so_and_have_one(database_url):
    database = await Database.opened(Settings(database=database_url).database_url, "0003")
    tokens = [b"one", b"two"]
    await database.transaction(lambda transaction: _planned_by_hand(transaction, tokens))
    await database.close()

    database = await Database.opened(Settings(database=database_url).database_url)
    ids = await database.transaction(lambda transaction: list(transaction.scalars(text("SELECT id FROM logins"))))
    await database.close()

    assert len(set(ids)) == len(tokens)
    assert all(ids)


def _planned_by_hand(transaction, tokens):
    """As the version before this one had it."""
    transaction.execute(
        text(
            "INSERT INTO sessions (id, title, programme, sit_back, seats, created_ms, last_ms)"
            " VALUES ('s', '', '', 'gone', 3, 0, 0)"
        )
    )
    transaction.execute(
        text(
            "INSERT INTO people (id, session_id, name, role, seat, secret_hash, opens_ms, expires_ms)"
            " VALUES ('p', 's', 'Pia', 'member', 0, :secret, 0, 0)"
        ),
        {"secret": b"secret"},
    )
    for token in tokens:
        login = "INSERT INTO logins (token_hash, person_id, session_id, expires_ms) VALUES (:token, 'p', 's', 0)"
        transaction.execute(text(login), {"token": token})


async def test_a_browser_that_opens_its_link_again_gets_a_new_token_and_the_old_one_is_dead(invitations):
    _, secret = await tonight(invitations)
    planted = await invitations.sign_in(secret, TONIGHT)

    signed_in = await invitations.sign_in(secret, TONIGHT, [planted.token])

    assert signed_in.token != planted.token
    assert await invitations.guest(planted.token, TONIGHT) is None
    assert await invitations.guest(signed_in.token, TONIGHT) == signed_in.guest


async def test_opening_a_link_signs_nobody_else_out(invitations):
    _, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    ada = await invitations.sign_in(invited[0].secret, NOON)

    await invitations.sign_in(invited[1].secret, NOON, [ada.token])

    assert await invitations.guest(ada.token, NOON) == ada.guest


async def test_a_revoked_link_and_every_browser_it_let_in_are_out_and_a_new_one_is_good(invitations):
    session, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    pia = invited[1]
    browsers = [await invitations.sign_in(pia.secret, NOON) for _ in range(2)]
    ada = await invitations.sign_in(invited[0].secret, NOON)
    seen, nobody = await invitations.revoked(0)

    renewed = await invitations.revoke(pia.secret)
    last, guests = await invitations.revoked(seen)

    assert nobody == []
    assert [(guest.person, guest.session) for guest in guests] == [(pia.person, session)]
    assert await invitations.revoked(last) == (last, [])
    assert [await invitations.guest(one.token, NOON) for one in browsers] == [None, None]
    assert await invitations.guest(ada.token, NOON)
    assert await invitations.sign_in(pia.secret, NOON) is None
    assert (renewed.person, renewed.name, renewed.standing) == (pia.person, pia.name, pia.standing)
    assert await invitations.sign_in(renewed.secret, NOON)
    assert await invitations.revoke(pia.secret) is None


async def test_signing_out_ends_one_browser_and_neither_the_link_nor_another(invitations):
    _, secret = await tonight(invitations)
    here, there = await invitations.sign_in(secret, TONIGHT), await invitations.sign_in(secret, TONIGHT)

    assert await invitations.sign_out(here.token) == here.guest

    assert await invitations.guest(here.token, TONIGHT) is None
    assert await invitations.guest(there.token, TONIGHT) == there.guest
    assert await invitations.sign_out(here.token) is None
    assert await invitations.sign_in(secret, TONIGHT)
