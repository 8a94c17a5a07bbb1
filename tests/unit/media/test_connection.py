"""A whole connection, encrypted, without a network: signs of life, repairs and reports, and the gate over them."""

import gc
import weakref
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from pylibsrtp import Policy, Session
from tests.support.streams import AUDIO_TYPE, VIDEO_TYPE, datagram, vp8
from tests.unit.media.test_handshake import SRTP_PROFILES, Peer
from tests.unit.media.test_offer import CHROMIUM
from tests.unit.media.test_transport import HOME, Port, checked

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.admission import EXCESS_SECONDS, PER_SECOND
from ascona.media.answer import Sources
from ascona.media.connection import Connection
from ascona.media.estimate import START
from ascona.media.handshake import Identity
from ascona.media.offer import read_offer
from ascona.media.packet import Packet, read_packet

SLOTS = [Sources(10, 11, 12), Sources(20, 21, 22)]
FIRST_FINGERPRINT = read_offer(CHROMIUM, 2).fingerprint
TURNS = 20
"""Of the clock, in one second."""


class Browser:
    """A peer with keys, connected."""

    def __init__(self) -> None:
        self.port: Any = Port()
        self.counts: Counter[str] = Counter()
        peer = Peer()
        self.connection = Connection(
            offer=read_offer(CHROMIUM.replace(FIRST_FINGERPRINT, peer.fingerprint), 2),
            slots=SLOTS,
            ssrc=5,
            arrived=Counter(),
            mux=self.port,
            identity=Identity(),
            changed=lambda: None,
            began=0.0,
            epoch=1000.0,
            bits=lambda length: 100,
            token=lambda length: "f" * length,
            counts=self.counts,
        )
        self._shake(peer)
        profile = SRTP_PROFILES[0]
        material = peer.tls.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length)
        )
        self.outbound, self.inbound = (
            Session(
                Policy(
                    key=profile.get_key_and_salt(material, side),
                    ssrc_type=direction,
                    srtp_profile=profile.libsrtp_profile,
                )
            )
            for side, direction in enumerate((Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND))
        )
        self.spoken = 0

    def _shake(self, peer: Peer) -> None:
        transport = self.connection.transport
        checked(transport, self.port, 0.0)
        for _ in range(4):
            peer.step()
            flight = peer.take()
            if flight:
                transport.receive_handshake(flight, HOME, 0.0)
            for answer in self.port.handshakes():
                peer.tls.bio_write(answer)
        assert self.connection.up

    def speak(self, now: float = 0.0) -> None:
        self.spoken += 1
        packet = datagram(AUDIO_TYPE, self.spoken, 960 * self.spoken, 30, b"voice")
        self.connection.receive_media(self.outbound.protect(packet), now)

    def show(self, number: int, key: bool = False) -> None:
        packet = datagram(VIDEO_TYPE, number, 3000 * number, 31, vp8(number, key=key), b"\xa0h")
        self.connection.receive_media(self.outbound.protect(packet), 0.0)

    def report(self, report: bytes, now: float = 0.0) -> None:
        self.connection.receive_media(self.outbound.protect_rtcp(report), now)

    def received(self) -> list[Packet | list[rtcp.Heard]]:
        """What has come since the last time."""
        sent, self.port.sent = self.port.sent, []
        return [
            rtcp.read_rtcp(self.inbound.unprotect_rtcp(one))
            if 192 <= one[1] <= 223
            else read_packet(self.inbound.unprotect(one))[0]
            for one, _ in sent
        ]


@pytest.fixture
def ada() -> Browser:
    return Browser()


@pytest.fixture
def ben() -> Browser:
    return Browser()


def test_what_a_connection_held_is_free_as_soon_as_it_has_ended(ada, ben):
    """Its keys, its OpenSSL, its last pictures: a collector that looks at everything comes once in a quarter hour."""
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.VIDEO], 0.0)
    ada.speak()
    ada.show(1, key=True)
    kept = [weakref.ref(part) for part in (ada.connection, ada.connection.transport, ada.connection.publisher)]
    gc.disable()
    try:
        ada.connection.publisher.silence()
        ada.connection.close()
        del ada.connection
        assert [part() for part in kept] == [None] * 3
    finally:
        gc.enable()


def test_a_browser_hears_of_the_server_every_300_ms_whoever_sends(ada):
    for turn in range(1, TURNS + 1):
        ada.connection.tick(turn / TURNS, turn)

    assert ada.received() == [[]] * 3


def test_the_publishers_clock_reaches_those_who_hear_them(ada, ben):
    ear = ben.connection.outputs[0, Kind.AUDIO]
    ada.connection.publisher.admit(ear, 0.0)
    ada.speak()
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5))

    packet, report = ben.received()
    assert isinstance(packet, Packet)
    assert report == [rtcp.SenderReport(10, rtcp.ntp_time(1000.0), packet.timestamp)]

    ada.connection.publisher.dismiss(ear)
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5))
    assert ben.received() == []


