"""An MP4 as a forest of boxes that can be taken apart, altered and written again, whatever becomes of it.

Unlike the indexer's own tree it can hold anything, and judges nothing. What is no box is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

FIELD_BYTES = {
    **dict.fromkeys((b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts", b"udta", b"tref"), 0),
    **dict.fromkeys((b"mvex", b"moof", b"traf", b"ilst", b"sinf", b"schi"), 0),
    b"meta": 4,
    **dict.fromkeys((b"stsd", b"dref"), 8),
    **dict.fromkeys((b"avc1", b"avc3", b"hvc1", b"hev1", b"av01", b"vp09", b"encv"), 78),
    **dict.fromkeys((b"mp4a", b"ac-3", b"ec-3", b"Opus", b"fLaC", b"alac", b"enca"), 28),
}
"""Boxes that hold boxes, and the bytes of fields before them."""

MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its fields, then its children. `size` is what its header says where that is not the truth."""

    kind: bytes
    fields: bytes
    children: Forest = ()
    size: int | None = None
    wide: bool = False

    def __bytes__(self) -> bytes:
        body = self.fields + written(self.children)
        header_bytes = 16 if self.wide else 8
        size = header_bytes + len(body) if self.size is None else self.size
        if self.wide:
            return b"\0\0\0\1" + self.kind + (size % 2**64).to_bytes(8) + body
        return (size % 2**32).to_bytes(4) + self.kind + body


Forest = tuple[Node, ...]
Path = tuple[int, ...]


def written(forest: Forest) -> bytes:
    return b"".join(map(bytes, forest))


def planted(content: bytes, depth: int = 0) -> Forest:
    """The boxes of `content`, up to the first that does not fit."""
    nodes: list[Node] = []
    at = 0
    while len(content) - at >= 8:
        size, kind, wide = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8], False
        start = at + 8
        if size == 1 and len(content) - at >= 16:
            size, start, wide = int.from_bytes(content[at + 8 : at + 16]), at + 16, True
        end = at + size if size else len(content)
        if not start <= end <= len(content):
            break
        body = content[start:end]
        fields = FIELD_BYTES.get(kind)
        if fields is None or fields > len(body) or depth == MAX_DEPTH:
            nodes.append(Node(kind, body, wide=wide))
        else:
            nodes.append(Node(kind, body[:fields], planted(body[fields:], depth + 1), wide=wide))
        at = end
    return tuple(nodes)


def paths(forest: Forest, prefix: Path = ()) -> Iterator[Path]:
    """The place of every box."""
    for index, node in enumerate(forest):
        yield (*prefix, index)
        yield from paths(node.children, (*prefix, index))


def at(forest: Forest, path: Path) -> Node:
    node = forest[path[0]]
    return at(node.children, path[1:]) if len(path) > 1 else node


def altered(forest: Forest, path: Path, change: Callable[[Node], Sequence[Node]]) -> Forest:
    """The forest with the box at `path` replaced by what `change` makes of it."""
    index, *rest = path
    node = forest[index]
    if rest:
        children = altered(node.children, tuple(rest), change)
        grown: Sequence[Node] = (Node(node.kind, node.fields, children, node.size, node.wide),)
    else:
        grown = change(node)
    return (*forest[:index], *grown, *forest[index + 1 :])
