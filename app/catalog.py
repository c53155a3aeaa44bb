"""Archive id ─▶ open index and the archive as it is on disk now. The only cache of the origin.

Theory of operation: an open `Idx` stays in a bounded LRU and is believed for exactly as long as `stat` of
the index says what it said at opening, and the archive is served for as long as `stat` of it says what the
index recorded; both are asked on every request, so archives appear, change and disappear without a restart.
One thread opens an index; others that want the same one wait for it. Ids without an index are not
remembered; damaged indexes are, in a place of the LRU like any other, so that nobody can have one checked
again and again.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app import archive_id as ids
from app import metrics
from app.errors import Mismatch, NotFound, OriginError
from app.file_errors import refusal
from app.idx.layout import SIDECAR_SUFFIX, SUFFIX
from app.idx.view import Idx, IndexDamaged, open_idx
from app.plan import FileIdentity

LOG = logging.getLogger("vodsplice.catalog")

NO_SUCH_ARCHIVE = "There is no such archive. If it is new, vodsplice-index makes it known."
ARCHIVE_CHANGED = "The archive has changed since it was indexed. Run vodsplice-index on it again."
INDEX_DAMAGED = (
    "The index of this archive is damaged, or of another vodsplice. Run vodsplice-index on the archive again."
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that can be served: both files were as recorded when the request looked, and `idx.sidecar`
    is its sidecar if that was, too.
    """

    id: str
    idx: Idx
    source: FileIdentity


class _Opened:
    """A place of the LRU. `idx` is None where the index is damaged. `ctime_ns` is of its file: nobody can set
    that, so who writes into a mapped index and sets its time back is noticed too.

    `archive` and `refused` are what was found last at `source_path`: they spare the next request the walk
    along symbolic links, and the log a line a request; so does `lacks_sidecar`. Threads may race to set them;
    any order is right.
    """

    __slots__ = ("archive", "ctime_ns", "identity", "idx", "lacks_sidecar", "refused", "source_path")

    def __init__(self, identity: FileIdentity, ctime_ns: int, idx: Idx | None, source_path: str) -> None:
        self.identity = identity
        self.ctime_ns = ctime_ns
        self.idx = idx
        self.source_path = source_path
        self.archive: Archive | None = None
        self.refused: FileIdentity | None = None
        self.lacks_sidecar = False

    def is_still_there(self) -> bool:
        try:
            found = os.stat(self.identity.path)
        except OSError:
            return False
        return found.st_ctime_ns == self.ctime_ns and self.identity.matches(found)


