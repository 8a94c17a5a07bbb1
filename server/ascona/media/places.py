"""
Where one peer is: the addresses it sends checks from, which of them have answered, and which one is sent to. Pure.

A valid check proves that its sender, or somebody who overheard the sender, knows a password. It does not prove that
the address it seems to come from is the sender's: source addresses can be forged, and checks repeated. An answer to a
question of our own does, because the question went nowhere else (RFC 9000 section 8.1 does the same for QUIC).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ascona.media.admission import Allowance
from ascona.media.intake import NEVER
from ascona.media.stream import Stream

Address = tuple[Any, ...] | Stream
"""A socket address as the `socket` module gives it (host and port, for IPv6 two numbers more), or a TCP connection."""

CONSENT_SECONDS = 30.0
"""Without an answer for so long, an address is believed no more, and sending stops (RFC 7675 section 5.1)."""

ASK_SECONDS = 4.0
"""How often an address that has answered is asked again, and how long one question's answer is waited for. Four to six
seconds are meant by RFC 7675 section 5.1."""

REPEAT_SECONDS = 0.1
"""Between two copies of a question to an address that has not answered: somebody may wait behind a lossy line."""

REPEAT_BELIEVED_SECONDS = 1.0
"""The same where the last answer still counts."""

AMPLIFICATION = 3
"""Times the bytes of its valid checks that an address gets before it has answered (RFC 9000 section 8.1)."""

CHECKS_PER_SECOND = 100.0
"""New connectivity checks taken from each address that has answered, and from all others of one person together; and as
many again that have come before. A browser with many ways to try sends one every 20 to 50 ms at first."""

UDP_SILENT_SECONDS = 3.0
"""Without a check for so long, a way by UDP may be left for one by TCP; browsers check the one in use more often."""

UNCHECKED_SECONDS = 12.0
"""Without a check for so long, where we send is left for any other address that has answered. The slowest check every 4
to 6 seconds, and some (aiortc, for one) nominate nothing twice."""

MOST = 4
"""Addresses of each sort, believed and not: a telephone between Wi-Fi and mobile has two."""

TRANSACTIONS = 512
"""Checks that are remembered, so that a copy from elsewhere is known for one: twenty minutes of a browser's."""

_MOST_EARLY = 4  # datagrams of a handshake; a large ClientHello takes two


@dataclass(slots=True)
class Question:
    """
    A binding request of ours that is not answered yet.

    Attributes:
        began: When it was asked first.
        repeated_at: When it last left, or was to leave and had to wait.
    """

    transaction: bytes
    datagram: bytes
    began: float
    repeated_at: float = NEVER


class Checks:
    """How many are taken: those that have come before, which may be repeated in anybody's name, cost no new one."""

    __slots__ = ("_new", "_repeated")

    def __init__(self) -> None:
        self._new, self._repeated = Allowance(CHECKS_PER_SECOND), Allowance(CHECKS_PER_SECOND)

    def take(self, now: float, new: bool) -> bool:
        """Whether one more is within the rate; `new`: it has not come before."""
        return (self._new if new else self._repeated).take(now)


