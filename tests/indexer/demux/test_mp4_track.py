"""What a `Track` says of itself, and which damage matters to whom."""

from __future__ import annotations

import pytest

from indexer.errors import LimitExceeded, Malformed, Unsupported
from indexer.limits import MAX_EDITS, MAX_SAMPLE_ENTRIES_BYTES, MAX_TRACKS
from indexer.track import Edit
from tests.indexer.demux.demuxed import demuxed, only_track, refusal
from tests.indexer.demux.made_mp4 import (
    ENGLISH,
    NO_TABLES,
    THREE_SAMPLES,
    box,
    elst,
    full_box,
    hdlr,
    mdhd,
    movie,
    sample_entry,
    stsd,
    tkhd,
    trak,
    u16,
    u32,
)

RATE_1 = 0x1_0000


@pytest.mark.parametrize("version", [0, 1])
def test_headers_of_both_versions(version: int) -> None:
    headers = tkhd(7, version=version, enabled=False, alternate_group=3), mdhd(90000, version=version)
    track = only_track(movie(trak(headers=headers)))
    assert (track.track_id, track.timescale, track.enabled, track.alternate_group) == (7, 90000, False, 3)
    assert (track.width_16_16 >> 16, track.height_16_16 >> 16) == (640, 360)
    assert track.matrix == (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def test_sample_entries_are_whole_boxes() -> None:
    entries = sample_entry("avc1", b"abc"), sample_entry("hvc1")
    assert only_track(movie(trak(entries=entries))).sample_entries == entries


def test_a_timescale_of_zero() -> None:
    assert refusal(movie(trak(headers=[mdhd(0)])), Malformed).where == "moov/trak[1]/mdia/mdhd"


@pytest.mark.parametrize("version", [0, 1])
def test_edits(version: int) -> None:
    edits = elst((500, -1, RATE_1), (600, 1024, RATE_1), (0, 0, 0x8000), version=version)
    track = only_track(movie(trak(extra=[box("edts", edits)])))
    assert track.edits == (Edit(500, -1), Edit(600, 1024), Edit(0, 0, 0x8000))


def test_edits_of_no_duration_show_nothing_but_as_the_last() -> None:
    edits = elst((0, 5, RATE_1), (0, -1, RATE_1), (600, 7, RATE_1), (0, 9, RATE_1), (0, -1, RATE_1))
    track = only_track(movie(trak(extra=[box("edts", edits)])))
    assert track.edits == (Edit(600, 7), Edit(0, 9))


def test_long_edits() -> None:
    track = only_track(movie(trak(extra=[box("edts", elst((2**40, 2**40, RATE_1), version=1))])))
    assert track.edits == (Edit(2**40, 2**40),)


@pytest.mark.parametrize("edts", [box("edts"), box("edts", elst()), box("edts", box("free"))])
def test_no_edits(edts: bytes) -> None:
    assert only_track(movie(trak(extra=[edts]))).edits == ()


def test_edits_that_are_not_there() -> None:
    edts = box("edts", full_box("elst", u32(2), bytes(12)))
    assert "announces 2 rows" in refusal(movie(trak(extra=[edts])), Malformed).rule
    edts = box("edts", full_box("elst", u32(0), version=2))
    assert "version 2" in refusal(movie(trak(extra=[edts])), Malformed).rule


def test_more_bytes_of_sample_entries_than_are_read() -> None:
    """Of all tracks together; what they hold would be in the index, and in every init segment."""
    half = sample_entry("avc1", bytes(MAX_SAMPLE_ENTRIES_BYTES // 2))
    assert only_track(movie(trak(entries=[half]))).sample_entries == (half,)
    refusal(movie(trak(entries=[half]), trak(track_id=2, entries=[half])), LimitExceeded)


def test_more_edits_than_are_read() -> None:
    edits = [(1, 0, RATE_1)] * (MAX_EDITS + 1)
    refusal(movie(trak(extra=[box("edts", elst(*edits))])), LimitExceeded)


def test_references() -> None:
    tref = box("tref", box("chap", u32(2, 3)), box("tmcd", u32(4), b"\0"), box("hint"))
    track = only_track(movie(trak(extra=[tref])))
    assert track.references == (("chap", (2, 3)), ("tmcd", (4,)), ("hint", ()))


SINF = box("sinf", box("frma", b"avc1"), full_box("schm", b"cbcs", u32(1)))


@pytest.mark.parametrize(("entry", "scheme"), [
    (sample_entry("encv", bytes(70), SINF), "cbcs"),
    (sample_entry("encv", box("sinf")), "encv, scheme not stated"),
    (sample_entry("encv", b"schm"), "encv, scheme not stated"),
    (sample_entry("drmi"), "drmi, scheme not stated"),
])  # fmt: skip
def test_encryption_refuses_the_archive_by_scheme(entry: bytes, scheme: str) -> None:
    error = refusal(movie(trak(entries=[sample_entry("avc1"), entry])), Unsupported)
    assert error.rule == f"is encrypted ({scheme})"
    assert error.where.startswith("moov/trak[1]/mdia/minf/stbl/stsd/")


def dref(*entries: bytes) -> bytes:
    return box("dinf", full_box("dref", u32(len(entries)), *entries))


def movie_with(minf: bytes) -> bytes:
    stbl = box("stbl", stsd(), *THREE_SAMPLES)
    return movie(box("trak", tkhd(1), box("mdia", mdhd(), hdlr("vide"), box("minf", minf, stbl))))


@pytest.mark.parametrize("entry", [
    full_box("url ", flags=1), full_box("url "), full_box("url ", b"\0"), box("url "),
    full_box("alis", bytes(150), flags=1),
])  # fmt: skip
def test_samples_in_this_file(entry: bytes) -> None:
    """Some writers forget the flag: without a location it can only be this file."""
    assert only_track(movie_with(dref(entry))).samples.count == 3


def test_samples_in_another_file() -> None:
    error = refusal(movie_with(dref(full_box("url ", b"file:///elsewhere.mov\0"))), Unsupported)
    assert "another file" in error.rule


@pytest.mark.parametrize(("header", "handler"), [("vmhd", "vide"), ("smhd", "soun"), ("hmhd", "hint")])
def test_without_hdlr_the_header_of_the_media_tells(header: str, handler: str) -> None:
    stbl = box("stbl", stsd(), *THREE_SAMPLES)
    mdia = box("mdia", mdhd(), box("minf", full_box(header), stbl))
    assert only_track(movie(box("trak", tkhd(1), mdia))).handler == handler


BROKEN = trak((full_box("stsz", u32(0, 99)),), track_id=2)


@pytest.mark.parametrize("handler", ["tmcd", "meta", "hint", "text", "sbtl", "\0\0\0\0"])
def test_a_broken_auxiliary_track_is_passed_over(handler: str) -> None:
    found = demuxed(movie(trak(), BROKEN.replace(b"vide", handler.encode())))
    assert [track.track_id for track in found.tracks] == [1]
    assert found.notes == (
        f"moov/trak[2]/mdia/minf/stbl/stsz ({handler}) passed over: announces 99 rows of 4 bytes in 0",
    )


@pytest.mark.parametrize("place", ["udta", "minf"])
def test_a_box_that_does_not_fit_breaks_its_own_track_alone(place: str) -> None:
    """What the track is stands before it: a camera's list of metadata that was written wrong."""
    broken = u32(999) + b"mebx"
    track = trak(track_id=2, handler="meta", extra=[broken] if place == "udta" else [])
    if place == "minf":
        at = track.index(b"minf") - 4
        track = track[:at] + u32(9999) + track[at + 4 :]
    found = demuxed(movie(trak(), track))
    assert [track.track_id for track in found.tracks] == [1]
    assert "(meta) passed over: box " in found.notes[0]


@pytest.mark.parametrize("handler", ["vide", "soun"])
def test_a_broken_main_track_refuses_the_archive_unless_there_is_another(handler: str) -> None:
    broken = BROKEN.replace(b"vide", handler.encode())
    other = "soun" if handler == "vide" else "vide"
    error = refusal(movie(trak(handler=other), broken), Malformed)
    assert error.where == "moov/trak[2]/mdia/minf/stbl/stsz"
    found = demuxed(movie(broken, trak(handler=handler, track_id=1)))
    assert [track.track_id for track in found.tracks] == [1]
    assert [lost.handler for lost in found.lost] == [handler]
    assert f"stsz ({handler}) passed over: announces 99 rows" in found.notes[0]


@pytest.mark.parametrize("content", [box("trak"), box("trak", tkhd(2)), box("trak", tkhd(2), box("mdia"))])
def test_a_track_of_no_stated_kind_is_passed_over(content: bytes) -> None:
    found = demuxed(movie(trak(), content))
    assert len(found.tracks) == 1
    assert "(of no stated kind) passed over" in found.notes[0]


def test_two_tracks_of_one_id() -> None:
    refusal(movie(trak(), trak(handler="soun")), Malformed)
    assert len(demuxed(movie(trak(), trak())).tracks) == 1
    assert len(demuxed(movie(trak(), trak(handler="meta"))).tracks) == 1


def test_a_refused_track_does_not_use_up_what_others_may_take() -> None:
    """An auxiliary track that lists the whole file twice is passed over; the video is still read."""
    greedy = trak((THREE_SAMPLES[0], THREE_SAMPLES[1], full_box("stsz", u32(2**20, 3)), THREE_SAMPLES[3]),
                  track_id=2, handler="meta")
    found = demuxed(movie(greedy, trak()))
    assert [track.track_id for track in found.tracks] == [1]


def test_more_tracks_than_are_read() -> None:
    tracks = [trak(NO_TABLES, track_id=number) for number in range(MAX_TRACKS + 1)]
    refusal(movie(*tracks), LimitExceeded)


def test_languages() -> None:
    def language(brand: str, code: int, *media: bytes) -> str:
        return only_track(movie(trak(headers=[mdhd(language=code)], media=media), brand=brand)).language

    def elng(tag: bytes) -> bytes:
        return full_box("elng", tag)

    assert language("isom", ENGLISH) == "en"
    assert language("qt  ", 11) == "ja"
    assert language("isom", 11) == "und"  # QuickTime's numbers mean nothing elsewhere
    assert language("isom", ENGLISH, elng(b"pt-BR\0")) == "pt-BR"
    assert language("isom", ENGLISH, elng(b"\xff\xfe,,\0")) == "en"
    assert language("isom", ENGLISH, elng(b"a" * 2**16)) == "en"


def test_a_short_language_box() -> None:
    assert only_track(movie(trak(media=[box("elng", u16(0))]))).language == "und"
