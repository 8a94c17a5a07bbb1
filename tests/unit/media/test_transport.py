"""A connection's life by the clock: where it sends, when it stops, and what it leaves behind."""

from collections import Counter
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.media.test_handshake import RTP, Peer

from ascona.media.answer import Credentials
from ascona.media.checks import Check
from ascona.media.handshake import Identity, room
from ascona.media.mux import Asked, Mux
from ascona.media.places import (
    AMPLIFICATION,
    ASK_SECONDS,
    CHECKS_PER_SECOND,
    CONSENT_SECONDS,
    MOST,
    TRANSACTIONS,
    UDP_SILENT_SECONDS,
    UNCHECKED_SECONDS,
    Address,
)
from ascona.media.stream import Stream
from ascona.media.transport import HANDSHAKE_SECONDS, RECORDS_PER_SECOND, Transport

THEM = Credentials("them", "p" * 22, "of no interest")
HOME: Address = ("192.0.2.1", 1)
TRAIN: Address = ("192.0.2.2", 2)


class Native:
    """The port in C, and its only line."""

    def __init__(self) -> None:
        self.aimed: Address | None = None
        self.opened = False
        self.from_: Address | None = None

    def heard(self) -> Address | None:
        return self.from_

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
        self.asked: dict[bytes, Asked] = {}
        self.sent: list[tuple[bytes, Address]] = []

    def send(self, datagram: bytes, address: Address) -> None:
        self.sent.append((bytes(datagram), address))  # an encrypted packet stands there only until the next

    sendto = send

    def handshakes(self) -> list[bytes]:
        """What has been sent of handshakes since the last time; the rest of it is forgotten."""
        sent, self.sent = self.sent, []
        return [datagram for datagram, _ in sent if 19 < datagram[0] < 64]

    claim = Mux.claim  # the rule itself

    def answer(self, address: Address, now: float) -> None:
        """Whoever is at this address answers what was asked there."""
        for asked in [one for one in self.asked.values() if one.address == address]:
            asked.answered(now)


_transactions = count()


def checked(
    transport: Transport,
    port: Port,
    now: float,
    address: Address = HOME,
    nominated: bool = True,
    name: str | None = None,
    answers: bool = True,
    transaction: bytes | None = None,
) -> None:
    """A valid check comes from an address, and perhaps an answer to what it is asked."""
    new = next(_transactions).to_bytes(12, "big")
    check = Check(name or transport.credentials.name, transaction or new, nominated, size=100)
    transport.checked(check, address, now)
    if answers:
        port.answer(address, now)


class Line:
    """A transport, its port and its peer."""

    def __init__(self) -> None:
        self.port: Any = Port()
        self.port.native = Native()
        self.peer = Peer()
        self.counts: Counter[str] = Counter()
        self.changes: list[bool] = []
        self.spoken = 0
        numbers = count()
        self.transport = Transport(
            self.port,
            Identity(),
            Credentials("them", "p" * 22, self.peer.fingerprint),
            self,
            lambda length: f"{next(numbers):0{length}}",
            self.counts,
        )

    def changed(self) -> None:
        self.changes.append(self.transport.sending)

    def receive_media(self, datagram: bytes, now: float) -> None:
        raise AssertionError("nobody sends here")

    def check(self, now: float, address: Address = HOME, nominated: bool = True, **more: Any) -> None:
        checked(self.transport, self.port, now, address, nominated, **more)

    def shake(self, now: float = 0.0) -> None:
        for _ in range(4):
            self.peer.step()
            flight = self.peer.take()
            if flight:
                self.transport.receive_handshake(flight, HOME, now)
            for answer in self.port.handshakes():
                self.peer.tls.bio_write(answer)

    def speak(self) -> bytes:
        """One more packet: none is encrypted twice."""
        self.spoken += 1
        return RTP[:2] + self.spoken.to_bytes(2, "big") + RTP[4:]

    def media(self) -> list[Address]:
        """Where packets of media have gone since the last time."""
        sent, self.port.sent = self.port.sent, []
        return [address for datagram, address in sent if 127 < datagram[0] < 192]

    def shortly(self) -> list[Address]:
        """Where a usual packet goes."""
        if not self.transport.way.aimed:
            return []
        packet = self.speak()
        room[: len(packet)] = packet
        self.transport.way.send(len(packet))
        return self.media()

    def reaches(self) -> list[Address]:
        """Where a packet goes now."""
        self.port.sent.clear()
        self.transport.send_packet(self.speak(), b"")
        places = self.media()
        by_udp = [place for place in places if isinstance(place, tuple)]
        assert [self.port.native.aimed] == (by_udp or [None]), "as in C"
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


