"""Whose browser a cookie of a test belongs to: "max" is Max's own, "max/phone" another one of his."""

from ascona.core.people import Browser
from ascona.storage.invitations import Guest


def guest(cookie: str, room: str = "s1") -> Guest:
    person, _, browser = cookie.partition("/")
    return Guest(person, room, Browser(browser))
