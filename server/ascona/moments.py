"""A date and time as people write it, and said back to them: which one was understood decides who gets in."""

from dataclasses import dataclass
from datetime import UTC, datetime

EXAMPLE = "2026-11-24T19:30 or 2026-11-24T19:30+01:00"


class NoMoment(Exception):
    """There is no such time; the message is a sentence for whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """
    Attributes:
        at: Aware, in the zone that was written, or else this machine's.
        remark: A sentence on what had to be chosen; empty where nothing had to.
    """

    at: datetime
    remark: str = ""


def read_moment(text: str) -> Moment:
    """
    What is meant by `text`, ISO 8601; of this machine's zone where none is given.

    Raises:
        NoMoment: If it is no time, or an hour that the clock leaves out.
    """
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise NoMoment(f"“{text}” is not a time such as {EXAMPLE}.") from None
    if written.tzinfo is not None:
        return Moment(written)
    first, second = (written.replace(fold=fold).astimezone() for fold in (0, 1))
    if first.astimezone(UTC).astimezone().replace(tzinfo=None) != written.replace(fold=0):
        raise NoMoment(f"“{text}” does not exist in this machine's zone: the clock is put forward over it.")
    here = f"Without a zone this machine's was taken, {first.tzname()}; another is written {text}+01:00."
    if first.utcoffset() == second.utcoffset():
        return Moment(first, here)
    return Moment(
        first,
        f"That time comes twice, for the clock is put back; the first is meant, {first.tzname()}. "
        f"The second is written {second.isoformat(timespec='minutes')}.",
    )


def said(at: datetime, beside: datetime | None = None) -> str:
    """A moment in full, in its zone; of the same day as another one only the time."""
    if beside is not None and at.date() == beside.date():
        return f"{at:%H:%M}"
    return f"{at:%A} {at.day} {at:%B %Y}, {at:%H:%M}"


def zone(at: datetime) -> str:
    """Of an aware moment: `UTC`, `CET (UTC+01:00)` or `UTC+01:00`."""
    offset = f"UTC{at.isoformat()[-6:]}" if at.utcoffset() else "UTC"
    name = at.tzname() or offset
    return name if name.startswith("UTC") else f"{name} ({offset})"