def test_a_packet_is_encrypted_once(connected):
    packet = connected.speak()
    connected.transport.send_packet(packet, b"")
    connected.transport.send_packet(packet, b"")

    assert connected.media() == [HOME]
    assert connected.counts["not_protected"] == 1


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
        connected.check(1.0 + number / 20, ("192.0.2.3", number), nominated=False)

    assert len(connected.port.places) == MOST
    assert HOME in connected.port.places


def test_addresses_that_do_not_answer_push_out_none_that_did_nor_where_media_comes_from(connected):
    connected.check(1.0, TRAIN, nominated=False)
    by_wire: Address = ("192.0.2.4", 4)
    connected.check(1.0, by_wire, nominated=False, answers=False)
    connected.port.native.from_ = by_wire  # genuine media, as C has seen it
    for number in range(100):
        connected.check(2.0 + number / 10, ("192.0.2.3", number), answers=False)

    assert connected.port.places.keys() > {HOME, TRAIN, by_wire}
    assert len(connected.port.places) == 2 + MOST
    assert connected.reaches() == [HOME]


def test_addresses_that_answered_long_ago_are_no_more_than_others(connected):
    for number in range(2 * MOST):
        connected.check(1.0 + number, ("192.0.2.3", number), nominated=False)
    for number in range(2 * MOST):
        connected.check(2 * CONSENT_SECONDS, ("192.0.2.4", number), nominated=False, answers=False)

    assert len(connected.port.places) <= MOST + 1, "the one that is sent to, were there consent"


# --- addresses that have not answered ---


def sent_to(line: Line, address: Address) -> int:
    """Bytes."""
    return sum(len(datagram) for datagram, place in line.port.sent if place == address)


def test_a_wish_that_came_before_the_answer_counts_unless_there_was_another_since(connected):
    connected.check(1.0, TRAIN, answers=False)
    connected.check(1.1)
    connected.port.answer(TRAIN, 1.2)
    assert connected.reaches() == [HOME]

    elsewhere: Address = ("192.0.2.7", 7)
    connected.check(2.0, elsewhere, answers=False)
    connected.check(2.1, nominated=False)
    connected.port.answer(elsewhere, 2.2)
    assert connected.reaches() == [elsewhere]


def test_an_address_that_has_not_answered_gets_little_more_than_came_and_nothing_else_goes_there(connected):
    connected.port.sent.clear()
    for turn in range(600):  # half a minute
        if turn % 200 == 0:
            connected.check(1.0 + turn / 20, TRAIN, answers=False)
        if turn % 80 == 0:
            connected.check(1.0 + turn / 20)
        connected.transport.tick(1.0 + turn / 20)
        connected.transport.send_packet(connected.speak(), b"")

    assert 0 < sent_to(connected, TRAIN) <= AMPLIFICATION * 3 * 100
    assert TRAIN not in connected.media()


def test_nothing_is_agreed_with_an_address_that_has_not_answered_and_what_came_from_there_counts_once_it_has(line):
    line.check(0.0, answers=False)
    line.peer.step()
    line.transport.receive_handshake(line.peer.take(), HOME, 0.0)
    line.transport.tick(0.05)
    assert all(datagram[0] < 4 for datagram, _ in line.port.sent), "checks and questions"

    line.port.answer(HOME, 0.1)
    assert any(19 < datagram[0] < 64 for datagram, _ in line.port.sent)
    line.shake()
    assert line.changes == [True]