def test_a_listener_who_misses_a_picture_gets_it_again_while_the_gate_is_open(ada, ben):
    eye = ben.connection.outputs[0, Kind.VIDEO]
    ada.connection.publisher.admit(eye, 0.0)
    ada.show(1, key=True)
    ada.show(2)
    _, second = ben.received()
    assert isinstance(second, Packet)
    missed = rtcp.nack(1, 11, [second.sequence])

    ben.report(missed)
    (repair,) = ben.received()
    assert isinstance(repair, Packet)
    assert (repair.ssrc, repair.payload[2:]) == (12, second.payload)

    ada.connection.publisher.dismiss(eye)
    ben.report(missed)
    assert ben.received() == []


def watched(speaker: Browser, listener: Browser) -> Packet:
    """The first packet that somebody sees of a picture."""
    speaker.connection.publisher.admit(listener.connection.outputs[0, Kind.VIDEO], 0.0)
    speaker.show(1, key=True)
    (seen,) = listener.received()
    assert isinstance(seen, Packet)
    return seen


def bad_air(listener: Browser) -> None:
    """Five packets of a hundred are lost on the way to somebody."""
    losses = listener.connection.estimate.losses
    losses.count(11, 0, 0, 0.0)
    losses.count(11, 1000, 50, 1.0)
    losses.pass_time(0.25)
    listener.connection.estimate.time(0.04, 0.0)


def test_what_is_repeated_again_and_again_is_encrypted_under_a_number_of_its_own_each_time(ada, ben):
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.VIDEO], 0.0)
    ada.show(1, key=True)
    ada.show(2)
    _, second = ben.received()
    assert isinstance(second, Packet)

    for turn in range(1, 300):
        ben.report(rtcp.nack(1, 11, [second.sequence]), float(turn))
    repairs = [one for one in ben.received() if isinstance(one, Packet)]

    assert [repair.payload[2:] for repair in repairs] == [second.payload] * 299
    assert len({repair.sequence for repair in repairs}) == 299
    assert ben.counts["not_protected"] == 0


def test_over_bad_air_it_comes_twice_because_repairs_are_lost_as_well(ada, ben):
    seen = watched(ada, ben)
    bad_air(ben)

    ben.report(rtcp.nack(1, 11, [seen.sequence]))

    first, second = ben.received()
    assert isinstance(first, Packet)
    assert isinstance(second, Packet)
    assert first.payload == second.payload
    assert second.sequence == (first.sequence + 1) & 0xFFFF, "each is a packet of its own, or it would be a copy"


def test_whoever_asks_again_before_a_repair_can_be_there_gets_no_more_of_it(ada, ben):
    seen = watched(ada, ben)
    bad_air(ben)
    missed = rtcp.nack(1, 11, [seen.sequence])

    assert [repairs(ben, missed, now) for now in (1.0, 1.02, 1.039, 1.041, 1.06)] == [2, 0, 0, 2, 0]


def test_what_could_not_be_repeated_is_not_on_its_way(ada, ben):
    seen = watched(ada, ben)
    bad_air(ben)
    ada.show(3)
    ben.received()
    missed = rtcp.nack(1, 11, [(seen.sequence + 1) & 0xFFFF])  # and it has not come to us, either

    assert repairs(ben, missed, 1.0) == 0
    ada.show(2)
    ben.received()
    assert repairs(ben, missed, 1.01) == 2


def repairs(listener: Browser, missed: bytes, now: float) -> int:
    """How many packets somebody gets for asking."""
    listener.report(missed, now=now)
    return len(listener.received())


def test_a_listener_who_asks_for_everything_does_not_get_more_than_a_lines_worth(ada, ben):
    seen = watched(ada, ben)

    greedy = b"".join(rtcp.nack(1, 11, [seen.sequence]) for _ in range(70))
    for _ in range(20):
        ben.report(greedy)

    assert len(ben.received()) == int(START * 0.25 / 8_800)


def test_a_listener_may_ask_for_a_key_frame_only_while_the_gate_is_open(ada, ben):
    eye = ben.connection.outputs[0, Kind.VIDEO]
    ada.show(1)
    ben.report(rtcp.pli(1, 11))
    ada.connection.tick(0.05, 1)
    assert ada.received() == []

    ada.connection.publisher.admit(eye, 0.1)
    ada.show(2, key=True)
    assert ada.received() == [[rtcp.KeyFrameRequest(31)]]
    ben.report(rtcp.pli(1, 11))
    ada.connection.tick(0.5, 1)
    assert ada.received() == [[rtcp.KeyFrameRequest(31)]]


def test_what_a_line_is_like_says_when_and_how_often_to_ask_for_what_is_missing(ada):
    ada.connection.estimate.time(0.3, 0.0)
    ada.connection.estimate.losses.part = 0.05

    ada.connection.tick(0.05, 1)

    assert ada.connection.publisher.asking.round_trip == 0.3
    assert ada.connection.publisher.asking.airy


def test_what_is_not_genuine_is_counted_and_dropped(ada):
    ada.connection.receive_media(datagram(AUDIO_TYPE, 1, 0, 30, bytes(40)), 0.0)
    ada.connection.receive_media(b"\x80\xc9\x00\x01" + bytes(40), 0.0)
    ada.connection.receive_media(b"\x80", 0.0)

    assert ada.counts == {"not_genuine": 2, "unknown_payload_type": 1}


