"""One archive, end to end: what becomes of it, and in which words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from app.idx.layout import MAGIC
from app.idx.view import Idx, open_idx
from indexer import pipeline
from indexer.archives import find_archives
from indexer.pipeline import Options, Outcome, index_archive
from indexer.sidecar import Sink
from indexer.source import Source
from tests.indexer.conftest import Put, film
from tests.indexer.demux import made_mp4

Index = Callable[..., Outcome]


@pytest.fixture
def index(media_dir: Path, index_dir: Path) -> Index:
    """Index the archive of a name; every option but its own is the default."""

    def run(name: str = "film.mp4", **options: object) -> Outcome:
        (archive,) = find_archives([str(media_dir / name)], str(media_dir), str(index_dir))
        return index_archive(archive, replace(Options(), **options))  # type: ignore[arg-type]

    return run


@pytest.fixture
def opened(index_dir: Path) -> Callable[[], Idx]:
    return lambda: open_idx(str(index_dir / "film.idx"))


def test_an_archive_is_indexed(put: Put, index: Index, opened: Callable[[], Idx]) -> None:
    path = put()
    outcome = index()
    assert outcome.status == "indexed"
    assert "H.264 High@1.0 + AAC-LC; 20.0 s in 3 segments of up to" in outcome.text
    assert (outcome.archive_bytes, outcome.index_bytes) == (path.stat().st_size, opened().identity.size)
    source = opened().header.source
    assert (source.name, source.size, source.mtime_ns) == (
        "film.mp4", path.stat().st_size, path.stat().st_mtime_ns,
    )  # fmt: skip
    assert opened().header.generator == f"vodsplice {version('vodsplice')}"


def test_a_fault_of_ours_costs_one_archive(
    put: Put, index: Index, monkeypatch: pytest.MonkeyPatch, index_dir: Path
) -> None:
    def fails(*_: object) -> bytes:
        raise OverflowError("int too big to convert")

    put()
    monkeypatch.setattr(pipeline, "make_idx", fails)
    outcome = index()
    assert outcome.status == "refused"
    assert re.search(r"fails on it \(OverflowError at test_pipeline\.py:\d+\)", outcome.text)
    assert "\n" not in outcome.text
    assert os.listdir(index_dir) == []


def test_the_same_archive_gives_the_same_index(put: Put, index: Index, opened: Callable[[], Idx]) -> None:
    put()
    index()
    version = opened().version
    index(force=True)
    assert opened().version == version


def test_what_is_up_to_date_is_left_alone(put: Put, index: Index, opened: Callable[[], Idx]) -> None:
    put()
    index()
    before = opened().identity
    outcome = index()
    assert (outcome.status, outcome.text) == ("up to date", "")
    assert outcome.index_bytes == before.size
    assert opened().identity == before


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ({}, {"force": True}, "indexed"),
        ({}, {"segment_duration_ms": 4000}, "indexed"),
        ({}, {"slop": 0.5}, "indexed"),
        ({"digest": "fast"}, {"digest": "full"}, "indexed"),
        ({"digest": "full"}, {"digest": "fast"}, "up to date"),  # which is more than was asked for
    ],
)
def test_options_that_change_an_index_make_it_anew(
    first: dict[str, object], second: dict[str, object], status: str, put: Put, index: Index
) -> None:
    put()
    assert index(**first).status == "indexed"
    assert index(**second).status == status
    assert index(**second | {"force": False}).status == "up to date"


def test_an_archive_that_was_written_to_is_indexed_anew(
    put: Put, index: Index, opened: Callable[[], Idx]
) -> None:
    put(made=film(seed=1))
    index()
    version = opened().version
    put(made=film(seed=2))
    assert index().status == "indexed"
    assert opened().version != version


SRT = "1\n00:00:01,000 --> 00:00:02,000\n{words}\n"


def test_subtitles_beside_an_archive_are_part_of_what_is_current(
    put: Put, index: Index, opened: Callable[[], Idx], media_dir: Path
) -> None:
    put()
    index()
    beside = media_dir / "film.deu.srt"
    found = []
    for words in ("eins", "zwei", None):
        if words:
            beside.write_text(SRT.format(words=words))
        else:
            beside.unlink()
        assert index().status == "indexed"
        found.append([bytes(text.content).decode() for text in opened().texts])
        assert index().status == "up to date"
    assert found == [["\neins"], ["\nzwei"], []]


def test_subtitles_that_cannot_be_read_are_a_note_once(
    put: Put, index: Index, opened: Callable[[], Idx], media_dir: Path
) -> None:
    put()
    (media_dir / "film.vtt").write_text(SRT.format(words="no WebVTT"))
    (media_dir / "film.fra.srt").write_text(SRT.format(words="oui"))
    outcome = index()
    assert "; subtitles text-fra; note: film.vtt passed over: does not begin with WEBVTT" in outcome.text
    assert [each.name for each in opened().header.subtitle_files] == ["film.fra.srt", "film.vtt"]
    assert index().status == "up to date"


def test_an_archive_of_another_extension_is_indexed_anew(put: Put, index: Index, media_dir: Path) -> None:
    put()
    index()
    (media_dir / "film.mp4").rename(media_dir / "film.m4v")
    assert index("film.m4v").status == "indexed"


def test_a_damaged_index_is_made_anew(put: Put, index: Index, opened: Callable[[], Idx]) -> None:
    put()
    index()
    path = opened().identity.path
    with open(path, "r+b") as file:
        file.seek(100)
        file.write(b"\xff")
    assert index().status == "indexed"
    assert opened().segment_count == 3


def test_a_fast_fingerprint_sees_structure_and_edges_a_full_one_every_byte(
    put: Put, index: Index, opened: Callable[[], Idx]
) -> None:
    """One byte changes in the middle of the media, and the file's time is put back."""
    path = put(made=film(seconds=3000))
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    found = {}
    for digest in ("fast", "full"):
        index(digest=digest, force=True)
        before = opened().header.source.fingerprint
        with path.open("r+b") as file:
            file.seek(path.stat().st_size // 3)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        os.utime(path, ns=times)
        index(digest=digest, force=True)
        found[digest] = opened().header.source.fingerprint != before
    assert found == {"fast": False, "full": True}


@pytest.mark.parametrize(
    ("content", "status", "text"),
    [
        (b"", "unfinished", "not finished yet: has only 0 bytes so far; index it again when it is complete"),
        (b"plain text, and more of it", "refused", "malformed: does not begin with a box"),
        (b"\x1aE\xdf\xa3 is how Matroska begins", "refused", "unsupported: is Matroska or WebM; remux it"),
        (
            made_mp4.movie(made_mp4.trak(track_id=1, handler="text")),
            "refused",
            "unsupported: no track can be",
        ),
        (made_mp4.ftyp() + made_mp4.box("mdat", bytes(50)), "unfinished", "not finished yet: "),
        (made_mp4.movie()[:-10], "unfinished", "not finished yet: "),
    ],
)
def test_what_cannot_be_indexed(
    content: bytes, status: str, text: str, media_dir: Path, index_dir: Path, index: Index
) -> None:
    (media_dir / "film.mp4").write_bytes(content)
    outcome = index()
    assert outcome.status == status, outcome
    assert outcome.text.startswith(text)
    assert "\n" not in outcome.text
    assert list(index_dir.iterdir()) == []


def test_what_no_url_can_name_is_not_even_opened(media_dir: Path, index: Index) -> None:
    os.mkfifo(media_dir / ".film.mp4")  # who opened it without care would wait for ever
    outcome = index(".film.mp4")
    assert (outcome.status, outcome.text) == ("refused", "refused: hidden files are not served; rename it")


def test_what_is_gone_by_then_is_refused(put: Put, media_dir: Path, index_dir: Path) -> None:
    path = put()
    (archive,) = find_archives([str(path)], str(media_dir), str(index_dir))
    path.unlink()
    outcome = index_archive(archive, Options())
    rule = "refused: cannot be read: No such file or directory"
    assert (outcome.status, outcome.text) == (
        "refused",
        f"{rule}; check the path, its permissions and the disk",
    )


def test_an_archive_that_changes_under_the_indexer_is_not_finished(
    put: Put, index: Index, index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, make_idx = put(), pipeline.make_idx

    def make_while_it_grows(
        source: Source, options: Options, sidecar: Sink | None, subtitle_files: Sequence[str]
    ) -> bytes:
        content = make_idx(source, options, sidecar, subtitle_files)
        with path.open("ab") as file:
            file.write(b"more")
        return content

    monkeypatch.setattr(pipeline, "make_idx", make_while_it_grows)
    outcome = index(audio_sidecar=True)
    assert (outcome.status, outcome.text) == (
        "unfinished",
        "not finished yet: changed while it was being read; index it again when nothing writes to it",
    )
    assert list(index_dir.iterdir()) == []


def test_an_index_that_cannot_be_written_is_refused(put: Put, index: Index, index_dir: Path) -> None:
    put("folder/film.mp4")
    (index_dir / "folder").write_text("a file where a folder has to be")
    outcome = index("folder/film.mp4")
    why = "cannot be written: File exists; see to its folder, or name another --index-dir"
    assert (outcome.status, outcome.text) == (
        "refused", f"refused: its index {index_dir / 'folder/film.idx'} {why}",
    )  # fmt: skip


@pytest.mark.parametrize("content", [b"# VobSub index file, v7", b"\x89PNG\r\n\x1a\n"])
def test_a_file_that_is_not_ours_is_not_overwritten(put: Put, media_dir: Path, content: bytes) -> None:
    """As where archives and indexes lie in one folder."""
    put()
    (media_dir / "film.idx").write_bytes(content)
    (archive,) = find_archives([str(media_dir)], str(media_dir), str(media_dir))
    outcome = index_archive(archive, Options(force=True, audio_sidecar=True))
    assert outcome.status == "refused"
    assert outcome.text == (
        f"refused: its index {media_dir / 'film.idx'} cannot be written: a file that is not ours has this"
        " name; move that file, or name another --index-dir"
    )
    assert {each.name for each in media_dir.iterdir()} == {"film.mp4", "film.idx"}
    assert (media_dir / "film.idx").read_bytes() == content


@pytest.mark.parametrize("content", [b"", MAGIC[:3], MAGIC + b"and no more"])
def test_a_damaged_index_of_ours_is_replaced(put: Put, index: Index, index_dir: Path, content: bytes) -> None:
    put()
    (index_dir / "film.idx").write_bytes(content)
    assert index().status == "indexed"
