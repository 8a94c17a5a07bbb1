"""Every word the server can say has a sentence in every language."""

import json
import re
from datetime import timedelta
from typing import get_args

import pytest
from tests.support.group import PEOPLE

from ascona import app, assets
from ascona.core.events import Event
from ascona.core.programme import PHASE_IDS
from ascona.core.session import SitBackStyle
from ascona.live import notices, stance
from ascona.pages import routes
from ascona.storage.invitations import LOGIN_LASTS

LANGUAGES = sorted((assets.web() / "i18n").glob("*.json"))
SERVER = assets.PACKAGE


def sources(*folders: str) -> str:
    files = [file for folder in folders for file in (SERVER / folder).rglob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"twice in one object: {sorted(key for key in keys if keys.count(key) > 1)}"
    return dict(pairs)


@pytest.fixture(params=LANGUAGES, ids=lambda file: file.stem)
def texts(request) -> dict:
    return json.loads(request.param.read_text(encoding="utf-8"), object_pairs_hook=once)


def test_every_phase_has_a_name(texts):
    assert set(texts["phase"]) >= {*PHASE_IDS, "lobby", "ended"}


def test_every_refusal_has_a_sentence(texts):
    said = set(re.findall(r'Refused\(\s*"([a-z_]+)"', sources("core", "live", "media")))
    said |= set(re.findall(r'otherwise="([a-z_]+)"', sources("core"))) | {"leaders_only"}

    assert said - set(texts["refusals"]) == set()


def test_everything_else_that_a_page_is_told_instead_of_an_answer_has_a_sentence(texts):
    source = sources("live", "pages")
    said = set(re.findall(r'"(?:error|refused|reason)": "([a-z_]+)"', source))
    said |= set(re.findall(r'ConnectionRefusedError\(\s*"([a-z_]+)"', source))
    said |= {routes._key(status) for status in range(400, 600)}

    assert {"bad_message", "early_link", "not_signed_in", "forbidden", "revoked", "headers_too_long"} <= said
    assert said - set(texts["refusals"]) == set()


def test_every_page_that_says_why_not_has_its_words(texts):
    said = {routes._key(status) for status in range(400, 600)}
    said |= set(re.findall(r'message\("([a-z_]+)"', sources("pages"))) | app.SHUT

    assert said == set(texts["errors"])
    assert all(set(words) == {"heading", "sentence"} for words in texts["errors"].values())


def test_every_reason_that_ends_a_visit_or_keeps_a_link_shut_has_a_heading(texts):
    said = set(re.findall(r'"error": "([a-z_]+_link)"', sources("pages"))) | app.SHUT
    said |= {"revoked", "not_signed_in", "too_fast", "forbidden", "server_error"}

    assert said <= set(texts["headings"]) <= set(texts["refusals"])


def test_every_notice_has_a_sentence(texts):
    said = {*notices._PLAIN.values(), *notices._ABOUT_A_PERSON.values(), *notices._PHASES}
    said |= set(re.findall(r'Notice\(\s*"([a-z_]+)"', sources("live")))
    said |= {"time_is_up_no_leader", "at_end_announce", "at_end_advance", "clock_shown", "clock_hidden"}
    said |= {"knocked", "knocked_closed", "knocked_kept", "left_door", "named", "named_at_door", "locked_too"}
    said |= {"protected", "unprotected", "line_back", "line_lost", "leader_back", "no_leader"}

    assert said - set(texts["notices"]) == set()


def test_every_stance_has_a_sentence(texts):
    said = {*stance._SITTING_BACK.values(), *stance._OUTSIDE.values(), *stance._NOT_INSIDE.values()}
    said |= {*stance._OTHER_BROWSER.values()}
    said |= {"door", "door_unseen", "closed_door", "ended", "lobby", "closed_out", "leading", "has_word"}
    said |= {"ring_may_speak"}
    said |= {"presenting", "protected", "talking", "listening"}

    assert said - set(texts["stance"]) == set()
    assert set(stance._SITTING_BACK) == set(SitBackStyle) - {SitBackStyle.OFF}


def test_every_role_has_a_name(texts):
    assert set(texts["standing"]) >= {role.value for role in PEOPLE.values()} | {"presenter"}


def test_leaders_are_told_how_long_their_link_alone_opens_nothing_once_they_have_signed_out():
    english = json.loads((assets.web() / "i18n" / "en.json").read_text(encoding="utf-8"))

    assert timedelta(hours=12) == LOGIN_LASTS
    assert "twelve hours" in english["goodbye"]["leader"]


def test_every_event_is_known_to_the_journal():
    from ascona.storage.journal import _KINDS

    assert set(_KINDS) == {kind.__name__ for kind in get_args(Event)}
