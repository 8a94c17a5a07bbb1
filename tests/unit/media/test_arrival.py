"""Packets read in C: the same become of them as in Python, and whatever is not usual is left to Python."""

import weakref
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support import ways
from tests.support.streams import AUDIO_TYPE, REPAIR_TYPE, VIDEO_TYPE, Listener, datagram, vp8
from tests.unit.media.test_offer import CHROMIUM

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.intake import Intake
from ascona.media.offer import read_offer
from ascona.media.packet import HEADER, Malformed
from ascona.media.publisher import Publisher
from ascona.media.track import Track

OFFER = read_offer(CHROMIUM, 2)
RID, TRANSPORT_WIDE = 10, 3
VOICE, SMALL, LARGE, REPAIR = 20, 21, 22, 23


class Person:
    """Somebody who speaks and is seen, and one who hears and sees them."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.arrived: Counter[Kind] = Counter()
        self.asked: list[rtcp.Heard] = []
        self.reports: list[bytes] = []
        self.inlet: Any = ways.chosen.inlet()
        self.publisher = self.inlet.publisher = Publisher(
            OFFER, 1, self.arrived, self.reports.append, self.counts, ways.chosen.fan_out, line=self.inlet.line
        )
        self.ear, self.eye = Listener(Kind.AUDIO), Listener(sent_at=5)
        self.publisher.admit(self.ear.output, 0.0)
        self.publisher.admit(self.eye.output, 0.0)

    def speak(self, number: int, now: float = 0.0) -> None:
        self.inlet.receive(voice(number), now)

    def show(self, number: int, now: float = 0.0, key: bool = False) -> None:
        self.inlet.receive(picture(number, key), now)


def voice(number: int) -> bytes:
    return datagram(AUDIO_TYPE, number, 960 * number, VOICE, b"voice", numbered(number))


def picture(number: int, key: bool = False, ssrc: int = SMALL) -> bytes:
    element = bytes([RID << 4]) + (b"l" if ssrc == SMALL else b"h") + numbered(number)
    return datagram(VIDEO_TYPE, number, 3000 * number, ssrc, vp8(number, number, key), element)


def numbered(number: int) -> bytes:
    return bytes([TRANSPORT_WIDE << 4 | 1]) + (number & 0xFFFF).to_bytes(2, "big")


@pytest.fixture
def ada(in_c) -> Person:
    """Somebody who has been heard and seen once, so that what follows is usual."""
    ada = Person()
    ada.speak(1)
    ada.show(1, key=True)
    ada.inlet.through_python = 0
    return ada


# --- the same on both ways ---

extensions = st.sampled_from(
    [
        b"",
        numbered(7),
        numbered(7) + numbered(9),
        bytes([RID << 4]) + b"l" + numbered(70_000),
        bytes([RID << 4]) + b"h\0\0" + numbered(3),
        bytes([TRANSPORT_WIDE << 4]) + b"x",
        bytes([TRANSPORT_WIDE << 4 | 15]) + b"x",
        b"\xf0" + numbered(5),
        b"\x00" + numbered(5),
        b"\x05" + numbered(5),
    ]
) | st.binary(max_size=12)
pictures = st.sampled_from(
    [
        vp8(5, 6),
        vp8(5, 6, key=True),
        vp8(0x7FFF),
        b"\x80\x80\x7f\x01",
        b"\x80\xc0\x05\x06\x01",
        b"\x00\x01",
        b"\x10\x00",
        b"\x80",
        b"\x80\xf0\x80\x01\x02",
        b"\x90\x20\x01\x01",
        b"\x90\x10\x01\x00",
        bytes(1320),
        bytes(1321),
    ]
) | st.binary(max_size=8)
STREAMS = [(AUDIO_TYPE, VOICE), (VIDEO_TYPE, SMALL), (VIDEO_TYPE, LARGE)]


@dataclass(frozen=True)
class Step:
    """A packet, by what it is after the last one of its stream: most often the next, and usual in most respects."""

    stream: tuple[int, int]
    ahead: int = 1
    elements: bytes = numbered(7)
    profile: int = 0xBEDE
    payload: bytes = vp8(5, 6)
    first: int = 0x80
    passed: float = 0.02

    def built(self, sequence: int) -> bytes:
        payload_type, ssrc = self.stream
        block = self.elements + bytes(-len(self.elements) % 4)
        extension = self.profile.to_bytes(2, "big") + (len(block) // 4).to_bytes(2, "big") + block
        first = self.first | 0x10 * bool(self.elements)
        head = HEADER.pack(first, payload_type, sequence, 3000 * sequence, ssrc) + bytes(4 * (first & 0x0F))
        return head + (extension if self.elements else b"") + self.payload


streams = st.sampled_from(STREAMS)
steps = st.one_of(
    st.builds(Step, st.sampled_from([(REPAIR_TYPE, REPAIR), (100, VOICE), (VIDEO_TYPE, VOICE), (VIDEO_TYPE, 99)])),
    st.builds(Step, streams, ahead=st.sampled_from([1, 1, 1, 0, 2, 3, -1, -5, 600, 4000, 40_000])),
    st.builds(Step, streams, elements=extensions),
    st.builds(Step, streams, elements=extensions, profile=st.sampled_from([0x1000, 0x100F, 0x1234])),
    st.builds(Step, streams, payload=pictures),
    st.builds(Step, streams, payload=pictures, first=st.sampled_from([0xA0, 0x81, 0x8F, 0x40, 0xC0])),
    st.builds(Step, streams, passed=st.sampled_from([0.0, 1.0, 10.0])),
)


def became(way: ways.Python | ways.C, given: list[Step]) -> Any:
    """All that comes of some packets after the first of each stream."""
    ways.choose(way)
    person = Person()
    now, refused = 10.0, 0
    at = dict.fromkeys(range(100), 65_530)
    person.inlet.receive(voice(65_530), now)
    for ssrc in (SMALL, LARGE):
        person.inlet.receive(picture(65_530, True, ssrc), now)
    for step in given:
        ssrc = step.stream[1]
        at[ssrc] = (at[ssrc] + step.ahead) & 0xFFFF
        now += step.passed
        try:
            person.inlet.receive(step.built(at[ssrc]), now)
        except Malformed:
            refused += 1
    person.publisher.ask(now)
    person.publisher.feed_back()
    person.publisher.beat(now)
    person.eye.output.resend(range(90, 120), now)
    became = person.ear.sent, person.eye.sent, person.ear.raw, person.eye.raw, person.reports, person.arrived
    person.publisher.silence()
    return *became, person.counts, refused


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given=st.lists(steps, min_size=10, max_size=30))
def test_whatever_comes_the_same_becomes_of_it_both_ways(in_c, given):
    assert became(in_c, given) == became(ways.Python(), given)


# --- what is usual, and what is not ---


def test_the_next_packets_of_a_stream_do_not_pass_through_python(ada):
    for number in range(2, 60):
        ada.speak(number, number / 50)
        ada.show(number, number / 50)

    assert ada.inlet.through_python == 0
    assert (len(ada.ear.sent), len(ada.eye.sent)) == (59, 59)
    assert ada.arrived == {Kind.AUDIO: 59, Kind.VIDEO: 59}
    assert ada.publisher.voice_rate == 0.0


@pytest.mark.parametrize(
    "packet",
    [picture(3), picture(1), picture(2, key=True), picture(2, ssrc=LARGE), datagram(AUDIO_TYPE, 2, 0, VOICE, b"")],
    ids=["after a loss", "a copy", "a key frame", "another layer", "padding"],
)
def test_what_is_not_usual_passes_through_python_once(ada, packet):
    ada.inlet.receive(packet, 0.1)

    assert ada.inlet.through_python == 1


def test_what_is_not_genuine_is_counted_and_changes_nothing(in_c, ada):
    ada.inlet.receive(datagram(VIDEO_TYPE, 2, 6000, SMALL, vp8(2) + ways.FORGED), 0.1)

    assert in_c.counts == {"not_genuine": 1}
    assert in_c.left == [voice(1), picture(1, key=True)], "those that were the first of their streams"
    assert len(ada.eye.sent) == 1
    ada.show(2)
    assert len(ada.eye.sent) == 2


def test_how_large_a_packet_is_is_asked_with_it(ada):
    ada.inlet.asked.clear()
    ada.speak(2)
    ada.show(2)

    assert ada.inlet.asked == [(AUDIO_TYPE, len(voice(2))), (VIDEO_TYPE, len(picture(2)))]


def test_what_is_more_than_is_taken_goes_nowhere(ada):
    ada.inlet.taken = False

    ada.show(2)

    assert len(ada.eye.sent) == 1
    assert ada.arrived[Kind.VIDEO] == 1


def test_whoever_is_not_known_to_be_there_is_not_listened_to(in_c, ada):
    in_c.places.clear()

    ada.show(2)

    assert in_c.left[-1] == picture(2)
    assert len(ada.eye.sent) == 1


@pytest.mark.parametrize(
    "datagram_",
    [b"", b"\x00\x01", b"\x16\xfe\xff", b"\x80\xc8" + bytes(30), b"\xff" * 40, picture(2).ljust(1501, b"x")],
)
def test_what_is_no_packet_of_a_known_stream_is_left_as_it_came(in_c, ada, datagram_):
    ada.inlet.publisher = Nobody()

    ada.inlet.receive(datagram_, 0.1)

    assert in_c.left[-1] == datagram_


class Nobody:
    def receive(self, packet: bytes, now: float) -> None:
        """Takes anything, and does nothing."""


def test_a_shut_line_opens_nothing(in_c, ada):
    ada.inlet.line.shut()

    ada.show(2)

    assert in_c.left[-1] == picture(2)


def test_a_shut_line_keeps_nobody(in_c, ada):
    line, track = in_c.port.line(), Track(Kind.VIDEO, 7, intake=ada.inlet.line.intake)
    track.outputs = (keeping := Nobody(),)
    kept = weakref.ref(keeping), weakref.ref(asked := Nobody())
    line.open(1, asked, asked)
    line.bind(track, VIDEO_TYPE)

    line.shut()
    del track, keeping, asked

    assert [one() for one in kept] == [None, None]


def test_a_gate_that_is_shut_is_shut_for_what_lies_before_the_port(in_c, ada):
    ada.inlet.send(picture(2))
    ada.inlet.send(picture(3))
    ada.publisher.dismiss(ada.eye.output)

    in_c.port.receive(False)

    assert len(ada.eye.sent) == 1
    assert ada.arrived[Kind.VIDEO] == 3


def test_while_the_port_is_behind_pictures_are_passed_over_and_voices_are_not(in_c, ada):
    large = datagram(VIDEO_TYPE, 2, 6000, SMALL, vp8(2) + bytes(500), numbered(2))
    for packet in (large, voice(2)):
        ada.inlet.send(packet)

    in_c.port.receive(True)

    assert (len(ada.eye.sent), len(ada.ear.sent)) == (1, 2)
    assert in_c.counts == {"pictures_passed_over": 1}


def test_a_port_says_how_much_has_come(in_c, ada):
    for number in range(2, 68):
        ada.inlet.send(voice(number))

    assert [in_c.port.receive(False) for _ in range(3)] == [64, 2, 0]


def test_one_datagram_that_fails_is_the_only_one_lost(in_c, ada):
    ada.publisher.camera.tracks["l"].outputs = (object(), ada.eye.output)
    ada.inlet.send(picture(2))
    ada.inlet.send(voice(2))
    ada.inlet.send(voice(3))

    with pytest.raises(AttributeError):
        in_c.port.receive(False)
    in_c.port.receive(False)

    assert len(ada.ear.sent) == 3


def test_what_python_sends_does_not_overtake_what_was_sent_in_c(in_c, ada):
    for number in range(2, 10):
        ada.inlet.send(picture(number))
    ada.inlet.send(picture(10, key=True))
    ada.inlet.send(picture(12))
    ada.inlet.send(picture(13))

    in_c.port.receive(False)

    assert [packet.sequence - ada.eye.sent[0].sequence for packet in ada.eye.sent] == [*range(10), 11, 12]


def test_a_port_that_is_closed_meanwhile_reads_no_more(in_c, ada):
    class Closing:
        def receive(self, packet: bytes, now: float) -> None:
            in_c.port.close()

    ada.inlet.publisher = Closing()
    ada.inlet.send(picture(2, key=True))
    ada.inlet.send(picture(3))

    in_c.port.receive(False)
    in_c.port.receive(False)

    assert ada.arrived[Kind.VIDEO] == 1


def test_the_port_is_read_by_one_at_a_time(in_c, ada):
    class Impatient:
        def receive(self, packet: bytes, now: float) -> None:
            in_c.port.receive(False)

    ada.inlet.publisher = Impatient()

    with pytest.raises(RuntimeError):
        ada.show(2, key=True)


# --- arguments ---


def test_an_intake_in_c_has_the_attributes_of_one_in_python(in_c):
    in_python, intake = Intake(65, True), in_c.port.line().intake(65, True)
    public = [name for name in Intake.__slots__ if not name.startswith("_")]

    assert {name: getattr(intake, name) for name in public} == {name: getattr(in_python, name) for name in public}


@pytest.mark.parametrize("number", [-1, 1 << 16, None, "one"])
def test_an_intake_knows_sequence_numbers_only(in_c, number):
    intake = in_c.port.line().intake(0, True)

    for method in (intake.begin, intake.has, intake.kept):
        with pytest.raises((ValueError, TypeError)):
            method(number)


def test_a_line_takes_tracks_with_its_own_kind_of_intake_and_few_of_them(in_c, ada):
    track = ada.publisher.camera.tracks["l"]
    for _ in range(2):
        ada.inlet.line.bind(track, VIDEO_TYPE)
    with pytest.raises(ValueError, match="too many"):
        ada.inlet.line.bind(track, VIDEO_TYPE)
    track.intake = Intake(0, True)
    with pytest.raises(ValueError, match="another kind"):
        in_c.port.line().bind(track, VIDEO_TYPE)
