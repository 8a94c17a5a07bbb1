"""Reading RTP and VP8: what is written is read, and bytes of any kind never do more than be refused."""

import contextlib
from dataclasses import replace

import pytest
from aiortc.rtp import RtpPacket, wrap_rtx
from hypothesis import given
from hypothesis import strategies as st

from ascona.media.packet import Malformed, Packet, read_packet, read_picture, repaired

PLAIN = bytes.fromhex("906f1234000003e80000002a") + b"\xbe\xde\x00\x01" + b"\x31\x00\x07\x00" + b"voice"
KEY_FRAME = bytes.fromhex("90e08123450a") + b"\x00picture"  # long picture id 0x0123, TL0PICIDX 0x45, a key frame


def test_a_packet_is_taken_apart():
    packet, extensions = read_packet(PLAIN)

    assert packet == Packet(0, 111, 0x1234, 1000, 42, b"voice")
    assert extensions == {3: b"\x00\x07"}


def test_two_byte_extensions_are_read_too():
    datagram = (
        bytes.fromhex("906f1234000003e80000002a")
        + b"\x10\x00\x00\x02"
        + b"\x03\x02\x00\x07"
        + b"\x14\x00\x00\x00"
        + b"voice"
    )

    assert read_packet(datagram)[1] == {3: b"\x00\x07", 20: b""}


def test_padding_is_no_payload():
    assert read_packet(bytes.fromhex("a06f1234000003e80000002a") + b"ab\x00\x00\x03")[0].payload == b"ab"


def test_the_end_of_one_byte_extensions_is_respected():
    datagram = bytes.fromhex("906f1234000003e80000002a") + b"\xbe\xde\x00\x01" + b"\xf1\x00\x07\x00" + b"voice"

    assert read_packet(datagram)[1] == {}


def test_padding_with_a_length_ends_one_byte_extensions():
    datagram = bytes.fromhex("906f1234000003e80000002a") + b"\xbe\xde\x00\x02" + b"\x30\x07\x01\x00\x00\x30\x08\x00"

    assert read_packet(datagram)[1] == {3: b"\x07"}  # RFC 8285 section 4.2


@pytest.mark.parametrize(
    "datagram",
    [b"", b"\x80", PLAIN[:11], PLAIN[:14], b"\x40" + PLAIN[1:], b"\x8f" + PLAIN[1:12], b"\xa0" + PLAIN[1:12] + b"\xff"],
)
def test_what_is_cut_off_is_refused(datagram):
    with pytest.raises(Malformed):
        read_packet(datagram)


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda end: b"\x90" + end) | st.binary().map(PLAIN.__add__))
def test_whatever_comes_is_read_or_refused(datagram):
    with contextlib.suppress(Malformed):
        packet, extensions = read_packet(datagram)
        assert len(packet.payload) <= len(datagram)
        assert all(len(element) <= len(datagram) for element in extensions.values())


@given(st.binary(max_size=40))
def test_whatever_payload_comes_is_a_picture_or_refused(payload):
    with contextlib.suppress(Malformed):
        picture = read_picture(payload)
        if picture.number is not None:
            beginning = picture.beginning(picture.number, picture.base or 0)
            assert len(beginning) < len(payload)
            assert payload.startswith(beginning)


def test_a_key_frame_is_known_by_its_first_byte():
    picture = read_picture(KEY_FRAME)

    assert picture.key
    assert (picture.number, picture.base) == (0x0123, 0x45)
    assert not read_picture(KEY_FRAME[:6] + b"\x01").key
    assert not read_picture(b"\x80" + KEY_FRAME[1:]).key, "a packet in the middle of a frame starts none"


def test_a_picture_id_is_replaced_in_place():
    assert read_picture(KEY_FRAME).beginning(0x7FFF, 0xFF) == bytes.fromhex("90e0ffffff")


def test_a_short_picture_id_stays_short():
    picture = read_picture(bytes.fromhex("90807f00"))

    assert picture.number == picture.most == 0x7F
    assert picture.beginning(0, 0) == bytes.fromhex("908000")


def test_a_repair_gives_back_the_packet_it_repairs():
    lost = RtpPacket(payload_type=97, sequence_number=700, timestamp=5, ssrc=9, payload=b"picture")
    repair = wrap_rtx(lost, payload_type=98, sequence_number=3, ssrc=10)

    packet = repaired(read_packet(repair.serialize())[0], 9)

    assert (packet.sequence, packet.timestamp, packet.ssrc, packet.payload) == (700, 5, 9, b"picture")


def test_an_empty_repair_is_refused():
    with pytest.raises(Malformed):
        repaired(replace(read_packet(PLAIN)[0], payload=b"\x00\x01"), 9)
