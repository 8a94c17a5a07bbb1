"""A slot's stream goes on: over shut gates, other occupants, lost packets and clocks that stand still."""

import pytest
from tests.support.streams import Listener, picture_packet, steps

from ascona.core.media_plan import Kind
from ascona.media.packet import Packet
from ascona.media.track import Track

pytestmark = pytest.mark.usefixtures("each_way")


def voice(sequence: int, timestamp: int) -> Packet:
    return Packet(0, 111, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7, b"voice")


def speak(listener: Listener, sequence: int, now: float, count: int = 3, timestamp: int = 0) -> None:
    for step in range(count):
        listener.forward(voice(sequence + step, timestamp + 960 * step), None, now + 0.02 * step)


def show(listener: Listener, track: Track, first: int, number: int, now: float, count: int = 3) -> None:
    for step in range(count):
        packet, picture = picture_packet(first + step, number + step, key=step == 0)
        track.intake.take(packet, now)
        listener.forward(packet, picture, now + step / 30)


def test_a_picture_starts_with_a_key_frame():
    listener, track = Listener(), Track(Kind.VIDEO, 7)
    listener.output.follow(track)

    listener.forward(*picture_packet(1), 0.0)
    assert listener.sent == []

    listener.forward(*picture_packet(2, key=True), 0.0)
    listener.forward(*picture_packet(3), 0.1)
    assert len(listener.sent) == 2


def test_the_next_occupant_continues_all_numbers():
    listener = Listener()
    for occupant, (first, number) in enumerate([(40_000, 0x7FFE), (17, 5), (65_534, 9_000)]):
        track = Track(Kind.VIDEO, occupant)
        listener.output.follow(track)
        show(listener, track, first, number, now=10.0 * occupant)

    assert steps(listener.sequences, 1 << 16) == [1] * 8
    assert steps(listener.picture_ids, 1 << 15) == [1] * 8
    assert steps(listener.bases, 256) == [1] * 8
    assert {packet.ssrc for packet in listener.sent} == {1000}


def test_timestamps_follow_the_clock_on_the_wall_while_the_gate_is_shut():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    speak(listener, 1, now=0.0)
    listener.output.follow(None)
    listener.output.follow(Track(Kind.AUDIO, 7))

    speak(listener, 400, now=60.04, timestamp=3 * 960)  # a clock that stood still behind a muted microphone

    assert steps(listener.timestamps, 1 << 32) == [960, 960, pytest.approx(60 * 48_000, abs=2), 960, 960]
    assert steps(listener.sequences, 1 << 16) == [1] * 5


def test_a_clock_that_jumps_with_the_gate_open_is_caught():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    speak(listener, 1, now=0.0)

    speak(listener, 4, now=0.06, timestamp=1_000_000_000)

    assert steps(listener.timestamps, 1 << 32) == [960, 960, pytest.approx(960, abs=2), 960, 960]


def lateness(listener: Listener, now: float) -> float:
    """Seconds that the stream's clock is behind the wall's, the first packet having been sent at 0."""
    return now - (listener.timestamps[-1] - listener.timestamps[0]) / 48_000


def test_a_clock_that_stood_still_behind_a_muted_microphone_is_set_right_within_a_few_packets():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    speak(listener, 1, now=0.0, count=50)

    speak(listener, 51, now=3.0, count=5, timestamp=50 * 960)

    assert lateness(listener, 3.08) == pytest.approx(0, abs=0.02)


def test_a_burst_after_a_network_stood_still_keeps_its_clock():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    speak(listener, 1, now=0.0, count=50)
    for step in range(100):  # two seconds of sound at once
        listener.forward(voice(51 + step, 960 * (50 + step)), None, 3.0 + step / 10_000)
    speak(listener, 151, now=3.02, count=50, timestamp=150 * 960)

    assert set(steps(listener.timestamps, 1 << 32)) == {960}


def test_a_network_that_stands_still_again_has_time_again_to_catch_up():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))
    speak(listener, 1, now=0.0, count=50)
    for first, now in ((51, 1.98), (101, 2.98)):  # a second's packets at once
        for step in range(50):
            listener.forward(voice(first + step, 960 * (first - 1 + step)), None, now)

    assert set(steps(listener.timestamps, 1 << 32)) == {960}


def test_sound_goes_on_for_hours():
    listener = Listener(Kind.AUDIO)
    listener.output.follow(Track(Kind.AUDIO, 7))

    speak(listener, 1, now=0.0, count=200_000)

    assert len(listener.sent) == 200_000


def test_a_packet_from_before_the_switch_is_not_sent_after_it():
    listener, track = Listener(), Track(Kind.VIDEO, 7)
    listener.output.follow(track)
    show(listener, track, 50, 1, now=0.0)

    listener.forward(*picture_packet(49, 0), 0.2)
    assert len(listener.sent) == 3


def test_however_long_a_picture_is_waited_for_its_key_frame_counts():
    listener, track = Listener(), Track(Kind.VIDEO, 7)
    track.accept(picture_packet(1)[0], False, 0.0)
    listener.output.follow(track)
    for sequence in range(2, 40_000):
        listener.forward(*picture_packet(sequence), 0.0)

    listener.forward(*picture_packet(40_000, key=True), 0.0)

    assert len(listener.sent) == 1


def test_packets_that_overtake_each_other_keep_their_numbers():
    listener, track = Listener(), Track(Kind.VIDEO, 7)
    listener.output.follow(track)
    for sequence in (50, 52, 51, 53):
        listener.forward(*picture_packet(sequence, sequence, key=sequence == 50), 0.0)

    assert [number - listener.sequences[0] for number in listener.sequences] == [0, 2, 1, 3]


def test_what_a_listener_misses_is_repeated():
    listener, track = Listener(), Track(Kind.VIDEO, 7)
    listener.output.follow(track)
    show(listener, track, 50, 7, now=0.0)
    missed = listener.sent[1]

    assert listener.output.resend([missed.sequence], 1.0) == [missed.sequence]

    repair = listener.sent[-1]
    assert (repair.ssrc, repair.payload_type) == (1001, 97)
    assert repair.payload == missed.sequence.to_bytes(2, "big") + missed.payload
    assert repair.timestamp == missed.timestamp


def test_nothing_is_repeated_once_the_gate_is_shut_nor_from_before_it_opened():
    listener, track = Listener(), Track(Kind.VIDEO, 7)
    listener.output.follow(track)
    show(listener, track, 50, 7, now=0.0)
    before = list(listener.sequences)

    listener.output.follow(None)
    assert listener.output.resend(before, 1.0) == []

    listener.output.follow(track)
    assert listener.output.resend(before, 1.0) == []

    show(listener, track, 53, 10, now=1.0)
    assert listener.output.resend(before, 1.1) == []
    assert listener.output.resend([(before[-1] - 1000) & 0xFFFF, (before[-1] + 1000) & 0xFFFF], 1.1) == []