def test_a_question_is_repeated_until_it_is_answered_as_far_as_the_checks_pay_for_it(line):
    line.check(0.0, answers=False)
    for turn in range(20):
        line.transport.tick(turn / 20)

    questions = [datagram for datagram, _ in line.port.sent if datagram[:2] == b"\x00\x01"]
    assert len(questions) == 2
    assert len(set(questions)) == 1, "the same: any copy may be the one that is answered"


def test_where_it_answers_from_is_asked_again_and_consent_lasts_as_long_as_it_answers(connected):
    now = 0.0
    for _ in range(30):
        now += ASK_SECONDS / 2
        connected.transport.tick(now)
        connected.port.answer(HOME, now)
    assert connected.reaches() == [HOME], "without one more check"

    for turn in range(int(CONSENT_SECONDS) + 1):
        connected.check(now + turn, answers=False)
        connected.transport.tick(now + turn)
    assert connected.reaches() == [HOME]
    connected.transport.tick(now + CONSENT_SECONDS + 2)
    assert connected.reaches() == [], "checks are no consent"


def test_an_old_answer_is_none(connected):
    connected.transport.tick(ASK_SECONDS)
    [old] = connected.port.asked
    connected.transport.tick(3 * ASK_SECONDS)

    assert old not in connected.port.asked


def test_a_check_that_comes_again_from_elsewhere_is_not_answered_there_and_whoever_sent_it_is_only_asked(connected):
    overheard = b"overheard..."
    connected.check(1.0, transaction=overheard)
    connected.port.sent.clear()

    for number in range(50):
        connected.check(1.0, ("192.0.2.66", number), answers=False, transaction=overheard)
    assert {datagram[:2] for datagram, _ in connected.port.sent} == {b"\x00\x01"}, "questions"
    assert sent_to(connected, ("192.0.2.66", 7)) <= AMPLIFICATION * 100
    assert len(connected.port.places) == 1 + MOST
    assert connected.reaches() == [HOME]
    assert connected.counts["copied_checks"] == 50


def test_who_overhears_and_is_quicker_does_not_keep_the_peer_from_a_new_address(connected):
    both = b"overheard..."
    connected.check(1.0, ("192.0.2.66", 6), answers=False, transaction=both)
    connected.check(1.0, TRAIN, transaction=both)

    assert connected.counts["copied_checks"] == 1
    assert connected.reaches() == [TRAIN]
    connected.port.sent.clear()
    connected.check(1.1, TRAIN, transaction=both)
    assert sent_to(connected, TRAIN) > 0, "now it is answered"


def test_a_flood_of_copies_keeps_the_peer_from_no_new_address(connected):
    overheard, in_their_name = b"overheard...", b"in a name..."
    connected.check(9.0, transaction=overheard)
    connected.check(9.0, ("192.0.2.66", 6), answers=False, transaction=in_their_name)
    for turn in range(1000):
        connected.check(10.0 + turn / 500, transaction=overheard)
        connected.check(10.0 + turn / 500, ("192.0.2.66", 6), answers=False, transaction=in_their_name)
    connected.check(12.0, TRAIN)

    assert connected.counts["too_many_checks"] > 0
    assert connected.reaches() == [TRAIN]


def test_a_check_that_comes_again_from_where_the_peer_was_does_not_bring_them_back(connected):
    overheard = b"overheard..."
    connected.check(1.0, transaction=overheard)
    connected.check(2.0, TRAIN)
    for turn in range(20):
        connected.check(3.0 + turn, TRAIN, nominated=False)
        connected.check(3.0 + turn, transaction=overheard)

    assert connected.reaches() == [TRAIN]

    later = 2 * CONSENT_SECONDS
    connected.check(later, TRAIN, nominated=False)
    connected.check(later, transaction=overheard)
    assert connected.port.places[HOME] is connected.transport, "it has answered there once more"
    assert connected.reaches() == [TRAIN], "and the wish is an old one"


