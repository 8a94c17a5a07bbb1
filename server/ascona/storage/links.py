"""When a personal link opens the door, and how its secret is read: a few times, and two rules."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_SECRET = re.compile(r"[0-9a-fA-F]{32}")


def secret_in(text: str) -> str | None:
    """
    The secret at the beginning of what came after the `#` of a link; None where it is none, or not all of one.

    Mail programs and chats make what stands behind a link part of it, and some write it in capitals.
    """
    found = _SECRET.match(text)
    return found.group().lower() if found else None


class TooEarly(Exception):
    """
    A good link, before its time.

    Attributes:
        opens_at: Aware UTC.
    """

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(opens_at)
        self.opens_at = opens_at


@dataclass(frozen=True, slots=True)
class LinkTimes:
    """
    Attributes:
        before: How long before its session begins a link opens the door.
        after: How long it does after the session's end; a little, for whoever comes back too late to read why.
        undated: How long it does where nobody said when the session begins.
    """

    before: timedelta = timedelta(hours=1)
    after: timedelta = timedelta(hours=1)
    undated: timedelta = timedelta(days=30)

    def window(self, starts: datetime | None, length: timedelta, now: datetime) -> tuple[datetime, datetime]:
        """From when until when a link is good that is made now, for a session of this length."""
        if starts is None:
            return now - self.before, now + self.undated  # from before: two processes' clocks differ a little
        return starts - self.before, starts + length + self.after


RUNS_OVER = timedelta(hours=12)
"""A session that has begun keeps its links so much longer: whoever loses their line late in the evening comes back."""


@dataclass(frozen=True, slots=True)
class Link:
    """
    A personal link.

    Attributes:
        opens_at, expires_at: As planned.
        begun: Its session has been opened.
        ended_at: When its session ended; None: not yet.
    """

    opens_at: datetime
    expires_at: datetime
    begun: bool
    ended_at: datetime | None

    def is_good(self, now: datetime, times: LinkTimes) -> bool:
        """
        Whether it opens the door.

        Raises:
            TooEarly: Not yet, but it will.
        """
        if self.ended_at is not None:
            return now < self.ended_at + times.after
        if now >= self.expires_at + (RUNS_OVER if self.begun else timedelta()):
            return False
        if now < self.opens_at and not self.begun:
            raise TooEarly(self.opens_at)
        return True
