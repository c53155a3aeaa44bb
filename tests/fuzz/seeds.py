"""What mutants are made from: small files that reach every part of the indexer."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fuzz.forest import Forest, Node, at, paths, planted
from tests.indexer.demux.made_fragments import BASE_IS_MOOF, DEFAULTS, SYNC, fragment, init
from tests.indexer.demux.made_mp4 import (
    DATA,
    NO_TABLES,
    THREE_SAMPLES,
    box,
    co64,
    ctts,
    elst,
    ftyp,
    full_box,
    moov,
    movie,
    stco,
    stsc,
    stss,
    stts,
    tfdt,
    tfhd,
    trak,
    trex,
    u8,
    u16,
    u32,
)
from tests.indexer.subtitles.made_text import (
    VTTE,
    film_with,
    styl,
    tbox,
    tx3g,
    tx3g_entry,
    vttc,
    wvtt_entry,
)
from tests.media.made_movie import AAC_ENTRY, AVC_ENTRY, OTHER_AVC_ENTRY, MadeTrack, interleaved, make_movie
from tests.media.mp4_file import mp4_file

MAX_CORPUS_FILE_BYTES = 400_000

_EDITS = box("edts", elst((300, -1, 1 << 16), (30, 5, 1 << 16)))
_KIND = full_box("kind", b"urn:x\0main\0")
_NAMES = box("udta", box("name", b"Video"), _KIND, box("\xa9nam", u16(2, 0), b"ab"))
_CHAPTERS = box("udta", full_box("chpl", bytes(4), u8(1), bytes(8), u8(2), b"ab", version=1))
_REFERENCE = box("tref", box("chap", u32(2)))


def _ordinary() -> bytes:
    tracks = (
        MadeTrack(
            [90, 30, 20, 40, 80, 20],
            [40] * 6,
            compositions=[40, 120, 0, 0, 40, 40],
            sync=[True, False, False, False, True, False],
            entries=(AVC_ENTRY,),
        ),
        MadeTrack([9, 8, 7, 9, 8, 7], [1024] * 6, "soun", 48000, entries=(AAC_ENTRY,)),
    )
    return mp4_file(make_movie(tracks, interleaved(tracks, 0.08)))


def _every_table() -> bytes:
    """Edits, dependencies, chapters, 64-bit offsets, two descriptions, half-byte sizes."""
    sizes = full_box("stz2", u32(4, 3), bytes([0x45, 0x60]))
    times = stts((2, 10), (1, 20)), ctts((1, 5), (2, -5), version=1)
    flags = stss(1), full_box("sdtp", u8(32, 24, 24))
    tables = (*times, *flags, stsc((1, 1, 1), (2, 2, 2)), sizes, co64(DATA, DATA + 4))
    video = trak(tables, entries=(AVC_ENTRY, OTHER_AVC_ENTRY), extra=[_EDITS, _REFERENCE, _NAMES])
    return movie(video, trak(track_id=2, handler="text"), _CHAPTERS, brand="qt  ")


def _fragmented() -> bytes:
    tracks = (
        trak(NO_TABLES, entries=(AVC_ENTRY,)),
        trak(NO_TABLES, track_id=2, handler="soun", entries=(AAC_ENTRY,)),
    )
    head = init(DEFAULTS, trex(2, duration=10, size=5), tracks=tracks)
    rows = u32(4, 0), u32(5, 20), u32(6, 0)
    second = tfhd(2, u32(11), flags=BASE_IS_MOOF | 8)
    return (
        head
        + fragment(time=tfdt(0), count=3)
        + fragment(header=second, time=tfdt(0), count=3)
        + fragment(u32(SYNC), *rows, time=tfdt(30, version=1), count=3, flags=0xA04)
    )


def _partly_fragmented() -> bytes:
    track = trak((*THREE_SAMPLES[:3], stco(DATA)), entries=(AVC_ENTRY,))
    return ftyp() + box("mdat", bytes(64)) + moov(track, box("mvex", DEFAULTS)) + fragment(count=2)


def _subtitled(webvtt: bool) -> bytes:
    if webvtt:
        samples, entry = [VTTE, vttc("one", "line:0", "7") + vttc("<v Bo>two"), vttc("three")], wvtt_entry()
    else:
        samples, entry = [tx3g(""), tx3g("one two", styl((0, 3, 1)), tbox(0, 9)), tx3g("three")], tx3g_entry()
    words = MadeTrack([], [500, 1000, 1500], "text" if webvtt else "sbtl", entries=(entry,))
    return mp4_file(film_with(words, samples, seconds=4))


def made() -> dict[str, bytes]:
    """Those that are always there, by name."""
    return {
        "ordinary": _ordinary(),
        "every table": _every_table(),
        "fragmented": _fragmented(),
        "partly fragmented": _partly_fragmented(),
        "3GPP timed text": _subtitled(webvtt=False),
        "WebVTT": _subtitled(webvtt=True),
    }


def of_corpus(corpus: Path) -> dict[str, bytes]:
    """The small MP4 files of the corpus, if it is there."""
    index = corpus / "index.jsonl"
    rows = map(json.loads, index.read_text().splitlines()) if index.exists() else ()
    return {
        row["path"]: (corpus / row["path"]).read_bytes()
        for row in rows
        if row["container"]["kind"] == "mp4" and row["size"] < MAX_CORPUS_FILE_BYTES
    }


def forests(files: dict[str, bytes]) -> list[Forest]:
    return [planted(content) for content in files.values()]


def donors(planted_forests: list[Forest]) -> list[Node]:
    """Every box of every seed, but the media."""
    nodes = (at(forest, path) for forest in planted_forests for path in paths(forest))
    return [node for node in nodes if len(node.fields) < 10_000]
