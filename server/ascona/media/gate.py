"""Whether one person's sound or picture reaches one listener, and how much of it has."""

from collections import Counter
from dataclasses import dataclass

from ascona.core.media_plan import Kind
from ascona.media.output import Output
from ascona.media.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Counts:
    """Packets of one route: sent on, and dropped because the gate was shut."""

    forwarded: int
    dropped: int

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.forwarded + other.forwarded, self.dropped + other.dropped)


class Gate:
    """
    Shut until it is opened. The lists it changes are the enforcement; the gate remembers which.

    Args:
        arrived: The sender's packets so far, by kind: dropped is what arrived while the gate was shut.
    """

    def __init__(self, kind: Kind, arrived: Counter[Kind]) -> None:
        self._kind = kind
        self._arrived = arrived
        self._publisher: Publisher | None = None
        self._output: Output | None = None
        self._forwarded_before = 0
        self._shut_since = arrived[kind]
        self._forwarded = self._dropped = 0

    def leads(self, publisher: Publisher | None, output: Output | None) -> bool:
        """Whether it is open from this publisher to this output, or shut if either is None."""
        if publisher is None or output is None:
            return self._output is None
        return self._publisher is publisher and self._output is output

    def open(self, publisher: Publisher, output: Output, now: float) -> None:
        """Let packets through from the next one, or the next key frame, on."""
        self._dropped += self._arrived[self._kind] - self._shut_since
        self._publisher, self._output = publisher, output
        self._forwarded_before = output.forwarded
        publisher.admit(output, now)

    def shut(self) -> None:
        """Let nothing through that arrives after this."""
        if self._publisher is None or self._output is None:
            return
        self._publisher.dismiss(self._output)
        self._forwarded += self._output.forwarded - self._forwarded_before
        self._publisher = self._output = None
        self._shut_since = self._arrived[self._kind]

    def counts(self) -> Counts:
        """What has passed and what has not, since both people came."""
        if self._output is not None:
            return Counts(self._forwarded + self._output.forwarded - self._forwarded_before, self._dropped)
        return Counts(self._forwarded, self._dropped + self._arrived[self._kind] - self._shut_since)