class Place:
    """
    One address of a peer.

    Attributes:
        name: The user name fragment of ours it was last checked with.
        answered_at: When it last answered a question.
        checked_at: When the last check came from there that was no copy of an earlier one.
        nominated_at: When the peer last wished to be sent to there. A copy's wish is as old as what was copied.
        checks: What is taken from there.
        question: What it is to answer.
        early: Its handshake, as far as that came before an answer.
    """

    __slots__ = (
        "_credit",
        "address",
        "answered_at",
        "checked_at",
        "checks",
        "early",
        "name",
        "nominated_at",
        "question",
    )

    def __init__(self, address: Address, name: str) -> None:
        self.address = address
        self.name = name
        self.answered_at = self.checked_at = self.nominated_at = NEVER
        self.checks = Checks()
        self.question: Question | None = None
        self.early: list[bytes] = []
        self._credit = 0

    def believed(self, now: float) -> bool:
        """Whether it has answered, and not too long ago."""
        return now - self.answered_at <= CONSENT_SECONDS

    def earn(self, size: int) -> None:
        """So many bytes of a valid check have come from there."""
        self._credit += AMPLIFICATION * size

    def spend(self, size: int, now: float) -> bool:
        """Whether so many bytes may go there; they are taken for sent then."""
        if self.believed(now):
            return True
        if size > self._credit:
            return False
        self._credit -= size
        return True

    def keep(self, datagram: bytes) -> None:
        """Keep the beginning of a handshake until there is an answer."""
        if len(self.early) < _MOST_EARLY:
            self.early.append(datagram)

    def wants_asking(self, now: float) -> bool:
        """Whether it is time to ask, or to repeat what was asked."""
        believed = self.believed(now)
        if believed and now - self.answered_at < ASK_SECONDS:
            return False
        pause = REPEAT_BELIEVED_SECONDS if believed else REPEAT_SECONDS
        return self.question is None or now - self.question.repeated_at >= pause


class Places:
    """
    All addresses of one peer.

    Attributes:
        aimed: The one that is sent to.
    """

    def __init__(self) -> None:
        self._all: dict[Address, Place] = {}
        self.aimed: Place | None = None

    def __iter__(self) -> Iterator[Place]:
        return iter(list(self._all.values()))

    def get(self, address: Address) -> Place | None:
        """What is known of an address."""
        return self._all.get(address)

    def add(self, address: Address, name: str) -> Place:
        """Note one more."""
        place = self._all[address] = Place(address, name)
        return place

    def remove(self, place: Place) -> None:
        """Forget one."""
        del self._all[place.address]
        if place is self.aimed:
            self.aimed = None

    def surplus(self, kept: set[Address | None], now: float) -> Place | None:
        """
        One that is to be forgotten, as there are more than `MOST` of its sort: the one not checked for longest.

        Never the one that is sent to, nor one of those to be kept.
        """
        for sort in (True, False):
            same = [place for place in self._all.values() if place.believed(now) is sort]
            if len(same) > MOST:
                spare = [place for place in same if place is not self.aimed and place.address not in kept]
                return min(spare, key=lambda place: place.checked_at)
        return None

    def prefer(self, place: Place, nominated: bool, now: float) -> bool:
        """
        Whether an address that has just been checked, or has just answered, is where we send from now on.

        A nominated one (USE-CANDIDATE) is: Wi-Fi to mobile, or a NAT's new mind. So is any when the last one has not
        been checked for long. TCP takes over from UDP only once that is silent: some browsers nominate every way that
        answers (RFC 8445 section 8.1.1), and TCP answers last.
        """
        aimed = self.aimed
        if not place.believed(now) or aimed is place:
            return False
        if aimed is not None and aimed.believed(now) and now - aimed.checked_at <= UNCHECKED_SECONDS:
            udp, to_udp = isinstance(aimed.address, tuple), isinstance(place.address, tuple)
            gives_way = to_udp or not udp or now - aimed.checked_at > UDP_SILENT_SECONDS
            if not (nominated and gives_way):
                return False
        self.aimed = place
        return True


class First(NamedTuple):
    """When a check came for the first time, and from where."""

    address: Address
    at: float


class Transactions:
    """
    Which checks have come: one that comes again from elsewhere is a copy, or what a copy has overtaken.

    Which of the two shows when both addresses are asked: only the peer can answer.
    """

    def __init__(self) -> None:
        self._seen: dict[bytes, First] = {}

    def first(self, transaction: bytes) -> First | None:
        """How it came first; None: it is new, or older than those that are remembered."""
        return self._seen.get(transaction)

    def note(self, transaction: bytes, address: Address, now: float) -> None:
        """Remember a new one."""
        self._seen[transaction] = First(address, now)
        if len(self._seen) > TRANSACTIONS:
            del self._seen[next(iter(self._seen))]
