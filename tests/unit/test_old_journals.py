"""Journals that were written by earlier versions: what they hold has happened, and is understood."""

from functools import reduce

from tests.support.group import NOON, invited

from ascona.core.evolve import evolve
from ascona.core.people import Place, Role
from ascona.storage.journal import _KINDS

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


def test_a_journal_of_an_earlier_version_is_replayed():
    events = [(_KINDS[kind].validate_json(body), by) for kind, by, body in WRITTEN]
    session = reduce(lambda session, one: evolve(session, *one), events, invited())

    assert session.version == len(WRITTEN)
    assert session.sits_back("pia")
    assert session.locked
    assert session.person("max").role is Role.RING
    assert {p.id for p in session.people if p.place is Place.INSIDE} == {"ada", "pia", "max"}
    assert session.ends_at.minute == NOON.minute + 10