def test_who_overhears_and_is_quicker_keeps_the_peer_from_nothing_where_they_have_answered(connected):
    for turn in range(40):
        both = turn.to_bytes(12, "big")
        connected.check(1.0 + turn, ("192.0.2.66", 6), answers=False, transaction=both)
        connected.port.sent.clear()
        connected.check(1.0 + turn, transaction=both)
        connected.transport.tick(1.0 + turn)
        assert sent_to(connected, HOME) > 0

    assert connected.reaches() == [HOME]


def test_as_many_checks_as_are_remembered_and_no_more(connected):
    for turn in range(2 * TRANSACTIONS):
        connected.check(1.0 + turn)

    assert len(connected.transport._transactions._seen) == TRANSACTIONS


def test_a_flood_from_addresses_that_do_not_answer_costs_the_peer_no_check(connected):
    for turn in range(100):
        for number in range(10):
            connected.check(10.0 + turn / 100, ("192.0.2.66", number), answers=False)
    connected.port.sent.clear()
    connected.check(11.0, nominated=False)

    assert connected.counts["too_many_checks"] > 0
    assert sent_to(connected, HOME) > 0


def test_a_flood_of_copies_in_the_peers_own_name_costs_them_no_check_either(connected):
    overheard = b"overheard..."
    connected.check(9.0, transaction=overheard)
    for turn in range(1000):
        connected.check(10.0 + turn / 500, transaction=overheard)
    connected.port.sent.clear()
    connected.check(12.0, nominated=False)

    assert connected.counts["too_many_checks"] > 0
    assert sent_to(connected, HOME) > 0


class Other:
    """Somebody else's connection, which has answered from an address of its own until a moment."""

    def __init__(self, until: float) -> None:
        self.until = until

    def holds(self, address: Address, now: float) -> bool:
        return now <= self.until


def test_an_address_where_another_one_answers_is_not_taken_and_not_even_asked(connected):
    another: Any = Other(until=10.0)
    connected.port.places[TRAIN] = another
    connected.port.sent.clear()
    for turn in range(10):
        connected.check(1.0 + turn, TRAIN)
    assert connected.port.places[TRAIN] is another
    assert sent_to(connected, TRAIN) == 0
    assert connected.reaches() == [HOME]

    connected.check(11.0, TRAIN)
    assert connected.port.places[TRAIN] is connected.transport
    assert connected.reaches() == [TRAIN]


def test_of_two_that_have_not_answered_the_last_is_listened_to_and_an_answer_outdoes_it(connected):
    another: Any = Other(until=-1.0)
    connected.port.places[TRAIN] = another
    connected.check(1.0, TRAIN, answers=False)
    assert connected.port.places[TRAIN] is connected.transport

    connected.port.places[TRAIN] = another
    connected.port.answer(TRAIN, 1.1)
    assert connected.port.places[TRAIN] is connected.transport


def test_a_check_that_another_connection_sent_ahead_keeps_no_handshake_away(line):
    another: Any = Other(until=-1.0)
    line.port.places[HOME] = another
    line.check(0.0, answers=False)
    line.peer.step()
    line.port.places[HOME].receive_handshake(line.peer.take(), HOME, 0.0)
    line.port.answer(HOME, 0.1)

    line.shake()
    assert line.changes == [True]


def test_who_restarts_is_asked_by_the_names_of_the_new_offer(connected):
    connected.transport.restart(Credentials("anew", "q" * 22, "of no interest"))
    connected.check(1.0, TRAIN, answers=False)

    assert {asked.password for asked in connected.port.asked.values()} == {"q" * 22}
    assert any(b"anew:" in datagram for datagram, place in connected.port.sent if place == TRAIN)


