"""The top level: where the movie header is, what is still to come, and what is no MP4."""

from __future__ import annotations

import pytest

from indexer.demux.reading import WAIT
from indexer.errors import LimitExceeded, Malformed, Unfinished, Unsupported
from indexer.limits import MAX_TOP_LEVEL_BOXES
from tests.indexer.demux.demuxed import demuxed, refusal, samples_of
from tests.indexer.demux.made_fragments import fragment, init
from tests.indexer.demux.made_mp4 import (
    DATA,
    THREE_SAMPLES,
    box,
    co64,
    ftyp,
    full_box,
    large_box,
    moov,
    movie,
    mvhd,
    stco,
    stsc,
    stsz,
    stts,
    trak,
    u32,
)

MEDIA = box("mdat", bytes(64))
AFTER_HEADER = len(ftyp() + moov(trak())) + 8
HEADER_FIRST = ftyp() + moov(trak((*THREE_SAMPLES[:3], stco(AFTER_HEADER)))) + MEDIA


def offsets(content: bytes) -> list[int]:
    return [sample.offset for sample in samples_of(demuxed(content).tracks[0])]


@pytest.mark.parametrize("brand", ["isom", "qt  ", "M4V ", "3gp6", "mp42", "dash", "what"])
def test_any_brand(brand: str) -> None:
    assert demuxed(movie(brand=brand)).major_brand == brand


def test_no_brand() -> None:
    content = box("wide", bytes(8)) + MEDIA + moov(trak())
    assert demuxed(content).major_brand == ""
    assert offsets(content) == [DATA, DATA + 4, DATA + 9]


def test_movie_header_first_or_last() -> None:
    assert offsets(ftyp() + MEDIA + moov(trak())) == [DATA, DATA + 4, DATA + 9]
    assert offsets(HEADER_FIRST) == [AFTER_HEADER, AFTER_HEADER + 4, AFTER_HEADER + 9]


@pytest.mark.parametrize("content", [
    pytest.param(ftyp() + large_box("mdat", bytes(64)) + moov(trak()), id="64-bit size"),
    pytest.param(ftyp() + box("mdat", bytes(8)) + MEDIA + box("free") + MEDIA + moov(trak()), id="several"),
    pytest.param(ftyp() + moov(trak()) + u32(0) + b"mdat" + bytes(99), id="mdat to the end"),
    pytest.param(ftyp() + MEDIA + u32(0) + moov(trak())[4:], id="moov to the end"),
    pytest.param(box("skip") * 99 + MEDIA + moov(trak()), id="many boxes"),
])  # fmt: skip
def test_ways_to_lay_out_a_file(content: bytes) -> None:
    found = demuxed(content)
    assert len(samples_of(found.tracks[0])) == 3
    assert found.notes == ()
    ((offset, length),) = found.structure_ranges
    assert content[offset + 4 : offset + 8] == b"moov"
    assert offset + length <= len(content)


def test_offsets_beyond_4_gib_are_told_from_the_size_of_the_file() -> None:
    tables = stts((1, 1)), stsc((1, 1, 1)), stsz(1), co64(2**40)
    assert "2" in refusal(movie(trak(tables)), Malformed).rule


@pytest.mark.parametrize("length", range(12))
def test_too_short_to_tell(length: int) -> None:
    assert f"{length} bytes" in refusal(movie()[:length], Unfinished).rule


@pytest.mark.parametrize("content", [
    pytest.param(ftyp(), id="brand alone"),
    pytest.param(ftyp() + box("free", bytes(9)), id="nothing but padding"),
    pytest.param(ftyp() + MEDIA, id="media, no header yet"),
    pytest.param(ftyp() + MEDIA[:-1], id="media cut short"),
    pytest.param(ftyp() + u32(0) + b"mdat" + bytes(99), id="recording in progress"),
    pytest.param(ftyp() + MEDIA + moov(trak())[:-1], id="header cut short"),
    pytest.param(ftyp() + MEDIA + bytes(7), id="cut within a box header"),
    pytest.param(ftyp() + MEDIA + u32(1) + b"mdat" + bytes(7), id="cut within a 64-bit box header"),
    pytest.param(HEADER_FIRST[:-50], id="header first, media cut short"),
    pytest.param(HEADER_FIRST[:-67], id="header first, media to come"),
    pytest.param(HEADER_FIRST[:-72], id="header first, nothing more"),
    pytest.param(HEADER_FIRST[:-72] + u32(0) + MEDIA[4:-50], id="header first, media without a stated end"),
    pytest.param(ftyp() + MEDIA + bytes(9999), id="room made for the header"),
    pytest.param(bytes(9999), id="room made for a copy"),
])  # fmt: skip
def test_not_finished_yet(content: bytes) -> None:
    assert refusal(content, Unfinished).remedy == WAIT


