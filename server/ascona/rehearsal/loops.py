"""What a simulated person says and shows: short pieces, encoded once and played for ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av

from ascona.rehearsal.portrait import HEIGHT, WIDTH, portrait
from ascona.rehearsal.voice import RATE, loudness, phrase

PIECE_SECONDS = 2
"""Length of a piece, and so the longest that anybody waits for a key frame nobody asked for."""

TURNS = 7
"""Pieces in a round: each person talks in one of them, so that a circle is not a choir."""

FRAMES = 12
"""Pictures in a second, where nothing else is asked for: enough to see who talks."""

_AUDIO_BITS, _LEAN_BITS = 32_000, 16_000  # in a second, as pages are asked to
_LOST_PERCENT = 10  # what Opus is told, as a browser is where somebody loses packets: each carries a repair of the last
_VIDEO_BITS = 120_000
_SAMPLES, _LEAN_SAMPLES = RATE // 50, RATE // 25  # 20 and 40 ms a packet, as browsers send


@dataclass(frozen=True, slots=True)
class Loop:
    """
    Sound or picture in two pieces of `PIECE_SECONDS`, packet by packet.

    Each piece can be decoded from its first packet, and after any other piece.

    Attributes:
        kind: "audio" (Opus) or "video" (VP8).
        turn: In which piece of a round of `TURNS` this person talks.
        ticks: From one packet to the next, in units of `time_base` seconds.
    """

    kind: str
    talking: tuple[bytes, ...]
    quiet: tuple[bytes, ...]
    turn: int
    ticks: int
    time_base: Fraction


@dataclass(frozen=True, slots=True)
class Loops:
    """
    One person's loops.

    Attributes:
        lean: The voice in fewer and smaller packets.
    """

    voice: Loop
    lean: Loop
    picture: Loop


@cache
def loops(name: str, seed: int, frames: int = FRAMES) -> Loops:
    """
    Make and encode what a person says and shows; takes about half a second of one core.

    Args:
        name: Written on the picture.
        seed: Voice, colours and turn follow from it; the same seed makes the same bytes.
        frames: Pictures in a second.
    """
    turn = seed % TURNS
    said = phrase(seed, PIECE_SECONDS), bytes(2 * PIECE_SECONDS * RATE)
    talking, quiet = (_vp8(_film(name, seed, talks, frames), frames) for talks in (True, False))
    return Loops(
        _voice(said, turn, _AUDIO_BITS, _SAMPLES, _LOST_PERCENT),
        _voice(said, turn, _LEAN_BITS, _LEAN_SAMPLES, 0),
        Loop("video", talking, quiet, turn, 90_000 // frames, Fraction(1, 90_000)),
    )


def _voice(said: tuple[bytes, bytes], turn: int, bits: int, length: int, lost: int) -> Loop:
    talking, quiet = (_opus(samples, bits, length, lost) for samples in said)
    return Loop("audio", talking, quiet, turn, length, Fraction(1, RATE))


def _film(name: str, seed: int, talks: bool, rate: int) -> Iterable[av.VideoFrame]:
    for number in range(rate * PIECE_SECONDS):
        mouth = loudness(number / rate) if talks else 0.0
        drawn = av.VideoFrame(WIDTH, HEIGHT, "rgb24")
        drawn.planes[0].update(portrait(name, seed, number / rate / PIECE_SECONDS, mouth).tobytes())
        frame = drawn.reformat(format="yuv420p")
        frame.pts = number
        yield frame


def _vp8(frames: Iterable[av.VideoFrame], rate: int) -> tuple[bytes, ...]:
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, rate), Fraction(rate)
    encoder.bit_rate = _VIDEO_BITS
    encoder.gop_size = rate * PIECE_SECONDS
    encoder.thread_count = 1  # the same bytes on every machine
    # "good", not "realtime": there the plain colours drift until the next key frame.
    encoder.options = {"deadline": "good", "cpu-used": "2", "lag-in-frames": "0", "auto-alt-ref": "0"}
    packets = [bytes(packet) for frame in frames for packet in encoder.encode(frame)]
    return tuple(packets + [bytes(packet) for packet in encoder.encode(None)])


def _opus(samples: bytes, bits: int, length: int, lost: int) -> tuple[bytes, ...]:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.format, encoder.layout, encoder.sample_rate = bits, "s16", "mono", RATE
    encoder.options = {"application": "voip", "frame_duration": str(1000 * length // RATE)}
    encoder.options |= {"fec": "1", "packet_loss": str(lost)}
    packets = []
    size = 2 * length  # bytes
    for number in range(len(samples) // size):
        frame = av.AudioFrame(format="s16", layout="mono", samples=length)
        frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), number * length
        frame.planes[0].update(samples[number * size : (number + 1) * size])
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(packets)  # what the encoder still holds back, 6.5 ms, is silence
