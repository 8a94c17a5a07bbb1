"""A publisher's stream as it arrives: copies, losses and what is asked for again."""

from tests.support.streams import Listener, picture_packet

from ascona.core.media_plan import Kind
from ascona.media.missing import KEPT_UP_SECONDS
from ascona.media.rtcp import SenderReport
from ascona.media.track import Track

TRIP = 0.04
"""Seconds there and back."""


def watched() -> Track:
    track = Track(Kind.VIDEO, 7)
    track.outputs = (Listener().output,)
    return track


def arrive(track: Track, *sequences: int, repair: bool = False, now: float = 0.0) -> list[bool]:
    return [track.accept(picture_packet(sequence)[0], repair, now) for sequence in sequences]


def test_a_copy_is_not_accepted_twice():
    assert arrive(watched(), 1, 2, 2, 1, 3) == [True, True, False, False, True]


def test_a_copy_sent_to_fill_bandwidth_is_not_accepted_however_late():
    track = watched()
    arrive(track, *range(600))

    assert arrive(track, 599, 300, 5, repair=True) == [False, False, False]


def test_a_repair_fills_its_gap_once():
    track = watched()
    arrive(track, 1, 3)

    assert arrive(track, 2, 2, repair=True) == [True, False]
    assert track.asks(0.0, TRIP) == []


def test_numbers_wrap_around():
    track = watched()

    assert all(arrive(track, 65_534, 65_535, 0, 1))
    block = track.block(1.0)
    assert block is not None
    assert (block.highest, block.lost) == (65_537, 0)


def test_for_what_is_asked_in_vain_a_key_frame_is():
    track = watched()
    arrive(track, 10, 13)
    assert track.asks(0.1, TRIP) == [11, 12]
    assert not track.key_frame_wanted

    assert track.asks(0.11 + TRIP + KEPT_UP_SECONDS, TRIP) == []

    assert track.key_frame_wanted


def test_a_burst_of_losses_is_no_case_for_repairs():
    track = watched()
    arrive(track, 10, 500)

    assert track.asks(0.1, TRIP) == []
    assert track.key_frame_wanted


def test_nobody_asks_for_what_nobody_sees():
    track = Track(Kind.VIDEO, 7)
    arrive(track, 10, 13)

    assert track.asks(0.1, TRIP) == []


def test_a_new_numbering_starts_afresh():
    track = watched()
    arrive(track, 10, 11)

    assert arrive(track, 30_000, 30_001) == [True, True]
    assert track.asks(1.0, TRIP) == []
    assert all(output.waiting for output in track.outputs)


def test_a_repair_does_not_start_a_numbering():
    track = watched()

    assert arrive(track, 10, repair=True) == [False]
    arrive(track, 10)
    assert arrive(track, 30_000, repair=True) == [False]


def test_only_kept_packets_are_found():
    track = watched()
    kept, _ = picture_packet(700)
    track.accept(kept, False, 0.0)

    assert track.intake.kept(700) == kept
    assert track.intake.kept(700 + 512) is None


def test_key_frames_are_asked_for_at_most_every_300_ms():
    track = watched()

    assert [track.key_frame_due(now) for now in (0.0, 0.2, 0.31, 0.5)] == [True, False, True, False]


def test_a_report_says_how_much_was_lost():
    track = watched()
    arrive(track, *(number for number in range(100) if number % 4))
    track.reported(SenderReport(7, 0x1234_5678_9ABC_DEF0, 0), now=1.0)

    block = track.block(3.0)

    assert block is not None
    assert block.lost_fraction == 256 * 24 // 99
    assert (block.lost, block.last_report, block.since_report) == (24, 0x5678_9ABC, 2 * 65536)


def test_a_silent_stream_is_not_reported():
    assert Track(Kind.AUDIO, 7).block(0.0) is None
