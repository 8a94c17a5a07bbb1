"""Journals that were written by earlier versions: what they hold has happened, and is understood."""

from dataclasses import replace

from tests.support.group import NOON, Evening, invited, says

from ascona.core import commands as c
from ascona.core.events import Admitted, Agreed, Event, Knocked, Recorded
from ascona.core.people import Place, Role
from ascona.core.session import Session
from ascona.storage.journal import _KINDS, replayed

WRITTEN = (
    ("Admitted", "ada", '{"person":"ada"}'),
    ("Named", "pia", '{"person":"pia","name":"Pia P."}'),
    ("Knocked", "pia", '{"person":"pia"}'),
    ("Admitted", "ada", '{"person":"pia"}'),
    ("Knocked", "max", '{"person":"max"}'),
    ("Admitted", "ada", '{"person":"max"}'),
    ("PresenterAsked", "ada", '{"person":"pia","by":"ada"}'),
    ("PresenterChosen", "pia", '{"person":"pia"}'),
    ("PhaseStarted", "ada", '{"step":2,"at":"2026-11-22T12:00:00Z","ends_at":"2026-11-22T12:08:00Z"}'),
    ("Locked", "ada", "{}"),
    ("MovedToRing", "ada", '{"person":"max","seat":40}'),
    ("PhaseExtended", "ada", '{"ends_at":"2026-11-22T12:10:00Z","minutes":2}'),
    ("Held", "ada", '{"left":"PT1M"}'),
    ("Resumed", "ada", '{"ends_at":"2026-11-22T12:10:00Z"}'),
    ("SatBack", "pia", '{"person":"pia"}'),
)


def rebuilt(*later: tuple[str, Event]) -> Session:
    """The session of that journal, with what a server of now has added to it."""
    events = [(by, _KINDS[kind].validate_json(body)) for kind, by, body in WRITTEN]
    numbered = enumerate([*events, *later], 1)
    return replayed(invited(), [Recorded(version, NOON, by, "key", event) for version, (by, event) in numbered])


def test_a_journal_of_an_earlier_version_is_replayed():
    session = rebuilt()

    assert session.version == len(WRITTEN)
    assert session.sits_back("pia")
    assert session.locked
    assert session.person("max").role is Role.RING
    assert {p.id for p in session.people if p.place is Place.INSIDE} == {"ada", "pia", "max"}
    assert session.ends_at.minute == NOON.minute + 10


def test_people_who_came_when_only_the_page_asked_have_agreed_and_go_on():
    group = Evening(replace(rebuilt(), present=frozenset({"ada", "pia", "max"})))

    assert {person.id for person in group.session.people if person.agreed} == {"ada", "pia", "max"}
    group.do("ada", c.ComeBack())
    assert says("pia", "ada") in group.plan.routes
    assert group.refused("pia", c.Knock("Pia P.")) is None  # a page that was open all the while does not say it


def test_people_who_come_later_to_such_a_session_are_asked():
    assert Evening(rebuilt()).refused("ben", c.Knock("Ben")) == "not_agreed"

    agreed = rebuilt(("ben", Agreed("ben")), ("ben", Knocked("ben")), ("ada", Admitted("ben")))
    assert {person.id for person in agreed.people if person.agreed} == {"ada", "pia", "max", "ben"}

    assert not rebuilt(("ben", Agreed("ben")), ("eve", Knocked("eve"))).person("eve").agreed
