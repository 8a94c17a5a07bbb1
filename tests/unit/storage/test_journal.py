"""The journal and the invitations, on a real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import text
from tests.support.group import NOON, Evening

from ascona import assets
from ascona.app import fresh_token
from ascona.core import commands as c
from ascona.core.decide import decide
from ascona.core.events import Knocked, Named, Recorded, SessionEnded
from ascona.core.people import Role
from ascona.settings import Settings
from ascona.storage.database import Database, DatabaseAway, DatabaseUnusable
from ascona.storage.invitations import LOGIN_LASTS, TITLE_LIMIT, Invitations
from ascona.storage.journal import Journal
from ascona.storage.links import LinkTimes

PEOPLE = [("Ada", Role.LEADER), ("Pia", Role.MEMBER), ("Eve", Role.RING)]
PROGRAMME = assets.preset("ascona-90")


@pytest.fixture
def invitations(database: Database) -> Invitations:
    numbers = count(1)
    return Invitations(database, lambda: f"{next(numbers):032x}")


async def test_a_session_is_rebuilt_as_it_was_from_what_is_recorded(database, invitations):
    id, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON, "Tuesday")
    journal = Journal(database)
    session, _ = await journal.rebuilt(id)
    ada, pia, _ = (one.person for one in invited)
    group = Evening(replace(session, present=frozenset(one.person for one in invited)))
    steps = [
        (ada, c.Knock("Ada Berg", agreed=True)), (pia, c.Knock("Pia", agreed=True)),
        (ada, c.Admit(pia)), (ada, c.OpenSession()),
        (ada, c.ChoosePresenter(pia)), (pia, c.AgreeToPresent()), (ada, c.GoToPhase(4)), (ada, c.Hold()),
        (ada, c.Extend(3)), (ada, c.Resume()), (pia, c.Signal()), (ada, c.GoToPhase(5)), (pia, c.ComeBack()),
    ]  # fmt: skip
    for number, (by, command) in enumerate(steps):
        version = group.session.version
        events = decide(group.session, command, by, group.now, version)
        await journal.append(
            id, [Recorded(version + n, NOON, by, f"key-{number}", event) for n, event in enumerate(events, 1)]
        )
        group.do(by, command)
        group.wait(7)

    rebuilt, history = await journal.rebuilt(id)

    assert replace(rebuilt, present=group.session.present) == group.session
    assert [record.version for record in history] == list(range(1, rebuilt.version + 1))


async def test_two_writers_cannot_both_be_next(database, invitations):
    id, _ = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    journal = Journal(database)
    await journal.append(id, [Recorded(1, NOON, None, "one", Knocked("pia"))])

    with pytest.raises(DatabaseAway):
        await journal.append(
            id, [Recorded(2, NOON, None, "two", Knocked("eve")), Recorded(1, NOON, None, "two", Knocked("ada"))]
        )

    assert [record.event for record in await journal.history(id)] == [Knocked("pia")]


async def test_of_two_commands_at_once_one_is_written_and_the_other_changes_nothing(database, invitations):
    id, _ = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    journal = Journal(database)

    told = await asyncio.gather(
        *(journal.append(id, [Recorded(n, NOON, by, by, Knocked(by)) for n in (1, 2)]) for by in ("ada", "ben")),
        return_exceptions=True,
    )

    assert sorted(map(type, told), key=str) == sorted([type(None), DatabaseAway], key=str)
    assert len({record.by for record in await journal.history(id)}) == 1


async def test_what_was_appended_survives_the_process(database_url, database, invitations):
    id, _ = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    named = Recorded(1, NOON, "p", "one", Named("p", "Zoë"))
    await Journal(database).append(id, [named])

    other = await Database.opened(Settings(database=database_url).database_url)

    assert await Journal(other).history(id) == [named]
    await other.close()


async def test_sqlite_writes_through_to_the_disk_and_overwrites_what_is_deleted(tmp_path):
    database = await Database.opened(Settings(data=tmp_path).database_url)

    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}

    found = await database.transaction(
        lambda transaction: {name: transaction.scalar(text(f"PRAGMA {name}")) for name in wanted}
    )

    assert found == wanted
    await database.close()


async def test_what_stood_in_a_database_of_the_first_version_is_kept(database_url):
    url = Settings(database=database_url).database_url
    database = await Database.opened(url, "0001")
    planned = text(
        "INSERT INTO sessions (id, title, programme, sit_back, seats, created_ms)"
        " VALUES ('old', 'Tuesday', :programme, 'gone', 4, 1000)"
    ).bindparams(programme=PROGRAMME)
    await database.transaction(lambda transaction: transaction.execute(planned))
    await database.close()

    database = await Database.opened(url)
    journal = Journal(database)

    assert await journal.running() == ["old"]
    assert await journal.title("old") == "Tuesday"
    await journal.append("old", [Recorded(1, NOON, None, "one", Knocked("p"))])
    await database.close()


async def test_a_title_is_forgotten_when_the_session_ends(database, invitations):
    id, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON, "The man with the dog")
    journal = Journal(database)
    assert await journal.title(id) == "The man with the dog"
    assert await journal.running() == [id]
    session, _ = await journal.rebuilt(id)
    ada = invited[0].person
    group = Evening(session)
    group.do(ada, c.Knock("Ada", agreed=True))
    events = decide(group.session, c.EndSession(), ada, NOON, group.session.version)

    await journal.append(id, [Recorded(1, NOON, ada, "end", events[0])])

    assert await journal.title(id) == ""
    assert await journal.running() == []


async def test_of_an_ended_session_only_its_end_is_left_and_nothing_follows_it(database, invitations):
    id, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON, "The man with the dog")
    journal = Journal(database)
    before = [Recorded(n, NOON, None, f"key-{n}", Named(invited[0].person, f"Zoë {n}")) for n in (1, 2, 3)]
    await journal.append(id, before)
    end = Recorded(4, NOON, None, "key-4", SessionEnded())
    await journal.append(id, [end])

    with pytest.raises(DatabaseAway):
        await journal.append(id, [Recorded(5, NOON, None, "key-5", Knocked("p"))])

    session, history = await journal.rebuilt(id)
    assert (session.version, session.ended, session.phase_id) == (4, True, "ended")
    assert {person.name for person in session.people} == {""}
    assert history == [end]
    assert await journal.since(id, 2) == [end]


async def test_a_link_signs_in_and_its_secret_is_stored_nowhere(tmp_path):
    database = await Database.opened(Settings(data=tmp_path).database_url)
    invitations = Invitations(database, fresh_token)
    id, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    pia = invited[1]

    signed_in = await invitations.sign_in(pia.secret, NOON)
    guest, token = signed_in.guest, signed_in.token

    assert (guest.person, guest.session) == (pia.person, id)
    assert await invitations.guest(token, NOON) == guest
    await database.close()
    stored = (tmp_path / "ascona.db").read_bytes()
    assert pia.secret.encode() not in stored
    assert token.encode() not in stored


async def test_links_and_logins_come_to_an_end(invitations):
    _, invited = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    secret = invited[0].secret
    token = (await invitations.sign_in(secret, NOON)).token

    assert await invitations.sign_in("f" * 32, NOON) is None
    assert await invitations.sign_in(secret, NOON + LinkTimes().undated) is None
    assert await invitations.guest(token, NOON + LOGIN_LASTS) is None
    assert await invitations.guest("f" * 64, NOON) is None


@pytest.mark.parametrize(
    ("people", "programme", "title"),
    [
        ([("Pia", Role.MEMBER)], PROGRAMME, ""),
        ([("Ada", Role.LEADER), ("\u202eevE", Role.RING)], PROGRAMME, ""),
        ([("Ada", Role.LEADER), ("x" * 10_000, Role.RING)], PROGRAMME, ""),
        ([("Ada", Role.LEADER)] + [(f"M{n}", Role.MEMBER) for n in range(16)], PROGRAMME, ""),
        (PEOPLE, "name = 7", ""),
        (PEOPLE, PROGRAMME, "x" * (TITLE_LIMIT + 1)),
    ],
)
async def test_a_session_that_will_not_do_is_not_planned(database, invitations, people, programme, title):
    with pytest.raises(ValueError):  # noqa: PT011  # which sentence it is, other tests say
        await invitations.plan(people, programme, NOON, title)

    assert await Journal(database).running() == []


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    file = tmp_path / "ascona.db"
    file.write_bytes(b"not a database, but somebody's letter" * 100)
    before = file.read_bytes()

    with pytest.raises(DatabaseUnusable):
        await Database.opened(Settings(data=tmp_path).database_url)

    assert file.read_bytes() == before


async def test_many_writers_at_once_leave_one_history(database, invitations):
    id, _ = await invitations.plan(PEOPLE, PROGRAMME, NOON)
    journal = Journal(database)

    async def try_to_be_first(number: int) -> bool:
        try:
            await journal.append(id, [Recorded(1, NOON + timedelta(seconds=number), None, f"k{number}", Knocked("p"))])
        except DatabaseAway:
            return False
        return True

    first = await asyncio.gather(*(try_to_be_first(number) for number in range(8)))

    assert sum(first) == 1
    assert len(await journal.history(id)) == 1
