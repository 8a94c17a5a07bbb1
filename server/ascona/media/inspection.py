"""What the lists of a room really hold, whoever put it there; and how to take out what must not be there."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from ascona.core.invariants import Wiring
from ascona.core.media_plan import Route
from ascona.media.output import Output
from ascona.media.publisher import Publisher

if TYPE_CHECKING:
    from ascona.media.room import Person

NOBODY = ("", -1)
"""Whose output that is which belongs to no connection of the room, and its slot."""


def wiring(people: Mapping[str, "Person"]) -> Wiring:
    """What would be forwarded now: who is on anybody's list, and whose packets could be repeated to whom."""
    lines = {
        name: len({slot for slot, _ in person.connection.outputs})
        for name, person in people.items()
        if person.connection is not None and person.connection.up
    }
    return Wiring(lines, frozenset((route, slot) for route, slot, _, _ in _ways(people)))


def sweep(people: Mapping[str, "Person"], allowed: Callable[[Route, int], bool]) -> None:
    """Take every output from every list where it is not allowed. Nothing opens."""
    for route, slot, publisher, output in list(_ways(people)):
        if not allowed(route, slot):
            if publisher is not None:
                publisher.dismiss(output)
            output.follow(None)


def _ways(people: Mapping[str, "Person"]) -> Iterator[tuple[Route, int, Publisher | None, Output]]:
    """Each way of a packet: its route and slot, and the ends that make it."""
    connections = {name: person.connection for name, person in people.items() if person.connection is not None}
    whose = {
        output: (name, slot) for name, connection in connections.items()
        for (slot, _), output in connection.outputs.items()
    }  # fmt: skip
    for sender, connection in connections.items():
        for output in connection.publisher.reached():
            receiver, slot = whose.get(output, NOBODY)
            yield Route(sender, receiver, output.kind), slot, connection.publisher, output
    sources = {track: name for name, connection in connections.items() for track in connection.publisher.tracks()}
    for output, (receiver, slot) in whose.items():
        if output.source is not None:  # what it once sent can be asked for again
            sender = sources.get(output.source, "")
            publisher = connections[sender].publisher if sender else None
            yield Route(sender, receiver, output.kind), slot, publisher, output
