"""What a listener is told of a stream's clock, and how long it is under way."""

import pytest
from tests.support.streams import Listener
from tests.unit.media.test_output import speak, voice

from ascona.core.media_plan import Kind
from ascona.media import rtcp
from ascona.media.reports import ASK_SECONDS
from ascona.media.track import ALIVE_SECONDS, Track

pytestmark = pytest.mark.usefixtures("each_way")


def test_the_publishers_clock_is_repeated_as_the_streams_own():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    listener.output.reports.send(960, 1, 0.0)
    assert listener.reports == []

    speak(listener, 1, now=0.0)
    listener.output.reports.send(960, rtcp.ntp_time(5.0), 0.0)

    assert listener.reports == [rtcp.SenderReport(1000, rtcp.ntp_time(5.0), listener.timestamps[1])]


def answer(report: rtcp.SenderReport, since: float) -> rtcp.ReportBlock:
    """What its receiver says after having had it for so long."""
    return rtcp.ReportBlock(report.ssrc, 0, 0, 100, report.ntp >> 16 & 0xFFFFFFFF, round(since * 65536))


def test_each_report_is_a_round_trip_once_and_the_last_few_can_be_answered():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    speak(listener, 1, now=0.0)
    for second in range(6):
        listener.output.reports.send(960, rtcp.ntp_time(5.0 + second), float(second))
    first, *_, crossed, last = listener.reports

    assert listener.output.reports.round_trip(answer(crossed, 1.0), 5.25) == (0.25, 4.0)
    assert listener.output.reports.round_trip(answer(crossed, 2.0), 6.25) is None
    assert listener.output.reports.round_trip(answer(last, 1.5), 7.0) == (0.5, 5.0)
    assert listener.output.reports.round_trip(answer(first, 6.0), 7.0) is None


def talk(listener: Listener, track: Track, first: int, now: float, count: int = 100, timestamp: int = 0) -> None:
    """Voice as it comes to a track, and from there to its listener."""
    for step in range(count):
        packet = voice(first + step, timestamp + 960 * step)
        track.accept(packet, False, now + 0.02 * step)
        listener.forward(packet, None, now + 0.02 * step)


def test_a_report_is_sent_for_its_round_trip_while_a_voice_goes_on_and_no_other_has_just_left():
    listener, track = Listener(Kind.AUDIO), Track(Kind.AUDIO, 7)
    listener.output.follow(track)
    talk(listener, track, 1, now=0.0)
    listener.output.reports.ask(listener.output.source, 1002.0, 2.0)
    assert listener.reports == []

    track.reported(rtcp.SenderReport(7, rtcp.ntp_time(5.0), 960 * 100), 2.0)
    stamp = listener.timestamps[-1] + 960
    listener.output.reports.ask(listener.output.source, 1002.0, 2.0)
    talk(listener, track, 101, now=2.0, count=50, timestamp=960 * 100)
    for now in (2.0 + ASK_SECONDS / 2, 3.0, 3.1 + ALIVE_SECONDS):
        listener.output.reports.ask(listener.output.source, 1000.0 + now, now)
    assert listener.reports == [
        rtcp.SenderReport(1000, rtcp.ntp_time(1002.0), stamp),
        rtcp.SenderReport(1000, rtcp.ntp_time(1003.0), stamp + 48_000),
    ]


def test_no_report_is_made_up_for_a_clock_that_stood_still_nor_behind_a_shut_gate():
    listener, track = Listener(Kind.AUDIO), Track(Kind.AUDIO, 7)
    listener.output.follow(track)
    talk(listener, track, 1, now=0.0)
    track.reported(rtcp.SenderReport(7, rtcp.ntp_time(5.0), 960 * 100), 2.0)
    talk(listener, track, 101, now=4.0, timestamp=960 * 100)  # as behind a muted microphone
    listener.output.reports.ask(listener.output.source, 1006.0, 6.0)
    assert listener.reports == []

    track.reported(rtcp.SenderReport(7, rtcp.ntp_time(9.0), 960 * 200), 6.0)
    listener.output.reports.ask(listener.output.source, 1006.0, 6.0)
    assert len(listener.reports) == 1

    listener.output.follow(None)
    listener.output.reports.ask(listener.output.source, 1007.5, 7.5)
    assert len(listener.reports) == 1