def test_a_report_that_cannot_be_read_is_counted_and_dropped(ada):
    ada.report(b"\x80\xc9\x00\x01\x00\x00\x00\x1e" + b"\x80\xc8\x00\x09")

    assert ada.counts == {"malformed": 1}


def test_clocks_are_not_repeated_faster_than_anybody_needs(ada, ben):
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.AUDIO], 0.0)
    ada.speak()
    ben.received()
    ada.report(b"".join(rtcp.sender_report(30, "ada", 1, 960, 1, 5) for _ in range(20)))
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5))

    assert len(ben.received()) == 1
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5), now=0.5)
    assert len(ben.received()) == 1


def test_a_flood_of_what_is_not_genuine_does_not_use_up_what_a_person_may_send(ada, ben):
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.AUDIO], 0.0)
    for number in range(300):
        ada.connection.receive_media(datagram(AUDIO_TYPE, number, 0, 30, bytes(40)), 0.0)
        ada.connection.receive_media(b"\x80\xc9\x00\x01\x00\x00\x00\x1e" + bytes(40), 0.0)

    ada.speak()
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5))

    assert len(ben.received()) == 2


def test_who_sends_ten_times_too_much_is_let_go_after_a_while_and_may_come_again(ada):
    while ada.connection.open:
        for _ in range(50):
            ada.speak(ada.spoken / (10 * PER_SECOND[Kind.AUDIO]))

    assert EXCESS_SECONDS <= ada.spoken / (10 * PER_SECOND[Kind.AUDIO]) < EXCESS_SECONDS + 1
    assert ada.counts["excess_closed"] == 1
    assert not ada.connection.up
    assert ada.port.places == ada.port.endpoints == {}


def test_a_listeners_reports_say_what_their_line_carries(ada, ben):
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.AUDIO], 0.0)
    ada.speak()
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5))
    _, (told,) = ben.received()
    assert isinstance(told, rtcp.SenderReport)
    first = rtcp.ReportBlock(10, 0, 0, 100, told.ntp >> 16 & 0xFFFFFFFF, 32_768)
    ben.report(rtcp.receiver_report(9, "ben", [first]), now=0.6)  # of which it had the report for half a second
    ben.report(rtcp.receiver_report(9, "ben", [replace(first, lost=50, highest=200)]), now=0.9)
    ben.report(rtcp.receiver_report(9, "ben", [replace(first, ssrc=99, lost=899, highest=999)]), now=0.6)
    ben.report(rtcp.remb(9, 300_000, [11, 99]), now=0.9)

    estimate = ben.connection.estimate
    # An answer more to the same report says nothing more of the way there.
    assert [(left_at, round(trip, 3)) for left_at, trip in estimate._round_trips] == [(0.0, 0.1)]
    assert estimate.review(50_000.0, 1_000_000.0, 1.0) == pytest.approx(300_000)


def test_whose_line_is_in_doubt_is_asked_for_round_trips_each_second_and_nobody_else(ada, ben):
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.AUDIO], 0.0)
    ada.speak()
    ada.report(rtcp.sender_report(30, "ada", 1, 960, 1, 5))
    for spoken in range(1, 200):
        now = spoken / 50
        ada.speak(now)
        if spoken % 5 == 0:
            ben.connection.tick(now, spoken // 5 * TURNS // 10)
        if spoken == 100:
            first = rtcp.ReportBlock(10, 0, 0, 100, 0, 0)
            for block in (first, replace(first, highest=200, lost=20)):
                ben.report(rtcp.receiver_report(9, "ben", [block]), now)

    heard = [one for came in ben.received() if isinstance(came, list) for one in came]
    told, *asked = [one for one in heard if isinstance(one, rtcp.SenderReport)]
    after = [(one.ntp - told.ntp) / (1 << 32) for one in asked]
    assert after == pytest.approx([2.1, 3.3], abs=0.001)
    assert [one.timestamp - told.timestamp for one in asked] == pytest.approx([48_000 * one for one in after], abs=1)


def test_a_speaker_hears_of_the_losses_of_those_who_hear_them_as_far_as_their_browsers_tell(ada, ben):
    ada.connection.publisher.admit(ben.connection.outputs[0, Kind.AUDIO], 0.0)
    ada.speak()
    ben.received()
    first = rtcp.ReportBlock(10, 0, 0, 100, 0, 0)
    for block in (first, replace(first, highest=500, lost=40)):
        ben.report(rtcp.receiver_report(9, "ben", [block]), now=0.1)
    ben.connection.estimate.review(50_000.0, 0.0, 0.2)
    ben.connection.tick(0.3, 6)
    ada.received()
    ada.connection.tick(0.6, 12)

    (told,) = (heard for heard in ada.received()[-1] if isinstance(heard, rtcp.ReportBlock))
    assert (told.ssrc, told.lost_fraction, told.lost) == (30, int(0.1 * 256), 0)
