"""Archives that a test has made, indexed, served, and compared with ffmpeg's reading of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.idx.view import open_idx
from indexer.archives import find_archives
from indexer.pipeline import Options, index_archive
from tests.app.running_origin import Origin, running_origin
from tests.fuzz.forest import Forest, written
from tests.roundtrip.played import differences, playlist_url


@contextmanager
def serving(folder: Path, archives: Mapping[str, Forest], segment_duration_ms: int) -> Iterator[Origin]:
    """`folder` gets what is served, by the names of `archives`."""
    media_dir, index_dir = folder / "media", folder / "index"
    media_dir.mkdir()
    for name, archive in archives.items():
        (media_dir / f"{name}.mp4").write_bytes(written(archive))
    for found in find_archives([str(media_dir)], str(media_dir), str(index_dir)):
        outcome = index_archive(found, Options(segment_duration_ms=segment_duration_ms))
        assert outcome.status == "indexed", outcome.text
    with running_origin(media_dir, index_dir, folder / "log", "--workers", "1") as running:
        yield running


def differences_of(origin: Origin, name: str) -> list[str]:
    """Where what is served of that archive, muxed, differs from what ffmpeg reads of it."""
    source = origin.media_dir / f"{name}.mp4"
    header = open_idx(str(origin.index_dir / f"{name}.idx")).header
    track_ids = [header.tracks[number].source_track_id for number in header.views[0].tracks]
    return list(differences(source, playlist_url(origin.base, source.name), track_ids))