class Catalog:
    """Open archives of one process. Safe to share between threads."""

    def __init__(self, media_dir: str, index_dir: str, max_open: int) -> None:
        self.media_dir = os.path.abspath(media_dir)
        self.index_dir = os.path.abspath(index_dir)
        self._max_open = max_open
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._opening: dict[str, Future[_Opened]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many indexes are open."""
        return len(self._opened)

    def find(self, archive_id: str) -> Archive:
        """The archive of that id. Raises `Malformed`, `NotFound`, `Mismatch`, `Unreadable`, `Overloaded`."""
        with self._lock:
            opened = self._opened.get(archive_id)
            if opened is not None:
                self._opened.move_to_end(archive_id)
        if opened is None:
            ids.check(archive_id)
        if opened is None or not opened.is_still_there():
            opened = self._open_once(archive_id)
        source = stat_of(opened.source_path)
        if opened.idx is None:
            within(self.media_dir, opened.source_path, source)  # of that name may be a folder, as titles have
            raise Mismatch(INDEX_DAMAGED)
        archive = opened.archive
        if archive is None or not archive.source.matches(source):
            archive = opened.archive = self._check_source(archive_id, opened.idx, opened, source)
        if opened.idx.header.sidecar:
            archive = opened.archive = self._with_sidecar(archive, opened)
        return archive

    def has_index(self, archive_id: str) -> bool:
        """Whether a file is where the index of that id would be: a stat, where `find` has much to refuse."""
        return os.path.exists(self.index_path(archive_id))

    def index_path(self, archive_id: str) -> str:
        return os.path.join(self.index_dir, archive_id + SUFFIX)

    def _check_source(self, archive_id: str, idx: Idx, opened: _Opened, found: os.stat_result) -> Archive:
        source = within(self.media_dir, opened.source_path, found)
        recorded = idx.header.source
        if (source.size, source.mtime_ns) == (recorded.size, recorded.mtime_ns):
            return Archive(archive_id, idx, source)
        if opened.refused != source:
            opened.refused = source
            now, then = (f"{each.size} bytes of {_when(each.mtime_ns)}" for each in (source, recorded))
            LOG.warning("%s: %s; indexed with %s; run vodsplice-index", source.path, now, then)
        raise Mismatch(ARCHIVE_CHANGED)

    def _with_sidecar(self, archive: Archive, opened: _Opened) -> Archive:
        """The archive with its sidecar as it is now. Without one its audio comes from the archive itself."""
        idx, recorded = archive.idx, archive.idx.header.sidecar
        path = idx.identity.path + SIDECAR_SUFFIX
        try:
            found = os.stat(path)
            if idx.sidecar and idx.sidecar.matches(found):
                return archive
            sidecar = within(self.index_dir, path, found)
        except (OSError, OriginError):
            sidecar = None
        if sidecar and recorded and (sidecar.size, sidecar.mtime_ns) != (recorded.size, recorded.mtime_ns):
            sidecar = None
        if sidecar is None and not opened.lacks_sidecar:
            LOG.warning("%s: missing, or not as it was written; run vodsplice-index --audio-sidecar", path)
        opened.lacks_sidecar = sidecar is None
        return archive if sidecar == idx.sidecar else replace(archive, idx=replace(idx, sidecar=sidecar))

    def _open_once(self, archive_id: str) -> _Opened:
        with self._lock:
            underway = self._opening.get(archive_id)
            result = self._opening.setdefault(archive_id, Future())
        if underway is not None:
            return underway.result()
        try:
            opened = self._open(archive_id)
        except BaseException as error:
            self._settle(archive_id, None)
            result.set_exception(error)
            raise
        self._settle(archive_id, opened)
        result.set_result(opened)
        return opened

    def _settle(self, archive_id: str, opened: _Opened | None) -> None:
        """End an opening: `opened` takes the place of what was there; None leaves nothing."""
        with self._lock:
            del self._opening[archive_id]
            self._opened.pop(archive_id, None)
            if opened is not None:
                self._opened[archive_id] = opened
                if len(self._opened) > self._max_open:
                    self._opened.popitem(last=False)
            metrics.OPEN_ARCHIVES.set(len(self._opened))

    def _open(self, archive_id: str) -> _Opened:
        path = self.index_path(archive_id)
        found = stat_of(path)
        identity = within(self.index_dir, path, found)
        try:
            idx = open_idx(path)
        except IndexDamaged as error:
            LOG.error("%s: %s; run vodsplice-index", path, error)
            return self._damaged(archive_id, identity, found.st_ctime_ns)
        except OSError as error:
            raise refusal(path, error, NO_SUCH_ARCHIVE) from error
        name = idx.header.source.name
        if "/" in name or not ids.is_servable(name):
            LOG.error("%s: its archive's name %r is no file name; run vodsplice-index", path, name)
            return self._damaged(archive_id, identity, found.st_ctime_ns)
        source_path = os.path.join(self.media_dir, os.path.dirname(archive_id), name)
        return _Opened(idx.identity, found.st_ctime_ns, idx, source_path)

    def _damaged(self, archive_id: str, identity: FileIdentity, ctime_ns: int) -> _Opened:
        """A place for an index that cannot say what its archive is called: that is told from names."""
        folder, stem = os.path.split(os.path.join(self.media_dir, archive_id))
        name = None
        with suppress(OSError):  # a request says why, by the path below
            name = ids.archive_named(stem, os.listdir(folder))
        source_path = os.path.join(folder, name or stem)
        return _Opened(identity, ctime_ns, None, source_path)


def _when(mtime_ns: int) -> str:
    """To the nanosecond, as that is what is compared; of no year that a calendar has, as it is."""
    seconds, ns = divmod(mtime_ns, 1_000_000_000)
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}.{ns:09d} UTC"
    except OverflowError:
        return f"{mtime_ns} ns since 1970"


def stat_of(path: str) -> os.stat_result:
    """Raises `NotFound`, `Unreadable` or `Overloaded`."""
    try:
        return os.stat(path)
    except OSError as error:
        raise refusal(path, error, NO_SUCH_ARCHIVE) from error


def within(root: str, path: str, found: os.stat_result) -> FileIdentity:
    """Raises `NotFound` for what is no regular file, or lies outside of `root` with links followed."""
    below = os.path.join(os.path.realpath(root), "")
    if not stat.S_ISREG(found.st_mode) or not os.path.realpath(path).startswith(below):
        raise NotFound(NO_SUCH_ARCHIVE)
    return FileIdentity.of(path, found)
