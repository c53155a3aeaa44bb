"""The `.title` file format, version 1: which archives are renditions of one title.

NAME
    .title - archives that a player may change between on the way, found to be cut alike

SYNOPSIS
    prologue, header, digest, as an `.idx` has them (`app.idx.layout`), with `TITLE_MAGIC`; no columns

HEADER
    One msgpack map, `TitleFacts`. `members` has the best picture first, and of each the digest of the index
    that was compared with the others. Where it has another one now, the title is not served until
    vodsplice-index has compared them again.

DIGEST
    As of an `.idx`; its first 10 hex digits are the version of the title, which changes with any member's.

NOTES
    Some hundred bytes, so it is read anew for every request and nothing of it is kept.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import msgpack
from blake3 import blake3

from app.idx.header import Record
from app.idx.layout import DIGEST_BYTES, FORMAT, PROLOGUE, TITLE_MAGIC, TITLE_SUFFIX, VERSION_DIGITS
from app.idx.regular_file import regular
from app.idx.view import IndexDamaged, unseal
from app.plan import FileIdentity

MAX_TITLE_BYTES = 256 * 1024
MAX_MEMBERS = 64


@dataclass(frozen=True, slots=True)
class MemberFacts(Record):
    """An archive by its id, and the digest of its index in hex."""

    id: str
    digest: str


@dataclass(frozen=True, slots=True)
class TitleFacts(Record):
    """The whole map. `listed_in` is the .toml file that lists the members, "" where their names do."""

    generator: str
    title: str
    listed_in: str
    members: tuple[MemberFacts, ...]


@dataclass(frozen=True, slots=True)
class Title:
    """A `.title` file as it was read."""

    identity: FileIdentity
    digest: str
    facts: TitleFacts

    @property
    def version(self) -> str:
        return self.digest[:VERSION_DIGITS]


def pack_title(facts: TitleFacts) -> bytes:
    """The whole file."""
    packed = facts.pack()
    length = PROLOGUE.size + len(packed) + DIGEST_BYTES
    body = PROLOGUE.pack(TITLE_MAGIC, FORMAT, len(packed), length) + packed
    return body + blake3(body).digest()


class NoTitle(IndexDamaged):
    """A file of others, by its first bytes: what is emptied or cut within the magic may have been ours."""


def open_title(path: str) -> Title:
    """Raises `OSError`, or `IndexDamaged` with the reason, as `NoTitle` is."""
    with open(path, "rb", opener=regular) as file:
        identity = FileIdentity.of(path, os.fstat(file.fileno()))
        content = file.read(MAX_TITLE_BYTES)
    if not TITLE_MAGIC.startswith(content[: len(TITLE_MAGIC)]):
        raise NoTitle(f"is no {TITLE_SUFFIX} file")
    packed, digest = unseal(memoryview(content), TITLE_MAGIC, TITLE_SUFFIX)
    try:
        facts = TitleFacts.read(msgpack.unpackb(packed, use_list=False))
    except (TypeError, ValueError) as error:
        raise IndexDamaged(f"inconsistent: {error}") from error
    if not 0 < len(facts.members) <= MAX_MEMBERS:
        raise IndexDamaged(f"has {len(facts.members)} members")
    return Title(identity, digest, facts)
