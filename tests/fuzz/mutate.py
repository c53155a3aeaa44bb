"""Mutations that know boxes: wrong sizes, types, counts, versions, places, and boxes of other files.

A mutant is made by one to five of them from a seed, then sometimes cut or overwritten as plain bytes. The
same random numbers make the same mutant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Protocol

from tests.fuzz.forest import Forest, Node, altered, at, paths, written

NUMBERS = (
    0, 1, 2, 3, 4, 7, 8, 15, 16, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0xFF_FFFF, 0x0100_0000,
    2**31 - 1, 2**31, 2**31 + 1, 2**32 - 2, 2**32 - 1,
)  # fmt: skip
"""Where parsers go wrong."""


class Mutation(Protocol):
    """What becomes of one box; `donors` are boxes of all seeds."""

    def __call__(self, node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]: ...


def wrong_size(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    truth = len(bytes(replace(node, size=None)))
    near = truth + random.choice((-9, -8, -4, -1, 1, 4, 8, 100))
    return (replace(node, size=random.choice((near, *NUMBERS, 2**63, 2**64 - 1))),)


def other_header(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return (replace(node, wide=not node.wide),)


def other_type(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return (replace(node, kind=random.choice((random.choice(donors).kind, b"free", random.randbytes(4)))),)


def number(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    """One number of the fields, at a place where one may be, becomes an extreme one or a neighbour."""
    width = random.choice((1, 2, 4, 4, 4, 4, 8))
    if len(node.fields) < width:
        return (node,)
    place = random.randrange(0, len(node.fields) - width + 1, random.choice((1, 4)))
    if random.random() < 0.5:
        place = min(place, 24, len(node.fields) - width)  # counts and flags come first
    now = int.from_bytes(node.fields[place : place + width])
    flipped = now ^ 1 << random.randrange(8 * width)
    then = random.choice((now + 1, now - 1, now * 2, now // 2, flipped, *NUMBERS))
    encoded = (then % 256**width).to_bytes(width)
    return (replace(node, fields=node.fields[:place] + encoded + node.fields[place + width :]),)


def version(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    if len(node.fields) < 4:
        return (node,)
    changed = bytearray(node.fields)
    place = random.randrange(4)
    changed[place] = random.choice((0, 1, 2, 255, changed[place] ^ 1 << random.randrange(8)))
    return (replace(node, fields=bytes(changed)),)


def shorter(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return (replace(node, fields=node.fields[: random.randrange(len(node.fields) + 1)]),)


def longer(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    more = random.choice((random.randbytes(random.randrange(40)), bytes(64), b"\xff" * 64, node.fields[-64:]))
    return (replace(node, fields=node.fields + more),)


def gone(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return ()


def repeated(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return (node,) * random.choice((2, 2, 3, 50))


def nested(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    for _ in range(random.choice((1, 2, 40))):
        node = Node(node.kind, b"", (node,))
    return (node,)


def emptied(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return (replace(node, fields=b"", children=()),)


def shuffled(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    return (replace(node, children=tuple(random.sample(node.children, len(node.children)))),)


def transplanted(node: Node, random: Random, donors: Sequence[Node]) -> Sequence[Node]:
    """A box of the same type from another file, or any box beside this one."""
    alike = [donor for donor in donors if donor.kind == node.kind]
    if alike and random.random() < 0.7:
        return (random.choice(alike),)
    return (node, random.choice(donors))


MUTATIONS: tuple[Mutation, ...] = (
    number, number, number, number, version, wrong_size, wrong_size, other_header, other_type, shorter,
    longer, gone, repeated, nested, emptied, shuffled, transplanted, transplanted,
)  # fmt: skip


def mutant(seed: Forest, donors: Sequence[Node], random: Random) -> bytes:
    """A file made of `seed` by a few mutations; `donors` are boxes of all seeds."""
    forest = seed
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        places = list(paths(forest))
        if not places:
            break
        place = random.choice(places)
        if at(forest, place).kind == b"mdat" and random.random() < 0.9:
            continue
        mutation = random.choice(MUTATIONS)
        forest = altered(forest, place, partial(mutation, random=random, donors=donors))
    return _as_bytes(written(forest), random)


def _as_bytes(content: bytes, random: Random) -> bytes:
    if random.random() < 0.05:
        content = content[: random.randrange(len(content) + 1)]
    if content and random.random() < 0.05:
        place = random.randrange(len(content))
        content = content[:place] + random.randbytes(random.choice((1, 4, 32))) + content[place + 4 :]
    return content
