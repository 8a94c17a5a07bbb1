"""How a loop is played: evenly, from a key frame, and not at all when it must not."""

import asyncio
from itertools import pairwise

import pytest
from aiortc.mediastreams import MediaStreamError

from ascona.rehearsal.loops import TURNS, Loop, loops
from ascona.rehearsal.tracks import LoopTrack


class Clock:
    """Stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def made(kind: str, turn: int = 3) -> Loop:
    people = loops("Amara", turn)
    return people.voice if kind == "audio" else people.picture


async def played(track: LoopTrack, clock: Clock, seconds: float, loop: Loop) -> list:
    step = float(loop.ticks * loop.time_base)
    packets = []
    for _ in range(round(seconds / step)):
        packets.append(await track.recv())
        clock.now += step
    return packets


def is_key(packet) -> bool:
    return not bytes(packet)[0] & 1


@pytest.mark.parametrize("kind", ["audio", "video"])
async def test_timestamps_run_on_evenly_through_the_seams_of_the_loop(kind):
    loop, clock = made(kind), Clock()
    track = LoopTrack(loop, clock, talks=lambda: True)
    track.playing = True

    packets = await played(track, clock, 2 * TURNS * 2, loop)

    assert [packet.pts for packet in packets] == [number * loop.ticks for number in range(len(packets))]
    assert {packet.time_base for packet in packets} == {loop.time_base}


async def test_a_person_talks_once_in_a_round():
    loop, clock = made("audio", turn=3), Clock()
    track = LoopTrack(loop, clock, talks=lambda: True)
    track.playing = True

    packets = [bytes(packet) for packet in await played(track, clock, 2 * TURNS, loop)]

    pieces = [tuple(packets[begin : begin + len(loop.quiet)]) for begin in range(0, len(packets), len(loop.quiet))]
    assert [piece == loop.talking for piece in pieces] == [order == 3 for order in range(TURNS)]


async def test_a_mouth_stays_closed_while_the_microphone_is():
    loop, clock = made("video", turn=0), Clock()
    track = LoopTrack(loop, clock, talks=lambda: False)
    track.playing = True

    assert tuple(bytes(packet) for packet in await played(track, clock, 2, loop)) == loop.quiet


async def test_a_key_frame_asked_for_comes_at_once_and_the_next_piece_when_it_would_have():
    loop, clock = made("video"), Clock()
    track = LoopTrack(loop, clock, talks=lambda: True)
    track.playing = True
    before = await played(track, clock, 1, loop)

    track.restart()
    after = await played(track, clock, 2, loop)

    keys = [packet.pts for packet in before + after if is_key(packet)]
    assert keys == [0, 90_000, 180_000]


async def test_a_track_that_comes_on_again_starts_with_a_key_frame_at_the_clocks_time():
    loop, clock = made("video"), Clock()
    track = LoopTrack(loop, clock, talks=lambda: True)
    track.playing = True
    await played(track, clock, 0.5, loop)
    track.playing = False
    clock.now = 60.5

    track.playing = True
    packet = await track.recv()

    assert is_key(packet)
    assert packet.pts == 60.5 * 90_000


async def test_nothing_comes_out_of_a_track_that_is_not_playing():
    track = LoopTrack(made("audio"), Clock(), talks=lambda: True)
    packet = asyncio.ensure_future(track.recv())

    done, _ = await asyncio.wait({packet}, timeout=0.1)

    assert not done
    packet.cancel()


async def test_a_packet_that_was_due_when_the_track_went_quiet_is_kept_back():
    clock = Clock()
    track = LoopTrack(made("audio"), clock, talks=lambda: True)
    track.playing = True
    await track.recv()
    packet = asyncio.ensure_future(track.recv())  # waits until 20 ms
    await asyncio.wait({packet}, timeout=0.001)

    track.playing = False
    done, _ = await asyncio.wait({packet}, timeout=0.1)

    assert not done
    packet.cancel()


async def test_a_stopped_track_says_so():
    track = LoopTrack(made("audio"), Clock(), talks=lambda: True)
    track.playing = True
    track.stop()

    with pytest.raises(MediaStreamError):
        await track.recv()


async def test_a_voice_becomes_leaner_and_fuller_again_without_going_back_in_time():
    people, clock = loops("Amara", 3), Clock()
    track = LoopTrack(people.voice, clock, talks=lambda: True)
    track.playing = True

    packets = await played(track, clock, 0.5, people.voice)
    for loop in (people.lean, people.lean, people.voice):
        track.play(loop)
        packets += await played(track, clock, 0.52, loop)

    ends = [packet.pts for packet in packets]
    steps = {after - before for before, after in pairwise(ends)}
    assert steps <= {960, 1920, 2880}
    assert bytes(packets[-1]) in people.voice.quiet
