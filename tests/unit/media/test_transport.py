"""A connection's life by the clock: where it sends, when it stops, and what it leaves behind."""

from collections import Counter
from itertools import count
from typing import Any

import pytest
from tests.unit.media.test_handshake import RTP, Peer

from ascona.media.handshake import Identity, room
from ascona.media.mux import Address
from ascona.media.transport import (
    CHECKS_PER_SECOND,
    CONSENT_SECONDS,
    HANDSHAKE_SECONDS,
    UDP_SILENT_SECONDS,
    UNCHECKED_SECONDS,
    Transport,
)

HOME: Address = ("192.0.2.1", 1)
TRAIN: Address = ("192.0.2.2", 2)


class Native:
    """The port in C, and its only line."""

    def __init__(self) -> None:
        self.aimed: Address | None = None
        self.opened = False

    def line(self) -> "Native":
        return self

    def aim(self, keys: int, owner: object, address: Address) -> None:
        self.aimed = address

    def rest(self) -> None:
        self.aimed = None

    def open(self, keys: int, owner: object, receiver: object) -> None:
        self.opened = True

    def shut(self) -> None:
        self.opened = False


class Port:
    """A media port without a socket."""

    def __init__(self) -> None:
        self.native: Native | None = None
        self.endpoints: dict[str, Any] = {}
        self.places: dict[Address, Any] = {}
        self.sent: list[tuple[bytes, Address]] = []

    def send(self, datagram: bytes, address: Address) -> None:
        self.sent.append((bytes(datagram), address))  # an encrypted packet stands there only until the next

    sendto = send


class Line:
    """A transport, its port and its peer."""

    def __init__(self) -> None:
        self.port: Any = Port()
        self.port.native = Native()
        self.peer = Peer()
        self.counts: Counter[str] = Counter()
        self.changes: list[bool] = []
        numbers = count()
        self.transport = Transport(
            self.port, Identity(), self.peer.fingerprint, self, lambda length: f"{next(numbers):0{length}}", self.counts
        )

    def changed(self) -> None:
        self.changes.append(self.transport.sending)

    def receive_media(self, datagram: bytes, now: float) -> None:
        raise AssertionError("nobody sends here")

    def check(self, now: float, address: Address = HOME, nominated: bool = True, name: str | None = None) -> None:
        self.transport.checked(name or self.transport.credentials.name, address, nominated, now)

    def shake(self, now: float = 0.0) -> None:
        for _ in range(4):
            self.peer.step()
            flight = self.peer.take()
            if flight:
                self.transport.receive_handshake(flight, HOME, now)
            for answer, _ in self.port.sent:
                self.peer.tls.bio_write(answer)
            self.port.sent.clear()

    def shortly(self) -> Address | None:
        """Where a usual packet goes."""
        if not self.transport.way.aimed:
            return None
        before = len(self.port.sent)
        room[: len(RTP)] = RTP
        self.transport.way.send(len(RTP))
        [(datagram, address)] = self.port.sent[before:]
        assert datagram == self.port.sent[0][0], "the same bytes"
        del self.port.sent[before:]
        return address

    def reaches(self) -> list[Address]:
        """Where a packet goes now."""
        self.port.sent.clear()
        self.transport.send_packet(RTP, b"")
        places = [address for _, address in self.port.sent]
        by_udp = next((place for place in places if isinstance(place, tuple)), None)
        assert self.port.native.aimed == by_udp, "as in C"
        assert self.shortly() == by_udp, "and what is usual"
        return places


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def connected(line: Line) -> Line:
    line.check(0.0)
    line.shake()
    assert line.changes == [True]
    return line


def test_nothing_is_sent_before_there_are_keys(line):
    line.check(0.0)

    assert line.reaches() == []
    assert line.transport.opened_packet(RTP) is None


def test_sending_stops_without_consent_and_goes_on_with_it(connected):
    connected.transport.tick(CONSENT_SECONDS)
    assert connected.reaches() == [HOME]

    connected.transport.tick(CONSENT_SECONDS + 1)
    assert connected.reaches() == []

    connected.check(CONSENT_SECONDS + 2)
    assert connected.reaches() == [HOME]
    assert connected.changes == [True, False, True]


def test_a_handshake_that_takes_too_long_is_given_up(line):
    line.check(100.0)
    line.transport.tick(100.0 + HANDSHAKE_SECONDS)
    assert not line.transport.ended

    line.transport.tick(100.1 + HANDSHAKE_SECONDS)
    assert line.transport.ended
    assert line.counts["handshake_late"] == 1


def test_a_connection_that_was_never_tried_costs_nothing(line):
    line.transport.tick(1e6)

    assert not line.transport.ended


