"""Titles and roles, in the four places where writers put them."""

from __future__ import annotations

import pytest

from indexer.limits import MAX_TITLE_CHARACTERS
from tests.indexer.demux.demuxed import demuxed, only_track
from tests.indexer.demux.made_mp4 import box, full_box, hdlr, movie, trak, u16, u32


def data(text: bytes) -> bytes:
    return box("data", u32(1, 0), text)


def ilst(text: bytes) -> bytes:
    items = box("ilst", box("\xa9too", data(b"Lavf")), box("\xa9nam", data(text)))
    return full_box("meta", hdlr("mdir"), items)


def keys(*names: bytes) -> bytes:
    return full_box("keys", u32(len(names)), *(u32(8 + len(name)) + b"mdta" + name for name in names))


QUICKTIME_META = box(
    "meta", hdlr("mdta"), keys(b"com.apple.quicktime.make", b"com.apple.quicktime.title"),
    box("ilst", box("\0\0\0\1", data(b"Apple")), box("\0\0\0\2", data(b"A film"))),
)  # fmt: skip


@pytest.mark.parametrize("holder", [
    pytest.param(box("udta", ilst(b"A film")), id="iTunes"),
    pytest.param(box("udta", box("\xa9nam", u16(6, 0), b"A film")), id="QuickTime user data"),
    pytest.param(box("udta", full_box("titl", u16(0x15C7), b"A film\0")), id="3GPP"),
    pytest.param(box("udta", full_box("titl", u16(0x15C7), "A film\0".encode("utf-16"))), id="3GPP, UTF-16"),
    pytest.param(box("udta", box("name", b"A film")), id="name"),
    pytest.param(QUICKTIME_META, id="QuickTime metadata"),
    pytest.param(box("udta", box("\xa9nam", u16(0, 0))) + QUICKTIME_META, id="the first that says something"),
])  # fmt: skip
def test_titles(holder: bytes) -> None:
    assert demuxed(movie(trak(), holder)).title == "A film"
    assert only_track(movie(trak(extra=[holder]))).title == "A film"


@pytest.mark.parametrize("holder", [
    box("udta"),
    box("udta", bytes(4)),
    box("udta", u32(3) + b"name"),
    box("udta", box("meta")),
    box("udta", box("\xa9nam", b"\0")),
    box("udta", full_box("titl")),
    box("udta", box("name", b"\0\n \t")),
    box("meta"),
    full_box("meta", box("ilst", box("\xa9nam"))),
    box("meta", hdlr("mdta"), full_box("keys", u32(2**31), u32(7), b"mdta")),
])  # fmt: skip
def test_no_title_and_no_harm(holder: bytes) -> None:
    assert demuxed(movie(trak(), holder)).title == ""
    assert only_track(movie(trak(extra=[holder]))).title == ""


@pytest.mark.parametrize(("text", "title"), [
    ("Émile \N{FILM FRAMES}".encode(), "Émile \N{FILM FRAMES}"),
    (b" two\nlines\x1b[31m ", "two lines [31m"),
    (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}"),
    (b"x" * 10**5, "x" * MAX_TITLE_CHARACTERS),
    (b"a\0b", "a"),
])  # fmt: skip
def test_text(text: bytes, title: str) -> None:
    assert demuxed(movie(trak(), box("udta", ilst(text)))).title == title


@pytest.mark.parametrize(("name", "title"), [
    (b"Director's comments\0", "Director's comments"), (b"\x08Comments", "Comments"), (b"Stereo", "Stereo"),
    (b"VideoHandler\0", ""), (b"\x10Core Media Audio", ""), (b"GPAC ISO Audio Handler\0", ""),
    (b"SoundHandle\0", ""), (b"*vtt@GPAC0.6.2\0", ""), (b"\0", ""), (b"", ""),
])  # fmt: skip
def test_names_of_handlers(name: bytes, title: str) -> None:
    """Those written for people; not those that name the program that wrote them."""
    content = trak().replace(hdlr("vide"), b"")
    mdia_at = content.index(b"mdia") - 4
    parts = content[mdia_at + 8 :] + hdlr("vide", name)
    assert only_track(movie(box("trak", content[8:mdia_at] + box("mdia", parts)))).title == title


def test_roles() -> None:
    def kind(scheme: bytes, value: bytes) -> bytes:
        return full_box("kind", scheme + b"\0" + value + b"\0")

    scheme = b"urn:mpeg:dash:role:2011"
    kinds = kind(scheme, b"commentary"), box("free"), kind(b"about:html-kind", b""), full_box("kind")
    udta = box("udta", *kinds)
    assert only_track(movie(trak(extra=[udta]))).kind_roles == ("commentary", "about:html-kind")
