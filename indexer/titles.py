"""Archives that are renditions of one title ─▶ its `.title` file, once their cuts have been compared.

Two ways to say that archives belong together:

- by name: a folder with two or more archives named after a height, as `film/1080p.mp4`, `film/720p60.mp4`,
  `film/4k-hdr.mp4`, is the title `film`;
- by a list: `film.toml` beside archives is the title `film` (`indexer.title_list`). One that lists none
  leaves it to the names.

All is read from `.idx` files, of renditions alone, so this costs next to nothing. The archives stay served by
their own ids.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Literal, NamedTuple

from app.archive_id import archive_named, has_extension
from app.idx.layout import SUFFIX, TITLE_MAGIC, TITLE_SUFFIX
from app.idx.regular_file import regular
from app.idx.title import MAX_TITLE_BYTES, MemberFacts, TitleFacts, open_title, pack_title
from app.idx.view import Idx, IndexDamaged, open_idx
from indexer.alignment import REMEDY, misalignment
from indexer.folders import unwritable
from indexer.generator import GENERATOR
from indexer.ours import check_replaceable, is_ours
from indexer.prune import doubt_of
from indexer.stray_texts import stray_texts
from indexer.title_list import LIST_SUFFIX, Candidate, Refused, read_list
from indexer.write import publish

RENDITION = re.compile(r"(?:[1-9]\d{2,3}p|[248]k)(?:\d{2,3})?(?:[-_.][a-z0-9]+)*", re.ASCII | re.IGNORECASE)
"""Names of archives that make a title of their folder: a height, a frame rate, what else tells them apart."""

Status = Literal["published", "up to date", "refused", "passed over", "withdrawn"]


class TitleOutcome(NamedTuple):
    """What became of a title. `text` is one line."""

    id: str
    status: Status
    text: str


class Unreadable(Refused):
    """An index that is there."""


class Titles:
    """Titles among the archives of two folders, which mirror each other."""

    def __init__(self, media_dir: str, index_dir: str) -> None:
        self._media_dir, self._index_dir = media_dir, index_dir
        self._best: dict[str, str] = {}

    def settle(self, ids: Sequence[str]) -> Iterator[TitleOutcome]:
        """Compare what titles the archives `ids` may belong to; publish these, or withdraw them. Then tell of
        subtitles that are named after one.
        """
        self._best.clear()
        folders = {posixpath.dirname(each) for each in ids}
        every = folders.union(*map(_above, folders))
        published = [each for each in self._published() if not self._has_list(each)]
        for folder in sorted(folders.union(filter(self._is_empty, published)) - {""}):
            if not self._has_list(folder):
                yield from self._by_name(folder)
        for folder in sorted(every):
            yield from self._by_lists(folder)
        for title_id in published:
            folder, name = posixpath.split(title_id)
            if folder in every or self._is_certain(folder):
                yield from self._gone(title_id, name + LIST_SUFFIX, f"{name}{LIST_SUFFIX} is gone")
        for stray in stray_texts(self._media_dir, self._best):
            text = f"{stray.path} passed over: subtitles go with a rendition; {stray.remedy}"
            yield TitleOutcome(stray.title_id, "passed over", text)

    def _by_name(self, folder: str, title: str = "") -> Iterator[TitleOutcome]:
        """The title of a folder that no list decides over, called `title` if a file says so."""
        names = (name.removesuffix(SUFFIX) for name in self._indexed(folder) if name.endswith(SUFFIX))
        ids = [posixpath.join(folder, name) for name in names if RENDITION.fullmatch(name)]
        members = tuple(each for each in ids if self._is_there(each))
        if len(members) > 1:
            yield self._settle(Candidate(folder, members, title))
        else:
            yield from self._gone(folder, "", "fewer than two of its renditions are left")

    def _by_lists(self, folder: str) -> Iterator[TitleOutcome]:
        found = _names(os.path.join(self._media_dir, folder))
        lists = [name for name in found if name.endswith(LIST_SUFFIX) and not name.startswith(".")]
        for name in lists:
            title_id = posixpath.join(folder, name.removesuffix(LIST_SUFFIX))
            try:
                path = os.path.join(self._media_dir, folder, name)
                candidate = read_list(path, title_id, self._media_dir)
            except Refused as error:
                self._withdraw(title_id)
                yield TitleOutcome(title_id, "refused", f"refused as a title: {name}: {error}")
                continue
            if candidate.members:
                yield self._settle(candidate)
            else:
                yield from [*self._by_name(title_id, candidate.title)] or self._of_an_archive(candidate, name)
                yield from self._gone(title_id, name, f"{name} lists no renditions any more")

    def _of_an_archive(self, candidate: Candidate, name: str) -> Iterator[TitleOutcome]:
        """Tells who would name an archive by a list."""
        if candidate.title and self._is_there(candidate.id):
            text = f"{name} passed over: it names a title, and {candidate.id} is one archive; remove it"
            yield TitleOutcome(candidate.id, "passed over", text)

    def _indexed(self, folder: str) -> list[str]:
        """What the index folder of `folder` holds."""
        return _names(os.path.join(self._index_dir, folder))

    def _published(self) -> Iterator[str]:
        """All titles, in order, wherever they are."""
        for folder, folders, names in os.walk(self._index_dir):
            folders[:] = sorted(each for each in folders if not each.startswith("."))
            for name in sorted(names):
                if name.endswith(TITLE_SUFFIX) and not name.startswith("."):
                    path = os.path.join(folder, name.removesuffix(TITLE_SUFFIX))
                    yield os.path.relpath(path, self._index_dir)

    def _is_empty(self, folder: str) -> bool:
        """Whether it holds no archive, as far as names tell."""
        names = _names(os.path.join(self._media_dir, folder))
        return not any(map(has_extension, names)) and self._is_certain(folder)

    def _is_certain(self, folder: str) -> bool:
        """Whether what is not seen in it is gone: it is mounted, and can be read."""
        root = os.path.realpath(self._media_dir)
        try:
            return not doubt_of(root, os.path.join(root, folder))
        except OSError:
            return False

    def _has_list(self, title_id: str) -> bool:
        return os.path.lexists(os.path.join(self._media_dir, title_id + LIST_SUFFIX))

    def _settle(self, candidate: Candidate) -> TitleOutcome:
        """Publish a candidate, or refuse it and withdraw what was published under its id."""
        if self._is_there(candidate.id):
            self._withdraw(candidate.id)
            text = "no title: an archive has the same id and is served instead; rename one of the two"
            return TitleOutcome(candidate.id, "passed over", text)
        path = self._path(candidate.id)
        try:
            facts = self._compare(candidate)
            content = pack_title(facts)
            is_new = _content(path) != content
            if is_new:
                check_replaceable(path, TITLE_MAGIC)
                publish(path, content)
        except (Refused, OSError) as error:
            self._withdraw(candidate.id)
            why = unwritable(path, error) if isinstance(error, OSError) else str(error)
            text = f"refused as a title: {why}. Its archives stay served by their own ids"
            return TitleOutcome(candidate.id, "refused", text)
        self._best[candidate.id] = facts.members[0].id
        names = ", ".join(posixpath.relpath(member.id, candidate.id) for member in facts.members)
        text = f"title of {len(facts.members)} renditions, the best first: {names}"
        return TitleOutcome(candidate.id, "published" if is_new else "up to date", text)

    def _compare(self, candidate: Candidate) -> TitleFacts:
        """The facts of a title whose members fit together. Raises `Refused`."""
        opened = sorted(((each, self._open(each)) for each in candidate.members), key=_rank, reverse=True)
        best_id, best = opened[0]
        for each, idx in opened:
            if idx.header.tracks[0].kind != "video":
                raise Refused(f"{each} has no video; leave it out")
            if unlike := misalignment(best, idx):
                raise Refused(f"{each} is not cut as {best_id}, the best, is: its {unlike}; {REMEDY}")
        members = tuple(MemberFacts(each, idx.digest) for each, idx in opened)
        return TitleFacts(GENERATOR, candidate.title, candidate.listed_in, members)

    def _is_there(self, archive_id: str) -> bool:
        """Whether there is an archive of that id, and its index. What the archive of one that cannot be read
        is called is told from names.
        """
        folder, stem = os.path.split(os.path.join(self._media_dir, archive_id))
        try:
            name: str | None = self._open(archive_id).header.source.name
        except Unreadable:
            name = archive_named(stem, _names(folder))
        except Refused:
            return False
        return name is not None and os.path.exists(os.path.join(folder, name))

    def _open(self, archive_id: str) -> Idx:
        try:
            return open_idx(os.path.join(self._index_dir, archive_id + SUFFIX))
        except FileNotFoundError as error:
            raise Refused(f"{archive_id} has no index; index it too") from error
        except (OSError, IndexDamaged) as error:
            raise Unreadable(f"{archive_id} has an index that cannot be read; index it again") from error

    def _gone(self, title_id: str, listed_in: str, why: str) -> Iterator[TitleOutcome]:
        """Withdraw a title that came from `listed_in`, and tell of it if there was one: its addresses end."""
        if self._withdraw(title_id, listed_in):
            yield TitleOutcome(title_id, "withdrawn", f"no title any more: {why}")

    def _withdraw(self, title_id: str, listed_in: str | None = None) -> bool:
        """Remove a title that was published, from `listed_in` if that is said. Whether there was one."""
        path = self._path(title_id)
        with suppress(OSError):
            if is_ours(path, TITLE_MAGIC) and (listed_in is None or _listed_in(path) in (listed_in, None)):
                os.unlink(path)
                return True
        return False

    def _path(self, title_id: str) -> str:
        return os.path.join(self._index_dir, title_id + TITLE_SUFFIX)


def _names(folder: str) -> list[str]:
    """What a folder holds, in order; nothing where that cannot be told."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _listed_in(path: str) -> str | None:
    """Where a title that was published came from; None for a damaged one. Raises `OSError`."""
    try:
        return open_title(path).facts.listed_in
    except IndexDamaged:
        return None


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb", opener=regular) as file:
            return file.read(MAX_TITLE_BYTES + 1)
    except OSError:
        return None


def _rank(opened: tuple[str, Idx]) -> tuple[int, int, int]:
    """The larger picture is the better one, then the higher rate."""
    video = opened[1].header.tracks[0]
    return video.height, video.width, opened[1].view(0).average_bps