def test_who_moves_is_followed_once_the_new_way_is_nominated(connected):
    connected.check(1.0, TRAIN, nominated=False)
    assert connected.reaches() == [HOME]

    connected.check(2.0, TRAIN)
    assert connected.reaches() == [TRAIN]
    assert set(connected.port.places) == {HOME, TRAIN}


def test_only_the_last_few_addresses_are_listened_to(connected):
    for number in range(100):
        connected.check(1.0, ("192.0.2.3", number), nominated=False)

    assert len(connected.port.places) == 4
    assert HOME in connected.port.places


def test_old_names_hold_until_the_new_one_is_used(connected):
    first = connected.transport.credentials.name
    connected.transport.restart()
    second = connected.transport.credentials.name
    assert set(connected.port.endpoints) == {first, second}

    connected.check(1.0, name=first)
    assert connected.transport.password(first)

    connected.check(1.0, name=second)
    assert connected.transport.password(first) is None
    assert set(connected.port.endpoints) == {second}


def test_many_restarts_leave_two_names(connected):
    for _ in range(10):
        connected.transport.restart()

    assert len(connected.port.endpoints) == 2


def test_the_end_is_told_to_the_peer_and_leaves_nothing(connected):
    connected.port.sent.clear()
    connected.transport.close()
    connected.transport.close()

    assert [address for _, address in connected.port.sent] == [HOME]
    assert connected.port.endpoints == connected.port.places == {}
    assert connected.changes == [True, False]
    assert connected.reaches() == []


def test_a_peer_that_says_goodbye_is_let_go(connected):
    connected.peer.tls.shutdown()
    connected.transport.receive_handshake(connected.peer.take(), HOME, 1.0)

    assert connected.transport.ended
    assert connected.changes == [True, False]


def test_another_certificate_ends_the_connection(line):
    line.check(0.0)
    line.peer = Peer()

    line.shake()

    assert line.transport.ended
    assert line.counts["fingerprint_differs"] == 1
    assert line.changes == []


def test_the_password_is_as_long_as_the_standard_asks(line):
    assert 4 * len(line.transport.credentials.password) >= 128, "bits, in hexadecimal (RFC 8445 section 5.3)"


def test_what_has_ended_does_not_end_again(line):
    line.check(0.0)
    for turn in range(5):
        line.transport.tick(1.0 + HANDSHAKE_SECONDS + turn)

    assert line.counts["handshake_late"] == 1


def test_an_address_that_changes_hands_again_and_again_is_listed_once(connected):
    for _ in range(10):
        connected.port.places[HOME] = object()  # somebody else has proved to be there
        connected.check(1.0)
    assert connected.port.places[HOME] is connected.transport

    connected.transport.close()
    assert connected.port.places == {}


def test_tcp_takes_over_only_from_udp_that_has_fallen_silent(connected):
    by_tcp: Any = object()  # a connection stands where an address would
    connected.check(1.0)
    connected.check(1.1, by_tcp)
    assert connected.reaches() == [HOME]

    connected.check(1.2 + UDP_SILENT_SECONDS, by_tcp)
    assert connected.reaches() == [by_tcp]

    connected.check(1.3 + UDP_SILENT_SECONDS)
    assert connected.reaches() == [HOME]


def test_checks_beyond_what_any_browser_sends_are_not_answered_and_teach_nothing(connected):
    name = connected.transport.credentials.name
    answered = [connected.transport.checked(name, HOME, True, 10.0) for _ in range(int(3 * CHECKS_PER_SECOND))]
    assert sum(answered) == CHECKS_PER_SECOND
    assert connected.counts["too_many_checks"] == 2 * CHECKS_PER_SECOND

    connected.check(10.0, TRAIN)
    assert connected.reaches() == [HOME]
    assert TRAIN not in connected.port.places

    connected.check(10.5, TRAIN)
    assert connected.reaches() == [TRAIN]


def test_a_browser_with_many_ways_to_try_is_answered_on_each(connected):
    name = connected.transport.credentials.name

    assert all(connected.transport.checked(name, HOME, False, 10.0 + turn * 0.02) for turn in range(2_000))


def test_where_nobody_checks_any_more_is_left_for_where_somebody_does(connected):
    connected.check(10.0, HOME, nominated=False)
    connected.check(10.0 + UNCHECKED_SECONDS - 1, TRAIN, nominated=False)
    assert connected.reaches() == [HOME]

    connected.check(10.0 + UNCHECKED_SECONDS + 1, TRAIN, nominated=False)
    assert connected.reaches() == [TRAIN]
    assert HOME in connected.port.places, "it may still be heard from"
