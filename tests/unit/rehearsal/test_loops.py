"""What simulated people say and show."""

from array import array

import av
import pytest

from ascona.rehearsal.company import NAMES
from ascona.rehearsal.loops import FRAMES, PIECE_SECONDS, TURNS, Loop, loops
from ascona.rehearsal.portrait import HEIGHT, WIDTH


@pytest.fixture(scope="module")
def zofia():
    return loops("Zofia", 3)


def decoded(loop: Loop, pieces: list[tuple[bytes, ...]]) -> list[av.AudioFrame | av.VideoFrame]:
    decoder = av.CodecContext.create("libopus" if loop.kind == "audio" else "libvpx", "r")
    if loop.kind == "audio":
        decoder.format, decoder.layout, decoder.sample_rate = "s16", "mono", 48_000
    packets = [av.Packet(data) for piece in pieces for data in piece]
    return [frame for packet in packets for frame in decoder.decode(packet)]


def loudest(frames: list[av.AudioFrame]) -> int:
    return max(max(array("h", bytes(frame.planes[0]))) for frame in frames)


def test_the_same_seed_makes_the_same_person(zofia):
    loops.cache_clear()

    assert loops("Zofia", 3) == zofia


def test_two_people_look_and_sound_different(zofia):
    sven = loops("Sven", 4)

    assert sven.voice.talking != zofia.voice.talking
    assert sven.picture.quiet != zofia.picture.quiet


def test_pieces_last_as_long_as_they_should(zofia):
    for loop in (zofia.voice, zofia.lean, zofia.picture):
        for piece in (loop.talking, loop.quiet):
            assert len(piece) * loop.ticks * loop.time_base == PIECE_SECONDS


def test_as_many_pictures_are_made_as_are_asked_for():
    picture = loops("Zofia", 3, 24).picture

    assert len(picture.quiet) == 24 * PIECE_SECONDS
    assert len(picture.quiet) * picture.ticks * picture.time_base == PIECE_SECONDS


def carries_repair(packet: bytes) -> bool:
    """Whether a packet of one mono frame repeats the one before: SILK's flag of that, RFC 6716 section 4.2.3."""
    return packet[0] >> 3 < 16 and bool(packet[1] & 0x40)


def test_whoever_talks_repeats_each_packet_in_the_next_as_browsers_do_over_bad_lines(zofia):
    assert sum(map(carries_repair, zofia.voice.talking)) > len(zofia.voice.talking) / 2
    assert not any(map(carries_repair, zofia.lean.talking)), "where every bit counts nothing is said twice"


def test_the_picture_can_be_decoded_from_any_piece_on_and_across_its_seams(zofia):
    loop = zofia.picture

    frames = decoded(loop, [loop.quiet, loop.talking, loop.quiet, loop.quiet])

    assert len(frames) == 4 * PIECE_SECONDS * FRAMES
    assert {(frame.width, frame.height) for frame in frames} == {(WIDTH, HEIGHT)}


def test_a_piece_begins_with_its_only_key_frame(zofia):
    for piece in (zofia.picture.talking, zofia.picture.quiet):
        delta = [packet[0] & 1 for packet in piece]  # RFC 6386 section 9.1: 0 is a key frame

        assert delta == [0] + [1] * (len(piece) - 1)


def test_talking_is_heard_and_quiet_is_quiet(zofia):
    loop = zofia.voice

    assert loudest(decoded(loop, [loop.talking])) > 3_000
    assert loudest(decoded(loop, [loop.quiet])) < 30


def test_a_person_costs_little_of_the_line(zofia):
    for loop, limit in ((zofia.voice, 30_000), (zofia.picture, 150_000)):
        for piece in (loop.talking, loop.quiet):
            assert sum(map(len, piece)) * 8 / PIECE_SECONDS < limit


def test_neighbours_talk_in_turn(zofia):
    assert zofia.voice.turn == zofia.picture.turn
    assert {seed % TURNS for seed in range(len(NAMES))} == set(range(TURNS))


def test_a_lean_voice_says_the_same_in_half_the_packets_and_fewer_bits(zofia):
    usual, lean = zofia.voice, zofia.lean
    assert len(usual.talking) == 2 * len(lean.talking)
    assert sum(map(len, lean.talking)) < 0.8 * sum(map(len, usual.talking))
    assert loudest(decoded(lean, [lean.talking])) > 0.5 * loudest(decoded(usual, [usual.talking]))
