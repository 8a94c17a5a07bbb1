"""Settings: where links lead, and what the README says of them."""

import re

import pytest
from pydantic import ValidationError

from ascona import assets
from ascona.settings import Settings, reached_at

README = assets.PACKAGE.parent / "README.md"


@pytest.mark.parametrize(
    ("settings", "origin"),
    [
        ({}, "http://localhost:8080"),
        ({"host": "0.0.0.0"}, "http://localhost:8080"),  # noqa: S104 - read, not bound
        ({"host": "::"}, "http://localhost:8080"),
        ({"host": "192.0.2.7"}, "http://192.0.2.7:8080"),
        ({"host": "::1"}, "http://[::1]:8080"),
        ({"origin": "https://balint.example.org/"}, "https://balint.example.org"),
    ],
)
def test_links_lead_to_where_the_server_is(settings, origin):
    assert Settings(**settings).origin_at(8080) == origin


def test_every_setting_is_in_the_readme_with_its_default():
    rows = re.findall(r"^\| `ASCONA_(\w+)` \| (?:`([^`]*)`)? *\|", README.read_text(encoding="utf-8"), re.MULTILINE)

    assert {name.lower(): default for name, default in rows} == {
        name: str(field.default) for name, field in Settings.model_fields.items()
    }


def test_several_addresses_may_be_announced():
    assert Settings(media_address="203.0.113.7, 2001:DB8::7").media_addresses == ["203.0.113.7", "2001:db8::7"]
    assert Settings().media_addresses == []


@pytest.mark.parametrize(
    "text", ["balint.example.org", "203.0.113.7,", "203.0.113.7:8090", "[2001:db8::7]", "::", "224.0.0.1"]
)
def test_what_browsers_cannot_reach_is_not_announced(text):
    with pytest.raises(ValueError, match=r"is not an IP address|no browser can reach"):
        Settings(media_address=text)


def test_turn_servers_are_told_only_with_their_secret():
    url = "turns:turn.example.org:443?transport=tcp, turn:[2001:db8::7]"

    assert Settings(turn_url=url, turn_secret="s").turn_urls == url.split(", ")  # noqa: S106 - a test's
    assert Settings(turn_url=url).turn_urls == []
    with pytest.raises(ValueError, match="is not a TURN server"):
        Settings(turn_url="https://turn.example.org")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - read, not bound
        ("localhost", "127.0.0.1"),
        ("::", "::1"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_this_machine_reaches_what_listens_everywhere_by_loopback(host, address):
    assert reached_at(host) == address


def test_workers_have_ports_one_after_another():
    settings = Settings(media_port=8090, media_announced_port=443, media_workers=3)

    assert [settings.media_port_of(worker) for worker in range(3)] == [8090, 8091, 8092]
    assert [settings.announced_port_of(worker) for worker in range(3)] == [443, 444, 445]
    assert Settings(media_port=0, media_workers=2).media_port_of(1) == 0
    with pytest.raises(ValidationError, match="too few"):
        Settings(media_port=65534, media_workers=3)
