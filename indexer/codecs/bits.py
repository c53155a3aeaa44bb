"""Bit fields of codec configuration: fixed width and exp-Golomb, never past the end.

Every reader of this package takes its fields from a `Bits`, so that a cut or hostile record ends in
`Malformed` with the offset of the byte that is missing. Widths and positions are bits; offsets in
errors are bytes of `data`.
"""

from __future__ import annotations

from indexer.errors import Malformed

REMEDY = "the codec configuration is damaged: remux the archive from its original"

MAX_EXP_GOLOMB_ZEROS = 32
"""ue(v) of H.264 and HEVC ranges to 2**32 - 2: no more than 32 leading zero bits (§9.1, §9.2)."""


class Bits:
    """A cursor over `data`. `what` names the record in errors (`avcC`, `hvcC/SPS`)."""

    __slots__ = ("_data", "_length", "position", "what")

    def __init__(self, data: bytes, what: str, position: int = 0) -> None:
        self._data, self._length = data, len(data) * 8
        self.what, self.position = what, position

    @property
    def left(self) -> int:
        return self._length - self.position

    def skip(self, width: int) -> None:
        if width > self.left:
            raise Malformed(
                f"ends after {len(self._data)} bytes, in the middle of a field",
                remedy=REMEDY,
                where=self.what,
                offset=len(self._data),
            )
        self.position += width

    def u(self, width: int) -> int:
        """An unsigned field of `width` bits, most significant bit first."""
        start = self.position
        self.skip(width)
        first, last = start // 8, (self.position + 7) // 8
        value = int.from_bytes(self._data[first:last], "big")
        return value >> (last * 8 - self.position) & ((1 << width) - 1)

    def flag(self) -> bool:
        return self.u(1) == 1

    def take(self, count_bytes: int) -> bytes:
        """The next bytes; the cursor is at a byte boundary."""
        start = self.position // 8
        self.skip(count_bytes * 8)
        return self._data[start : start + count_bytes]

    def rest(self) -> bytes:
        return self.take(self.left // 8)

    def ue(self) -> int:
        """ue(v): unsigned exp-Golomb."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > MAX_EXP_GOLOMB_ZEROS:
                raise self.broken("an exp-Golomb number of more than 32 bits")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """se(v): signed exp-Golomb."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def bounded_ue(self, limit: int, name: str) -> int:
        """ue(v) of at most `limit`; for counts that drive a loop."""
        value = self.ue()
        if value > limit:
            raise self.broken(f"{name} is {value}, the standard allows at most {limit}")
        return value

    def broken(self, rule: str) -> Malformed:
        return Malformed(rule, remedy=REMEDY, where=self.what, offset=self.position // 8)


def without_emulation_prevention(nal: bytes) -> bytes:
    """The payload of a NAL unit: each 00 00 03 loses its 03 (H.264 §7.4.1, HEVC §7.4.2)."""
    if b"\0\0\3" not in nal:
        return nal
    out = bytearray()
    start = 0
    while (at := nal.find(b"\0\0\3", start)) >= 0:
        out += nal[start : at + 2]
        start = at + 3
    return bytes(out + nal[start:])
