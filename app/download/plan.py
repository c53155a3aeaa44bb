"""`download.mp4` ─▶ Plan: head, then the archive's media as they lie, so few ranges of any length.

The head of two hours is some 10 MB and half a second of work, so it is not made for every part that a
client asks for, nor for as many clips as somebody may think of: heads are kept, as many as `KEPT_BYTES`
hold, and a process makes one at a time. Who wants the one that is being made waits for it; one more may wait
for its turn; the rest is told to come again. Pieces of a head are shared by all who are sent it.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass

from app.clip import WHOLE, Clip
from app.cmaf.segments import SEGMENT_TYPES
from app.download.chunks import chunks_of
from app.download.metadata import user_data
from app.download.movie import movie_head
from app.download.spans import spans_of
from app.download.texts import words_of
from app.errors import Malformed, Overloaded
from app.idx.view import Idx
from app.plan import FileIdentity, FileRanges, Plan, lasting_plan

KEPT_BYTES = 32 << 20
TURNS = 2
"""Heads that may be wanted at once: one is made, one waits."""
PIECE_BYTES = 64 << 10
"""A client that takes part of a piece has a copy of that part; so pieces are small."""
MAX_ROWS = 20_000_000
"""Samples and chunks: 60 hours of 30 fps and AAC. A head of so many takes some seconds and 100 MB."""
TOO_LONG = "The archive is too long for one file. Ask for a part of it: ?start=0&end=36000."
BUSY = "Other downloads are being prepared. Try again soon."
NOTHING = "There is no picture and no sound in this clip."


@dataclass(frozen=True, slots=True)
class Head:
    """What a download begins with, and the offsets and lengths of the ranges of the archive that follow, and
    how much these are together.
    """

    pieces: tuple[bytes, ...]
    offsets: array[int]
    lengths: array[int]
    media_bytes: int

    @property
    def cost_bytes(self) -> int:
        return sum(map(len, self.pieces)) + 2 * self.offsets.itemsize * len(self.offsets)


Key = tuple[str, Clip]


class Heads:
    """Those of one process. Safe to share between threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._bytes_left = kept_bytes
        self._kept: OrderedDict[Key, Head] = OrderedDict()
        self._underway: dict[Key, Future[Head]] = {}
        self._lock = threading.Lock()
        self._turns_left = TURNS
        self._one_at_a_time = threading.Lock()

    def get(self, idx: Idx, clip: Clip) -> Head:
        """Raises `Malformed` or `Overloaded`."""
        key = idx.digest, clip
        with self._lock:
            if head := self._kept.get(key):
                self._kept.move_to_end(key)
                return head
            underway = self._underway.get(key)
            if underway is None:
                if not self._turns_left:
                    raise Overloaded(BUSY)
                self._turns_left -= 1
                result = self._underway[key] = Future()
        if underway is not None:
            return underway.result()
        try:
            with self._one_at_a_time:
                head = make_head(idx, clip)
        except BaseException as error:
            result.set_exception(error)
            raise
        else:
            result.set_result(head)
            self._keep(key, head)
            return head
        finally:
            with self._lock:
                del self._underway[key]
                self._turns_left += 1

    def _keep(self, key: Key, head: Head) -> None:
        with self._lock:
            self._kept[key] = head
            self._bytes_left -= head.cost_bytes
            while self._bytes_left < 0 and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes_left += dropped.cost_bytes


def make_head(idx: Idx, clip: Clip) -> Head:
    """Raises `Malformed` for a clip of nothing, or an archive that is too long."""
    spans = spans_of(idx, clip)
    if not spans:
        raise Malformed(NOTHING)
    samples = sum(span.stop - span.first for span in spans if span.rows.size or span.rows.kind)
    if samples + len(idx.runs.code) > MAX_ROWS:
        raise Malformed(TOO_LONG)
    chunks, ranges = chunks_of(idx, spans)
    head = movie_head(idx, spans, chunks, ranges, words_of(idx, clip), user_data(idx, clip))
    pieces = tuple(head[at : at + PIECE_BYTES] for at in range(0, len(head), PIECE_BYTES))
    offsets, lengths = (array("Q", [each[column] for each in ranges]) for column in (0, 1))
    return Head(pieces, offsets, lengths, sum(lengths))


def plan_download(heads: Heads, idx: Idx, archive: FileIdentity, clip: Clip = WHOLE) -> Plan:
    """The archive, or a clip of it, as one file. Raises as `Heads.get`."""
    head = heads.get(idx, clip)
    kind = idx.tracks[0].facts.kind
    media = (FileRanges(archive, head.offsets, head.lengths, head.media_bytes),) if head.offsets else ()
    return lasting_plan(
        SEGMENT_TYPES[kind],
        clip.tagged(f"{idx.version}-download"),
        archive,
        (*head.pieces, *media),
        (idx.identity,),
        _filename(idx, clip),
    )


def _filename(idx: Idx, clip: Clip) -> str:
    stem = idx.header.source.name.rpartition(".")[0] or idx.header.source.name
    if clip == WHOLE:
        return f"{stem}.mp4"
    end = "" if clip.end_ms is None else f"{clip.end_ms / 1000:g}"
    return f"{stem} {clip.start_ms / 1000:g}-{end}.mp4"
