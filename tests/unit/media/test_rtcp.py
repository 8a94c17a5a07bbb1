"""Writing and reading RTCP, held against aiortc's reading and writing of it."""

import contextlib

import pytest
from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from ascona.media import rtcp
from ascona.media.arrivals import Arrivals
from ascona.media.packet import Malformed


def test_a_beat_is_a_compound_packet_that_others_read():
    block = rtcp.ReportBlock(ssrc=7, lost_fraction=64, lost=-3, highest=70_000, last_report=5, since_report=6)

    report, description = rtp.RtcpPacket.parse(rtcp.receiver_report(1, "ascona", [block]))

    assert isinstance(report, rtp.RtcpRrPacket)
    assert isinstance(description, rtp.RtcpSdesPacket)
    assert report.ssrc == 1
    (read,) = report.reports
    assert (read.ssrc, read.fraction_lost, read.packets_lost, read.highest_sequence) == (7, 64, -3, 70_000)
    assert (read.lsr, read.dlsr) == (5, 6)
    assert description.chunks[0].items == [(1, b"ascona")]


def test_a_sender_report_is_what_others_read_and_write():
    written = rtcp.sender_report(7, "slot1", rtcp.ntp_time(0), 90_000, 3, 4)

    report, _ = rtp.RtcpPacket.parse(written)

    assert isinstance(report, rtp.RtcpSrPacket)
    assert report.sender_info == rtp.RtcpSenderInfo(2_208_988_800 << 32, 90_000, 3, 4)
    assert rtcp.read_rtcp(written) == [rtcp.SenderReport(7, 2_208_988_800 << 32, 90_000)]


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=40))
def test_what_is_missing_is_said_and_heard(lost):
    written = rtcp.nack(1, 7, lost)
    (read,) = rtp.RtcpPacket.parse(written)
    (heard,) = rtcp.read_rtcp(written)

    assert isinstance(read, rtp.RtcpRtpfbPacket)
    assert isinstance(heard, rtcp.Nack)
    assert set(heard.lost) == set(lost)
    assert {number & 0xFFFF for number in read.lost} == set(lost)  # aiortc reads past 65535


def test_a_request_for_a_key_frame_is_heard():
    assert rtcp.read_rtcp(rtcp.pli(1, 7)) == [rtcp.KeyFrameRequest(7)]
    fir = rtp.RtcpPsfbPacket(fmt=4, ssrc=1, media_ssrc=0, fci=b"\0\0\0\7\1\0\0\0")
    assert rtcp.read_rtcp(bytes(fir)) == [rtcp.KeyFrameRequest(7)]


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda end: b"\x81\xcd" + end))
def test_whatever_comes_is_read_or_refused(datagram):
    with contextlib.suppress(Malformed):
        rtcp.read_rtcp(datagram)


@pytest.mark.parametrize("datagram", [b"\x80", b"\x00\xc8\x00\x00", b"\x80\xc8\x00\x01"])
def test_what_is_cut_off_is_refused(datagram):
    with pytest.raises(Malformed):
        rtcp.read_rtcp(datagram)


def arrival_times(report: bytes) -> dict[int, float]:
    """Read transport-cc feedback, written to the draft rather than to our writer."""
    padding = report[-1] if report[0] & 0x20 else 0
    body = report[4 : len(report) - padding]
    assert len(report) == 4 + 4 * int.from_bytes(report[2:4], "big")
    first, count = (int.from_bytes(body[at : at + 2], "big") for at in (8, 10))
    clock = int.from_bytes(body[12:15], "big", signed=True) * 0.064
    chunks = -(-count // 7)
    symbols = []
    for at in range(16, 16 + 2 * chunks, 2):
        word = int.from_bytes(body[at : at + 2], "big")
        assert word >> 14 == 0b11
        symbols += [word >> shift & 3 for shift in range(12, -1, -2)]
    at, found = 16 + 2 * chunks, {}
    for step, symbol in enumerate(symbols[:count]):
        if symbol:
            clock += int.from_bytes(body[at : at + symbol], "big", signed=symbol == 2) * 0.000_25
            at += symbol
            found[(first + step) & 0xFFFF] = clock
    assert at == len(body)
    return found


def test_a_publisher_learns_when_its_packets_arrived():
    arrivals = Arrivals()
    times = {65_534: 100.0, 65_535: 100.01, 1: 100.3, 0: 100.31}
    for number, at in times.items():
        arrivals.note(number.to_bytes(2, "big"), at)

    read = arrival_times(arrivals.report(1, 2) or b"")

    assert read == pytest.approx(times, abs=0.000_5)
    assert arrivals.report(1, 2) is None


def test_what_was_lost_between_two_reports_is_reported_lost():
    arrivals = Arrivals()
    arrivals.note(b"\x00\x05", 1.0)
    arrivals.report(1, 2)
    arrivals.note(b"\x00\x09", 1.1)

    report = arrivals.report(1, 2) or b""

    assert int.from_bytes(report[12:14], "big") == 6
    assert set(arrival_times(report)) == {9}


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.floats(0, 1e6)), min_size=1, max_size=60))
def test_whatever_numbers_come_the_report_stays_small(noted):
    arrivals = Arrivals()
    for number, at in noted:
        arrivals.note(number.to_bytes(2, "big"), at)

    report = arrivals.report(1, 2)

    assert report is not None
    assert len(report) < 1200


def test_a_request_that_names_thousands_is_not_read_to_its_end():
    (heard,) = rtcp.read_rtcp(rtcp.nack(1, 2, range(10_000)))

    assert isinstance(heard, rtcp.Nack)
    assert heard.lost == tuple(range(512))


def test_how_a_listener_receives_is_heard_from_receiver_and_sender_reports():
    block = rtcp.ReportBlock(ssrc=7, lost_fraction=64, lost=-3, highest=70_000, last_report=5, since_report=6)
    info = rtp.RtcpSenderInfo(1 << 32, 9, 3, 4)
    report = rtp.RtcpReceiverInfo(7, 64, -3, 70_000, 0, 5, 6)

    assert rtcp.read_rtcp(rtcp.receiver_report(1, "ascona", [block])) == [block]
    assert rtcp.read_rtcp(bytes(rtp.RtcpSrPacket(8, info, [report]))) == [rtcp.SenderReport(8, 1 << 32, 9), block]


@given(st.integers(0, (1 << 40) - 1), st.lists(st.integers(0, (1 << 32) - 1), max_size=32))
def test_what_a_receiver_believes_is_said_and_heard(bits, ssrcs):
    written = rtcp.remb(1, bits, ssrcs)
    (heard,) = rtcp.read_rtcp(written)
    (read,) = rtp.RtcpPacket.parse(written)

    assert isinstance(heard, rtcp.Estimate)
    assert isinstance(read, rtp.RtcpPsfbPacket)
    assert rtp.unpack_remb_fci(read.fci) == (heard.bits, list(heard.ssrcs))
    assert heard.ssrcs == tuple(ssrcs)
    assert heard.bits <= bits < heard.bits * 1.0001 + 1


def test_blocks_that_are_cut_off_are_not_heard():
    report = rtcp.receiver_report(1, "ascona", [rtcp.ReportBlock(7, 0, 0, 0, 0, 0)])[:32]

    assert rtcp.read_rtcp(bytes([report[0] + 1]) + report[1:]) == [rtcp.ReportBlock(7, 0, 0, 0, 0, 0)]
