"""Passwords for a TURN server: good for a session, made of nothing that says who."""

from datetime import UTC, datetime, timedelta

import pytest

from ascona.media.turn import turn_credentials

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_they_are_those_that_coturn_makes_of_the_same_secret():
    made = turn_credentials(3, b"north", NOON, timedelta(hours=1))

    # printf 1795352400:3 | openssl dgst -sha1 -hmac north -binary | base64
    assert (made.name, made.password) == ("1795352400:3", "bW1BXoyXuAFVSfi3OlHo5ZP6CMU=")


def test_another_seat_secret_or_time_is_another_password():
    made = {
        turn_credentials(seat, secret, now).password
        for seat in (1, 2)
        for secret in (b"north", b"south")
        for now in (NOON, NOON + timedelta(seconds=1))
    }

    assert len(made) == 8


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        turn_credentials(1, b"north", NOON.replace(tzinfo=None))