def test_what_is_missing_is_said_once() -> None:
    media_cut = refusal(ftyp() + MEDIA[:-1], Unfinished)
    header_cut = refusal(ftyp() + MEDIA + moov(trak())[:-1], Unfinished)
    assert media_cut.rule == "lacks 1 bytes of its 'mdat' box, and 'moov'"
    assert header_cut.rule == "lacks 1 bytes of its 'moov' box"


def test_a_last_box_that_is_too_long_does_not_matter_where_no_sample_does() -> None:
    found = demuxed(ftyp() + moov(trak()) + u32(80) + MEDIA[4:])
    assert len(samples_of(found.tracks[0])) == 3
    assert found.notes == ("its last box 'mdat' is 8 bytes longer than the file",)


JUNK = [bytes(40), b"\xff" * 40, u32(7) + b"free" + bytes(30), u32(20) + b"\1\2\3\4" * 9]


@pytest.mark.parametrize("junk", JUNK)
def test_junk_at_the_end(junk: bytes) -> None:
    """Ignored after the movie header; before it, there is nothing to go by."""
    assert demuxed(movie() + junk).notes == (f"the last {len(junk)} bytes are not a box",)
    assert refusal(ftyp() + MEDIA + junk + moov(trak()), Malformed).offset == 88


@pytest.mark.parametrize(("head", "name"), [
    (b"\x1aE\xdf\xa3", "Matroska"), (b"RIFF\n\0\0\0AVI ", "AVI"), (b"RIFF\n\0\0\0WAVE", "WAV"),
    (b"OggS", "Ogg"),
    ((b"G" + bytes(187)) * 2, "transport stream"), ((bytes(4) + b"G" + bytes(187)) * 2, "transport stream"),
    (b"ID3", "MP3"),
])  # fmt: skip
def test_what_else_lies_in_folders_of_archives_is_named(head: bytes, name: str) -> None:
    assert name in refusal(head + bytes(99), Unsupported).rule


def test_fragments_behind_what_is_no_box_refuse_the_archive() -> None:
    """Rather than serve the first part as if it were all; what is no fragment does not matter."""
    whole = init() + fragment() + fragment()
    assert len(samples_of(demuxed(whole).tracks[0])) == 2
    assert "a fragment behind it" in refusal(init() + fragment() + bytes(16) + fragment(), Malformed).rule
    assert demuxed(whole + bytes(99)).notes == ("the last 99 bytes are not a box",)


@pytest.mark.parametrize("content", [
    b"<html>" * 9, b"\0\0\0\x20abcd" + bytes(99), b"GIF89a" + bytes(300), b"Good morning" * 30,
    b"RIFF\n\0\0\0WEBP" + bytes(99),
])  # fmt: skip
def test_no_mp4_at_all(content: bytes) -> None:
    refusal(content, Malformed)


def test_a_compressed_movie_header_is_refused_by_name() -> None:
    assert "'cmov'" in refusal(ftyp("qt  ") + MEDIA + box("moov", box("cmov", bytes(9))), Unsupported).rule


def test_the_first_movie_header_counts() -> None:
    found = demuxed(movie() + moov(trak(THREE_SAMPLES, handler="soun")))
    assert [track.handler for track in found.tracks] == ["vide"]
    assert found.notes == ("has 1 'moov' boxes too many; the first is used, as players do",)


def test_a_movie_header_of_its_own_version() -> None:
    assert demuxed(ftyp() + MEDIA + box("moov", mvhd(90000, version=1), trak())).timescale == 90000


@pytest.mark.parametrize("header", [b"", mvhd(0), mvhd()[:-90]])
def test_a_broken_movie_header(header: bytes) -> None:
    if header and header != mvhd(0):
        header = u32(len(header)) + header[4:]
    refusal(ftyp() + MEDIA + box("moov", header, trak()), Malformed)


def test_more_boxes_than_a_file_may_have() -> None:
    refusal(ftyp() + box("free") * MAX_TOP_LEVEL_BOXES + moov(trak()), LimitExceeded)


@pytest.mark.parametrize("brand", ["heic", "avif", "mif1"])
def test_a_still_picture_is_not_a_recording_that_is_not_finished(brand: str) -> None:
    content = ftyp(brand) + full_box("meta", bytes(20)) + box("mdat", bytes(64))
    assert refusal(content, Unsupported).rule == "is a still picture (HEIF or AVIF)"
    assert len(demuxed(ftyp(brand) + movie()[16:]).tracks) == 1  # of which one brand is a picture's
