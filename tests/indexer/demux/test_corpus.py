"""Real files: the samples that the demuxer finds are those that ffprobe finds, and damage is refused."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.demux.open import demux
from indexer.errors import SourceError
from indexer.source import Source
from tests.indexer.demux.demuxed import Sample, samples_of

pytestmark = pytest.mark.corpus

KNOWN_DIFFERENCES = {
    # ffmpeg 5.1 shifts a fragmented track by its most negative composition offset, and no other track.
    "shaka-packager/BigBuckBunny_10s.ismv, track 1": "present 0 is 666667",
    # Data offsets that count from the moof without saying so: ffmpeg reads audio from the next fragment.
    "shaka-packager/bear-640x360-av_frag.mp4, track 2": "119 samples are 88",
    # ffprobe joins samples of PCM to packets of 1024.
    "androidx-media/sample_ipcm_24le.mp4, track 2": "45056 samples are 44",
}

REFUSED = {
    "androidx-media__sample_missing_stsd.mp4": "Malformed",
    "crash_report__segv_105.mp4": "Malformed",
    "fate-suite__frag_overlap.mp4": "Malformed",
    "fate-suite__invalid_elst_entry_count.mp4": "Malformed",
    "fate-suite__white_zombie_scrunch-part.mp4": "Unfinished",
    "firefox__1197935.mp4": "Malformed",
    "firefox__encrypted-track-without-tenc.mp4": "Unsupported",
    "firefox__small-timebase.mp4": "Unfinished",
    "firefox__test_case_1200326.mp4": "Malformed",
    "firefox__test_case_1296532.mp4": "Unsupported",
    "firefox__test_case_1301065-u64max.mp4": "Unfinished",
    "firefox__test_case_1410565.mp4": "Malformed",
    "firefox__video_512x288_h264-360k_clear_enc_dashinit.mp4": "Unsupported",
    "fuzzer_crashes__mp42aac-hbo-00.mp4": "Malformed",
    "fuzzer_crashes__mp4box-info-segv-1.mp4": "Malformed",
    "go-mp4__sample_qt.mp4": "Unfinished",
    "mp4parse-rust__chunk_out_of_range.mp4": "Malformed",
    "mp4parse-rust__no_timescale.mp4": "Malformed",
    "mutagen__truncated-64bit.mp4": "Unfinished",
    "bear-640x360-v_frag-cenc-senc.mp4": "Unsupported",
    "mov-basic.mov": "Unsupported",
    "tearsofsteel_1frame_encrypted.mp4": "Unsupported",
}


def mp4_files(corpus: Path) -> list[Path]:
    rows = map(json.loads, (corpus / "index.jsonl").read_text().splitlines())
    return [corpus / row["path"] for row in rows if row["container"]["kind"] == "mp4"]


def probed(ffprobe: str, path: Path) -> dict[int, list[Sample]]:
    """What ffprobe says, by track id, without edits."""
    entries = "stream=index,id:packet=stream_index,pts,dts,size,pos,flags"
    options = ["-v", "quiet", "-ignore_editlist", "1", "-show_entries", entries, "-of", "json"]
    command = [ffprobe, *options, str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, check=False, text=True).stdout)
    ids = {stream["index"]: int(stream.get("id", "0"), 16) for stream in found["streams"]}
    tracks: dict[int, list[Sample]] = {number: [] for number in ids.values()}
    for packet in found["packets"]:
        times = packet.get("dts", 0), packet.get("pts", 0)  # the cover picture has none
        place = int(packet["pos"]), int(packet["size"])
        tracks[ids[packet["stream_index"]]].append(Sample(*place, *times, "K" in packet["flags"]))
    return tracks


def first_difference(ours: list[Sample], theirs: list[Sample]) -> str:
    """ "" where all agree; decode times may differ by a constant: ffprobe keeps them before presentation."""
    if len(ours) != len(theirs):
        return f"{len(ours)} samples are {len(theirs)}"
    shift = theirs[0].decode - ours[0].decode
    for mine, its in zip(ours, theirs, strict=True):
        shifted = mine._replace(decode=mine.decode + shift)
        for name, found, expected in zip(Sample._fields, shifted, its, strict=True):
            if found != expected:
                return f"{name} {found} is {expected}"
    return ""


def test_every_sample_is_where_ffprobe_finds_it(corpus: Path, tool: Callable[[str], str]) -> None:
    differences: dict[str, str] = {}
    compared = 0
    for path in mp4_files(corpus):
        try:
            with Source(path) as source:
                movie = demux(source)
        except SourceError:
            continue
        if movie.lost:
            continue
        theirs = probed(tool("ffprobe"), path)
        for track in movie.tracks:
            if track.handler in {"vide", "soun"}:
                compared += 1
                if difference := first_difference(samples_of(track), theirs[track.track_id]):
                    differences[f"{path.relative_to(corpus)}, track {track.track_id}"] = difference
    assert differences == KNOWN_DIFFERENCES
    assert compared > 80


def test_what_is_refused_is_refused_by_its_rule_and_soon(corpus: Path) -> None:
    refused: dict[str, str] = {}
    for path in mp4_files(corpus):
        started = time.process_time()
        try:
            with Source(path) as source:
                movie = demux(source)
                source.check_unchanged()
            for track in movie.tracks:
                samples_of(track)
        except SourceError as error:
            refused[path.name] = type(error).__name__
        assert time.process_time() - started < 20, path
    assert refused == REFUSED
