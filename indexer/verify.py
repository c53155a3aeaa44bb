"""Whether an index and its archive still belong together, and whether every segment can be planned.

Fast: sizes, times and the fingerprint that the index holds, by the same kind of reading. Full: a fresh
index of the archive, fingerprinted by every byte if the old one was, must equal the one on disk; so must its
sidecar, which is read and made anew as well, but not kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from blake3 import blake3

from app.cmaf.arrange import arrange_in_sidecar
from app.cmaf.segments import segment_parts
from app.idx.header import SidecarFacts
from app.idx.layout import SIDECAR_SUFFIX, SUFFIX
from app.idx.title import Title
from app.idx.view import Idx, IndexDamaged, open_idx
from indexer.demux.open import demux
from indexer.errors import SourceError
from indexer.fingerprint import FAST, fingerprint
from indexer.pipeline import Options, make_idx
from indexer.source import Source
from indexer.storyboard.make import has_current_storyboard, storyboard_of, with_storyboard
from indexer.subtitles.collect import files_as_they_are

_BLOCK_BYTES = 1 << 20


def problems(idx: Idx, archive_path: str, subtitle_files: Sequence[str] = (), *, full: bool) -> Iterator[str]:
    """What does not hold, in a line each; nothing where all is well. Raises `SourceError`.

    `subtitle_files` are the paths of the files of subtitles that are beside the archive now.
    """
    recorded = idx.header.source
    with Source(archive_path) as source:
        if source.size_bytes != recorded.size:
            sizes = f"has {source.size_bytes} bytes; its index was made of {recorded.size}"
            yield f"{archive_path} {sizes}; run vodsplice-index on it again"
            return
        if source.identity.mtime_ns != recorded.mtime_ns:
            yield f"{archive_path} was written to since it was indexed; run vodsplice-index on it again"
        structure = demux(source).structure_ranges if recorded.fingerprint_kind == FAST else ()
        if fingerprint(source, recorded.fingerprint_kind, structure) != recorded.fingerprint:
            remedy = "copy it again from where it came, or run vodsplice-index --force on it"
            yield f"{archive_path} holds other bytes than it did when it was indexed; {remedy}"
            return
        if files_as_they_are(subtitle_files) != idx.header.subtitle_files:
            yield f"subtitles beside {archive_path} have changed since; run vodsplice-index on it again"
            return
        yield from _unplannable(idx)
        if recorded_sidecar := idx.header.sidecar:
            yield from _sidecar_problems(idx.identity.path + SIDECAR_SUFFIX, recorded_sidecar, full=full)
        if idx.header.storyboard and not has_current_storyboard(idx, wanted=True):
            yield "its storyboard is not as it was written, and not served; run vodsplice-index --storyboard"
        if full:
            yield from _differences(idx, source, subtitle_files)


def title_problems(title: Title, index_dir: str) -> Iterator[str]:
    """Which renditions have not the index that was compared with the others, in a line each."""
    for member in title.facts.members:
        try:
            digest = open_idx(os.path.join(index_dir, member.id + SUFFIX)).digest
        except OSError as error:
            reason = error.strerror
            yield f"the index of {member.id} cannot be read: {reason}; run vodsplice-index on it again"
        except IndexDamaged as error:
            yield f"the index of {member.id} is damaged: {error}; run vodsplice-index on it again"
        else:
            if digest != member.digest:
                yield f"{member.id} was indexed anew since it was compared; run vodsplice-index on it again"


def _sidecar_problems(path: str, recorded: SidecarFacts, *, full: bool) -> Iterator[str]:
    name, remedy = os.path.basename(path), "run vodsplice-index --audio-sidecar on the archive"
    try:
        with Source(path) as sidecar:
            if (sidecar.size_bytes, sidecar.identity.mtime_ns) != (recorded.size, recorded.mtime_ns):
                yield f"{name} is not as it was written, so it is not served; {remedy}"
            elif full and _digest(sidecar) != recorded.fingerprint:
                yield f"{name} holds other bytes than were written; {remedy} with --force"
    except SourceError as error:
        yield f"{name} is not served: {error.rule}; {remedy}"


def _digest(file: Source) -> str:
    hasher = blake3()
    for at in range(0, file.size_bytes, _BLOCK_BYTES):
        hasher.update(file.pread(at, min(_BLOCK_BYTES, file.size_bytes - at)))
    return hasher.hexdigest()


def _unplannable(idx: Idx) -> Iterator[str]:
    size = idx.header.source.size
    for number, view in enumerate(idx.header.views):
        for segment in range(idx.segment_count):
            head, ranges = segment_parts(idx, number, segment)
            sent = len(head) + sum(length for _, length in ranges)
            stated = idx.view_bytes[number][segment]
            if sent != stated:
                yield f"segment {segment + 1} is {sent} bytes; the index says {stated}"
            if any(offset < 0 or offset + length > size for offset, length in ranges):
                yield f"segment {segment + 1} reaches past the end of the archive"
            if idx.has_in_sidecar(view):
                arranged = arrange_in_sidecar(idx, view, segment)
                if arranged.head_bytes + arranged.payload_bytes != stated:
                    yield f"segment {segment + 1} of {view.name} is of another length in the sidecar"


class _Unkept:
    """A sidecar that is made to compare its fingerprint."""

    def __init__(self, mtime_ns: int) -> None:
        self.mtime_ns = mtime_ns

    def write(self, content: bytes, /) -> None:
        pass


def _differences(idx: Idx, source: Source, subtitle_files: Sequence[str]) -> Iterator[str]:
    options = Options(idx.header.segment_duration_ms, idx.header.slop, idx.header.source.fingerprint_kind)
    sidecar = _Unkept(idx.header.sidecar.mtime_ns) if idx.header.sidecar else None
    with open(idx.identity.path, "rb") as file:
        anew = make_idx(source, options, sidecar, subtitle_files)
        if file.read() == with_storyboard(anew, storyboard_of(idx)):
            return
    yield (
        f"{os.path.basename(idx.identity.path)} differs from what this vodsplice makes of the archive "
        f"(it was made by {idx.header.generator}); run vodsplice-index --force on it"
    )
