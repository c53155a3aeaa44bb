"""The sound of the demo clip: four soft chords of 2 s, over and over, and a beep on every second.

Two planes of float samples at 48 kHz, as the AAC encoder takes them.
"""

from __future__ import annotations

import math
from array import array

RATE_HZ = 48_000
SAMPLE_BYTES = 4
CHORD_S = 2
BEEP_S = 0.12

# A minor 7, F major 7, C, G: a low voice and three above it, in Hz.
_CHORDS = (
    (110.00, 220.00, 261.63, 329.63),
    (87.31, 220.00, 261.63, 329.63),
    (130.81, 196.00, 261.63, 329.63),
    (98.00, 196.00, 246.94, 293.66),
)
_DETUNE = (0.998, 1.002)  # left and right: slow beats between them make it wide


def planes(seconds: int) -> tuple[bytes, bytes]:
    """Left and right of a clip."""
    repeats = seconds // (CHORD_S * len(_CHORDS)) + 1
    left, right = (_progression(detune).tobytes() * repeats for detune in _DETUNE)
    return left[: seconds * RATE_HZ * SAMPLE_BYTES], right[: seconds * RATE_HZ * SAMPLE_BYTES]


def _progression(detune: float) -> array[float]:
    """All chords once."""
    samples: array[float] = array("f")
    for number, chord in enumerate(_CHORDS):
        samples.extend(_chord([hz * detune for hz in chord], first_beep_hz=880 if number else 1320))
    return samples


def _chord(voices_hz: list[float], first_beep_hz: float) -> array[float]:
    """Swells and fades within its 2 s, so that one follows another without a click."""
    steps = [math.tau * hz / RATE_HZ for hz in voices_hz]
    samples = array("f", bytes(SAMPLE_BYTES * CHORD_S * RATE_HZ))
    for n in range(len(samples)):
        swell = math.sin(math.pi * n / len(samples)) ** 0.7
        samples[n] = 0.07 * swell * sum(math.sin(step * n) for step in steps)
    for second in range(CHORD_S):
        step = math.tau * (880 if second else first_beep_hz) / RATE_HZ
        for n in range(round(BEEP_S * RATE_HZ)):
            fade = (1 - n / (BEEP_S * RATE_HZ)) ** 2
            samples[second * RATE_HZ + n] += 0.25 * fade * math.sin(step * n)
    return samples