def test_dtls_records_beyond_what_anybody_needs_are_not_read(connected):
    for _ in range(int(5 * RECORDS_PER_SECOND)):
        connected.transport.receive_handshake(b"\x17" + bytes(20), HOME, 1.0)

    assert connected.counts["too_many_records"] == 4 * RECORDS_PER_SECOND
    assert not connected.transport.ended


# --- ICE restarts, and the end ---


def test_old_names_hold_until_the_new_one_is_used(connected):
    first = connected.transport.credentials.name
    connected.transport.restart(THEM)
    second = connected.transport.credentials.name
    assert set(connected.port.endpoints) == {first, second}

    connected.check(1.0, name=first)
    assert connected.transport.password(first)

    connected.check(1.0, name=second)
    assert connected.transport.password(first) is None
    assert set(connected.port.endpoints) == {second}


def test_many_restarts_leave_two_names(connected):
    for _ in range(10):
        connected.transport.restart(THEM)

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
    for turn in range(10):
        connected.port.places[HOME] = Other(until=-1.0)
        connected.transport._places.get(HOME).answered_at = -CONSENT_SECONDS
        connected.check(1.0 + turn)
    assert connected.port.places[HOME] is connected.transport

    connected.transport.close()
    assert connected.port.places == {}


async def test_tcp_takes_over_only_from_udp_that_has_fallen_silent(connected):
    by_tcp = Stream(cast(Any, SimpleNamespace(clock=lambda: 0.0)))  # stands where an address would
    by_tcp.peer = TRAIN
    connected.check(1.0)
    connected.check(1.1, by_tcp)
    assert connected.reaches() == [HOME]

    connected.check(1.2 + UDP_SILENT_SECONDS, by_tcp, nominated=False)
    connected.transport.tick(1.2 + UDP_SILENT_SECONDS)
    connected.port.answer(by_tcp, 1.2 + UDP_SILENT_SECONDS)
    assert connected.reaches() == [HOME], "it is wished for no more"
    connected.check(1.2 + UDP_SILENT_SECONDS, by_tcp)
    assert connected.reaches() == [by_tcp]

    connected.check(1.3 + UDP_SILENT_SECONDS)
    assert connected.reaches() == [HOME]


def test_checks_beyond_what_any_browser_sends_are_not_answered_and_teach_nothing(connected):
    answers = len(connected.port.sent)
    for _ in range(int(3 * CHECKS_PER_SECOND)):
        connected.check(10.0)
    assert len([one for one in connected.port.sent[answers:] if one[0][:2] == b"\x01\x01"]) == CHECKS_PER_SECOND
    assert connected.counts["too_many_checks"] == 2 * CHECKS_PER_SECOND

    for _ in range(int(3 * CHECKS_PER_SECOND)):
        connected.check(10.0, TRAIN, answers=False)
    elsewhere: Address = ("192.0.2.5", 5)
    connected.check(10.0, elsewhere)
    assert connected.reaches() == [HOME]
    assert elsewhere not in connected.port.places

    connected.check(10.5, elsewhere)
    assert connected.reaches() == [elsewhere]


def test_a_browser_with_many_ways_to_try_is_answered_on_each(connected):
    for turn in range(2_000):
        connected.check(10.0 + turn * 0.02, nominated=False)

    assert connected.counts["too_many_checks"] == 0


def test_where_nobody_checks_any_more_is_left_for_where_somebody_does(connected):
    connected.check(10.0, HOME, nominated=False)
    connected.check(10.0 + UNCHECKED_SECONDS - 1, TRAIN, nominated=False)
    assert connected.reaches() == [HOME]

    connected.check(10.0 + UNCHECKED_SECONDS + 1, TRAIN, nominated=False)
    assert connected.reaches() == [TRAIN]
    assert HOME in connected.port.places, "it may still be heard from"
