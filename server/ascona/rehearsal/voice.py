"""A soft voice without words: a few hummed vowels, at a pitch of its own for each person."""

import math
from array import array

RATE = 48_000
"""Samples in a second: what Opus works with."""

SYLLABLES = ((0.20, 0.40), (0.55, 0.35), (0.95, 0.55))
"""(begin, length) in seconds of what is hummed in one phrase; silence around it."""

PITCHES = (131, 196, 165, 220, 147, 262, 175, 208, 123, 233, 156, 185, 139, 247)
"""In Hz: a man's to a child's. Neighbours are far apart, so that they are told apart."""

VOWELS = ((730, 1090), (530, 1840), (570, 840), (300, 870), (400, 1920))
"""First two formants in Hz of a, e, o, u and i, softened (Peterson and Barney, 1952)."""

_TABLE = 512  # samples in one period of a tone
_VOLUME = 0.16  # of full scale: a quiet room


def loudness(seconds: float) -> float:
    """How loud a phrase is, 0 to 1, so many seconds after its begin; the mouth follows it as well."""
    for begin, length in SYLLABLES:
        if begin < seconds < begin + length:
            return math.sin(math.pi * (seconds - begin) / length)
    return 0.0


def phrase(seed: int, seconds: float) -> bytes:
    """
    Hum one phrase.

    Args:
        seed: Which voice: pitch and vowels follow from it.
        seconds: Length of the piece; it begins and ends in silence.

    Returns:
        Signed 16-bit mono samples at `RATE`, in the machine's byte order.
    """
    pitch = PITCHES[seed % len(PITCHES)]
    samples = array("h", bytes(2 * round(seconds * RATE)))
    for order, (begin, length) in enumerate(SYLLABLES):
        tone = _tone(pitch, VOWELS[(seed + order) % len(VOWELS)])
        position = 0.0
        for sample in range(round(begin * RATE), min(round((begin + length) * RATE), len(samples))):
            at = sample / RATE
            glide = 1.04 - 0.06 * (at - begin) / length + 0.008 * math.sin(math.tau * 5 * at)
            position += pitch * glide * _TABLE / RATE
            samples[sample] = round(loudness(at) * tone[int(position) % _TABLE])
    return samples.tobytes()


def _tone(pitch: float, formants: tuple[int, int]) -> list[float]:
    """One period: the overtones up to 4 kHz, strongest around the formants."""
    overtones = range(1, round(4_000 / pitch))
    weights = [sum(math.exp(-(((pitch * n - peak) / 220) ** 2)) for peak in formants) + 0.35 / n**2 for n in overtones]
    scale = _VOLUME * 32_767 / math.sqrt(sum(weight**2 for weight in weights))
    return [
        scale * sum(weight * math.sin(math.tau * n * x / _TABLE) for n, weight in zip(overtones, weights, strict=True))
        for x in range(_TABLE)
    ]
