"""Who had agreed to what is asked of everyone before a session's journal said so."""

from collections.abc import Iterable
from itertools import takewhile

from ascona.core import events as e


def came_before(history: Iterable[e.Event]) -> frozenset[str]:
    """
    The people who came when only the page asked whether they agree, and the server did not record it.

    Every journal that was begun since then starts with an `Agreed`: nothing happens before a first knock. So these are
    the people who had knocked or were let in before the first one. A person who comes later is recorded themselves.
    """
    before = takewhile(lambda event: not isinstance(event, e.Agreed), history)
    return frozenset(event.person for event in before if isinstance(event, e.Knocked | e.Admitted))
