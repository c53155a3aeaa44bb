"""Title id ─▶ its members as they are on disk now.

A title is a small file in the index folder (`app.idx.title`), read for every request; each of its archives
is found through the catalog, which looks at the files of all of them. So a title changes with its members at
once: where one was replaced, indexed anew or removed, the title is a mismatch until vodsplice-index has
compared them again. Where all are gone, so is the title, as an archive is that has but its index left.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from app import archive_id as ids
from app.catalog import NO_SUCH_ARCHIVE, Archive, Catalog, stat_of, within
from app.errors import Mismatch, NotFound
from app.file_errors import refusal
from app.idx.layout import TITLE_SUFFIX
from app.idx.title import NoTitle, Title, open_title
from app.idx.view import IndexDamaged
from app.manifest.presentation import Member, Presentation, of_title

LOG = logging.getLogger("vodsplice.titles")

TITLE_CHANGED = "A rendition of this title has changed since they were compared. Run vodsplice-index again."
TITLE_DAMAGED = "The record of this title is damaged. Run vodsplice-index again on its renditions."


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """A title that can be served. `members` has the best picture first."""

    id: str
    title: Title
    members: tuple[Archive, ...]

    def presentation(self) -> Presentation:
        members = [Member(each.id, each.idx, each.source) for each in self.members]
        return of_title(self.id, self.title.facts.title, self.title.version, self.title.identity, members)


def find_title(catalog: Catalog, title_id: str) -> FoundTitle:
    """The title of that id. Raises as `Catalog.find` does."""
    ids.check(title_id)
    path = os.path.join(catalog.index_dir, title_id + TITLE_SUFFIX)
    within(catalog.index_dir, path, stat_of(path))
    try:
        title = open_title(path)
    except NoTitle as error:
        raise NotFound(NO_SUCH_ARCHIVE) from error
    except IndexDamaged as error:
        LOG.error("%s: %s; run vodsplice-index", path, error)
        raise Mismatch(TITLE_DAMAGED) from error
    except OSError as error:
        raise refusal(path, error, NO_SUCH_ARCHIVE) from error
    members = tuple(found for member in title.facts.members if (found := _found(catalog, member.id)))
    if not members:
        raise NotFound(NO_SUCH_ARCHIVE)
    if [each.idx.digest for each in members] != [each.digest for each in title.facts.members]:
        raise Mismatch(TITLE_CHANGED)
    return FoundTitle(title_id, title, members)


def _found(catalog: Catalog, archive_id: str) -> Archive | None:
    """None where it is gone. Else raises as `Catalog.find` does."""
    try:
        return catalog.find(archive_id)
    except NotFound:
        return None
