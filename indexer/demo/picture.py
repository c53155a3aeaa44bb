"""The picture of the demo clip at a frame: fifteen pendulums, a clock, the frame's number, a progress bar.

The pendulums swing a whole number of times in 30 s, each once more than its neighbour, so they part and
meet again. The clock flashes on every second, with the beep of `indexer.demo.sound`.
"""

from __future__ import annotations

import math

from indexer.demo.shapes import Picture, bar, colour, disc, glyph, write

WIDTH, HEIGHT, FPS = 1280, 720, 30
MEETING_S = 30
PENDULUMS = 15
DASHES = 30
MARGIN = 80
FLASH_S = 0.1

_WHITE, _AMBER, _DIM = colour(0, 0, 0.95), colour(0.12, 0.75, 1), colour(0.62, 0.35, 0.42)
_BOBS = [(colour(n / PENDULUMS, 0.62, 0.98), colour(n / PENDULUMS, 0.2, 1)) for n in range(PENDULUMS)]
_LUMA = b"".join(bytes((54 - 30 * y // HEIGHT,)) * WIDTH for y in range(HEIGHT))
_RIBBON = WIDTH  # chroma samples after which the drifting background repeats
_CB = bytes(round(140 + 12 * math.sin(math.tau * n / _RIBBON)) for n in range(_RIBBON)) * 2
_CR = bytes(round(126 + 12 * math.cos(math.tau * n / _RIBBON)) for n in range(_RIBBON)) * 2


def draw(frame: int, frames: int) -> Picture:
    """Frame number `frame` of a clip of `frames`."""
    t = frame / FPS
    picture = _background(frame)
    _pendulums(picture, t)
    _progress(picture, frame / max(1, frames - 1))
    lit = _AMBER if t % 1 < FLASH_S else _WHITE
    minutes, seconds = divmod(int(t), 60)
    left = write(picture, f"{minutes:02}:{seconds:02}", MARGIN, 540, 42, lit)
    write(picture, f".{frame * 1000 // FPS % 1000:03}", left, 568, 28, lit)
    number = f"{frame:05}"
    write(picture, number, WIDTH - MARGIN - 5 * (glyph("0", 18).width + 6) + 6, 588, 18, _DIM)
    return picture


def _background(frame: int) -> Picture:
    """Dark, lighter at the top, and a drift of hues from corner to corner."""
    half = WIDTH // 2
    starts = [(2 * frame + row) % _RIBBON for row in range(HEIGHT // 2)]
    cb = b"".join(_CB[start : start + half] for start in starts)
    cr = b"".join(_CR[start : start + half] for start in starts)
    return Picture(WIDTH, HEIGHT, bytearray(_LUMA), bytearray(cb), bytearray(cr))


def _pendulums(picture: Picture, t: float) -> None:
    bob, shine = disc(28), disc(8)
    step = (WIDTH - 2 * MARGIN - 56) / (PENDULUMS - 1)
    for n, (body, light) in enumerate(_BOBS):
        swing = math.cos(math.tau * (PENDULUMS + n) * t / MEETING_S)
        left, top = round(MARGIN + n * step), round(240 - 190 * swing)
        picture.paint(bob, left, top, body)
        picture.paint(shine, left + 12, top + 10, light)


def _progress(picture: Picture, share: float) -> None:
    """Thirty dashes, lit as they are passed, and a knob."""
    length = WIDTH - 2 * MARGIN
    for n in range(DASHES):
        lit = _WHITE if n < share * DASHES else _DIM
        picture.paint(bar(length // DASHES - 5, 8), MARGIN + n * length // DASHES, 672, lit)
    picture.paint(disc(10), MARGIN - 10 + round(share * length), 666, _WHITE)
