"""Archives that are renditions of one title ─▶ its `.title` file, once their cuts have been compared.

Two ways to say that archives belong together:

- by name: a folder with two or more archives named after a height, as `film/1080p.mp4`, `film/720p60.mp4`,
  `film/4k-hdr.mp4`, is the title `film`;
- by a list: `film.toml` among archives is the title `film` (`indexer.title_list`). One that lists none
  leaves it to the names.

All is read from `.idx` files, of renditions alone, so this costs next to nothing. The archives stay served by
their own ids.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Literal, NamedTuple

from app.archive_id import archive_named
from app.idx.layout import SUFFIX
from app.idx.title import MAX_MEMBERS, MemberFacts, TitleFacts
from app.idx.view import Idx, IndexDamaged, open_idx
from indexer.alignment import REMEDY, misalignment
from indexer.generator import GENERATOR
from indexer.presence import doubt_of, is_there, names_in
from indexer.stray_texts import stray_texts
from indexer.title_list import LIST_SUFFIX, Candidate, Refused, read_list
from indexer.title_records import TitleRecords

RENDITION = re.compile(r"(?:[1-9]\d{2,3}p|[248]k)(?:\d{2,3})?(?:[-_.][a-z0-9]+)*", re.ASCII | re.IGNORECASE)
"""Names of archives that make a title of their folder: a height, a frame rate, what else tells them apart."""

Status = Literal["published", "up to date", "refused", "passed over", "withdrawn", "kept"]


class TitleOutcome(NamedTuple):
    """What became of a title. `text` is one line."""

    id: str
    status: Status
    text: str


class Damaged(Refused):
    """An index that is there."""


class Titles:
    """Titles among the archives of two folders, which mirror each other.

    As an index does, a title outlives its archives until `--prune`: where none of its renditions is there,
    the media folder may be another one, or lack a disk, and the origin does not serve it.
    """

    def __init__(self, media_dir: str, index_dir: str) -> None:
        self._media_dir, self._index_dir = media_dir, index_dir
        self._records = TitleRecords(index_dir)
        self._best: dict[str, str] = {}

    def settle(
        self, ids: Iterable[str], searched: Iterable[str] = (), *, everywhere: bool = False
    ) -> Iterator[TitleOutcome]:
        """Compare what titles the archives `ids` may belong to, and those of lists in the folders `searched`;
        publish these, or withdraw them. So with any title that has a list, and `everywhere` with all. Then
        tell of subtitles that are named after one.
        """
        self._best.clear()
        ids = {*ids}
        folders = {posixpath.dirname(each) for each in ids}.union(searched)
        folders.update(*map(_above, folders.copy()))
        concerned = folders.union(filter(self._records.has, ids), *map(self._listed_in, folders))
        concerned.update(each for each in self._records.ids() if everywhere or self._is_listed(each, folders))
        for title_id in sorted(concerned - {""}):
            try:
                yield from self._decide(title_id, everywhere=everywhere)
            except OSError as error:
                yield self._unsettled(title_id, error)
        for stray in stray_texts(self._media_dir, self._best):
            text = f"{stray.path} passed over: subtitles go with a rendition; {stray.remedy}"
            yield TitleOutcome(stray.title_id, "passed over", text)

    def _unsettled(self, title_id: str, error: OSError) -> TitleOutcome:
        """What is told where it cannot be told what is there."""
        if self._records.has(title_id):
            return TitleOutcome(title_id, "kept", f"the title is kept as it was: {error}")
        return TitleOutcome(title_id, "refused", f"refused as a title: {error}")

    def _listed_in(self, folder: str) -> Iterator[str]:
        """Ids of what may be lists there."""
        with suppress(OSError):  # what was published from one is found by its record
            for name in names_in(os.path.join(self._media_dir, folder)):
                if name.endswith(LIST_SUFFIX) and not name.startswith("."):
                    yield posixpath.join(folder, name.removesuffix(LIST_SUFFIX))

    def _is_listed(self, title_id: str, folders: Collection[str]) -> bool:
        """Whether a title that was published has a list; or its list is gone from one of `folders`, or it
        cannot be told whether it had one.
        """
        if os.path.lexists(self._list_path(title_id)):
            return True
        if posixpath.dirname(title_id) not in folders:
            return False
        facts = self._records.read(title_id)
        return facts is None or bool(facts.listed_in)

    def _decide(self, title_id: str, *, everywhere: bool) -> Iterator[TitleOutcome]:
        """By its list if there is one that lists anything, else by the names in its folder. Raises `OSError`
        where what is not seen may be there.
        """
        path = self._list_path(title_id)
        name = os.path.basename(path)
        has_list = is_there(path)
        candidate = Candidate(title_id, ())
        if has_list:
            try:
                candidate = read_list(path, title_id, self._media_dir)
            except Refused as error:
                facts = self._records.read(title_id)
                if facts is None or self._is_any_there(facts):
                    self._records.withdraw(title_id)
                yield TitleOutcome(title_id, "refused", f"refused as a title: {name}: {error}")
                return
        members = candidate.members or self._renditions(title_id)
        if len(members) > 1:
            yield self._settle(candidate._replace(members=members))
            return
        if has_list:
            yield from self._of_an_archive(candidate, name)
        yield from self._end(title_id, has_list=has_list, everywhere=everywhere)

    def _renditions(self, folder: str) -> tuple[str, ...]:
        """The archives of a folder that are named as those of a title. Raises `OSError`."""
        found = names_in(os.path.join(self._index_dir, folder))
        names = (name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))
        ids = [posixpath.join(folder, name) for name in names if RENDITION.fullmatch(name)]
        return tuple(each for each in ids if self._is_there(each))

    def _end(self, title_id: str, *, has_list: bool, everywhere: bool) -> Iterator[TitleOutcome]:
        """Withdraw a title that nothing makes one any more, if that is certain. Raises `OSError`."""
        if not self._records.has(title_id):
            return
        facts = self._records.read(title_id)
        if not everywhere and (facts is None or not self._is_any_there(facts)):
            return
        folder, name = title_id, posixpath.basename(self._list_path(title_id))
        if facts is None:
            why = "its record is damaged, and no archives are its renditions by their names"
        elif not facts.listed_in:
            why = "fewer than two of its renditions are left"
        elif has_list:
            why = f"{name} lists no renditions any more"
        else:
            folder, why = posixpath.dirname(title_id), f"{name} is gone"
        root = os.path.realpath(self._media_dir)
        if not doubt_of(root, os.path.join(root, folder)) and self._records.withdraw(title_id):
            yield TitleOutcome(title_id, "withdrawn", f"no title any more: {why}")

    def _of_an_archive(self, candidate: Candidate, name: str) -> Iterator[TitleOutcome]:
        """Tells who would name an archive by a list."""
        if candidate.title and self._is_there(candidate.id):
            text = f"{name} passed over: it names a title, and {candidate.id} is one archive; remove it"
            yield TitleOutcome(candidate.id, "passed over", text)

    def _settle(self, candidate: Candidate) -> TitleOutcome:
        """Publish a candidate, or refuse it and withdraw what was published under its id.

        Raises `OSError` where that cannot be told.
        """
        if self._is_there(candidate.id):
            self._records.withdraw(candidate.id)
            text = "no title: an archive has the same id and is served instead; rename one of the two"
            return TitleOutcome(candidate.id, "passed over", text)
        try:
            facts = self._compare(candidate)
            is_new = self._records.publish(candidate.id, facts)
        except Refused as error:
            self._records.withdraw(candidate.id)
            text = f"refused as a title: {error}. Its archives stay served by their own ids"
            return TitleOutcome(candidate.id, "refused", text)
        self._best[candidate.id] = facts.members[0].id
        names = ", ".join(posixpath.relpath(member.id, candidate.id) for member in facts.members)
        text = f"title of {len(facts.members)} renditions, the best first: {names}"
        return TitleOutcome(candidate.id, "published" if is_new else "up to date", text)

    def _compare(self, candidate: Candidate) -> TitleFacts:
        """The facts of a title whose members fit together. Raises `Refused` or `OSError`."""
        if (count := len(candidate.members)) > MAX_MEMBERS:
            raise Refused(f"it would have {count} renditions; {MAX_MEMBERS} are the most; move some away")
        opened = sorted(((each, self._open(each)) for each in candidate.members), key=_rank, reverse=True)
        best_id, best = opened[0]
        for each, idx in opened:
            if idx.header.tracks[0].kind != "video":
                raise Refused(f"{each} has no video; leave it out")
            if unlike := misalignment(best, idx):
                raise Refused(f"{each} is not cut as {best_id}, the best, is: its {unlike}; {REMEDY}")
        members = tuple(MemberFacts(each, idx.digest) for each, idx in opened)
        return TitleFacts(GENERATOR, candidate.title, candidate.listed_in, members)

    def _is_any_there(self, facts: TitleFacts) -> bool:
        """Whether any of its members may be served. Raises `OSError`."""
        return any(self._is_there(each.id) for each in facts.members)

    def _is_there(self, archive_id: str) -> bool:
        """Whether there is an archive of that id, and its index. What the archive of one that cannot be read
        is called is told from names. Raises `OSError` where that cannot be told.
        """
        folder, stem = os.path.split(os.path.join(self._media_dir, archive_id))
        try:
            name: str | None = self._open(archive_id).header.source.name
        except (OSError, Damaged):
            name = archive_named(stem, names_in(folder))
        except Refused:
            return False
        return name is not None and is_there(os.path.join(folder, name))

    def _list_path(self, title_id: str) -> str:
        return os.path.join(self._media_dir, title_id + LIST_SUFFIX)

    def _open(self, archive_id: str) -> Idx:
        """Raises `Refused`, and `OSError` where it cannot be read."""
        try:
            return open_idx(os.path.join(self._index_dir, archive_id + SUFFIX))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Refused(f"{archive_id} has no index; index it too") from error
        except IndexDamaged as error:
            raise Damaged(f"{archive_id} has an index that cannot be read; index it again") from error


def _above(folder: str) -> Iterator[str]:
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def _rank(opened: tuple[str, Idx]) -> tuple[int, int, int]:
    """The larger picture is the better one, then the higher rate."""
    video = opened[1].header.tracks[0]
    return video.height, video.width, opened[1].view(0).average_bps
