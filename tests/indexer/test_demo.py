"""The demo clip is what the README promises, and is never seen half written."""

from __future__ import annotations

from array import array
from pathlib import Path

import av
import pytest
from click.testing import CliRunner

from indexer.demo import __main__ as demo
from indexer.demo.picture import FPS, MARGIN, WIDTH, draw
from indexer.demo.shapes import glyph
from indexer.demo.sound import RATE_HZ, planes

SECONDS = 3


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "folder" / "clip.mp4"
    result = CliRunner().invoke(demo.main, [str(path), "--seconds", str(SECONDS)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return path


def test_clip_is_h264_with_b_frames_and_a_key_frame_every_2_s(clip: Path) -> None:
    with av.open(clip) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert (stream.codec.name, stream.width, stream.height) == ("h264", 1280, 720)
    assert len(packets) == SECONDS * FPS
    assert [packet.pts for packet in packets] != sorted(packet.pts or 0 for packet in packets)
    assert [n for n, packet in enumerate(packets) if packet.is_keyframe] == [0, 60]


def test_sound_is_stereo_aac_as_long_as_the_picture(clip: Path) -> None:
    with av.open(clip) as container:
        stream = container.streams.audio[0]
        assert (stream.codec.name, stream.rate, stream.layout.name) == ("aac", RATE_HZ, "stereo")
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == SECONDS


def test_nothing_else_is_left_beside_the_clip(clip: Path) -> None:
    assert list(clip.parent.iterdir()) == [clip]


def test_a_failure_leaves_the_old_clip_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "clip.mp4"
    old.write_bytes(b"old")

    def fail(path: Path, seconds: int) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo, "encode", fail)
    result = CliRunner().invoke(demo.main, [str(old)])
    assert isinstance(result.exception, OSError)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_bytes() == b"old"


def test_clock_flashes_and_beep_starts_with_the_second() -> None:
    samples = array("f", planes(2)[0])
    window = RATE_HZ // FPS
    loudness = [max(samples[n * window : (n + 1) * window]) for n in range(2 * FPS)]
    assert loudness[FPS] > loudness[FPS - 1] + 0.1, "the beep is in the frame that shows the new second"
    in_first_digit = (560 // 2) * (WIDTH // 2) + (MARGIN + 6) // 2
    colours = [draw(n, 2 * FPS).cb[in_first_digit] for n in range(FPS, 2 * FPS)]
    assert [n for n, cb in enumerate(colours) if cb != colours[-1]] == [0, 1, 2]


def test_no_two_glyphs_look_the_same() -> None:
    shapes = {glyph(char, 18).luma for char in "0123456789:."}
    assert len(shapes) == len("0123456789:.")
