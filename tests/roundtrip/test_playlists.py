"""Every playlist of the corpus under a strict checker, and the rates that it states against what is sent."""

from __future__ import annotations

from contextlib import closing
from fractions import Fraction
from http.client import HTTPConnection
from itertools import pairwise
from math import ceil
from urllib.parse import quote, urljoin, urlsplit

import pytest

from tests.app.running_origin import Origin
from tests.oracle import hls
from tests.oracle.avc import avc_codecs
from tests.oracle.hls_line import Line
from tests.oracle.hls_rules import average_bps, peak_bps, together
from tests.roundtrip.expected import SERVED
from tests.roundtrip.measured import Cost

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.parametrize("corpus_origin", ["sendfile"], indirect=True),
]

Rates = tuple[int, int]  # peak, average


class Client:
    """Asks an origin over one connection."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    def get(self, url: str) -> bytes:
        self._connection.request("GET", f"{urlsplit(url).path}?{urlsplit(url).query}")
        response = self._connection.getresponse()
        assert response.status == 200, url
        return response.read()

    def length(self, url: str) -> int:
        """Of a body that is not asked for."""
        self._connection.request("HEAD", f"{urlsplit(url).path}?{urlsplit(url).query}")
        response = self._connection.getresponse()
        response.read()
        assert response.status == 200, url
        return int(response.headers["Content-Length"])

    def media(self, url: str) -> list[Line]:
        """A media playlist, which is checked on the way."""
        document = self.get(url)
        assert hls.problems(document) == [], url
        return hls.read(document)

    def rates(self, url: str, lines: list[Line]) -> Rates:
        """Of that media playlist."""
        lasting_s = [Fraction(line.value.rstrip(",")) for line in lines if line.tag == "EXTINF"]
        sizes = [self.length(urljoin(url, line.value)) for line in lines if not line.tag]
        return ceil(peak_bps(sizes, lasting_s)), ceil(average_bps(sizes, lasting_s))

    def avc_codecs(self, url: str, lines: list[Line]) -> set[str]:
        """Those of H.264 in the init segments that a media playlist names."""
        maps = {urljoin(url, line.text("URI")) for line in lines if line.tag == "EXT-X-MAP"}
        return set().union(*(avc_codecs(self.get(each)) for each in maps))


@pytest.mark.parametrize("file", sorted(SERVED))
def test_playlists_are_valid_and_rates_true(
    file: str, costs: dict[str, Cost], corpus_origin: Origin
) -> None:
    master = f"{corpus_origin.base}/v/{quote(file.rpartition('.')[0])}/master.m3u8"
    with closing(corpus_origin.connection()) as connection:
        client = Client(connection)
        document = client.get(master)
        assert hls.problems(document) == []
        assert hls.problems(client.get(urljoin(master, "playlist.m3u8"))) == []
        lines = hls.read(document)
        playlists = {url: client.media(url) for url in urls(master, lines)}
        assert list(together(playlists.values())) == []
        rates = {url: client.rates(url, playlist) for url, playlist in playlists.items()}
        codecs = {url: client.avc_codecs(url, playlist) for url, playlist in playlists.items()}
    for line, following in pairwise(lines):
        if line.tag == "EXT-X-STREAM-INF":
            own = urljoin(master, following.value)
            assert codecs[own] <= set(line.text("CODECS").split(","))
            groups = [members(master, lines, line, kind) for kind in ("AUDIO", "SUBTITLES")]
            groups += [] if any(own in group for group in groups) else [{own}]
            check_rates(line, [[rates[url] for url in group] for group in groups])
        elif line.tag == "EXT-X-I-FRAME-STREAM-INF":
            own = urljoin(master, line.text("URI"))
            assert codecs[own] <= set(line.text("CODECS").split(","))
            check_rates(line, [[rates[own]]])


def check_rates(line: Line, groups: list[list[Rates]]) -> None:
    """A playable combination is a member of each group, and the variant's own media where no group has it."""
    for place, name in enumerate(("BANDWIDTH", "AVERAGE-BANDWIDTH")):
        heaviest = [max((rates[place] for rates in group), default=0) for group in groups]
        assert int(line.attributes[name]) == sum(heaviest), name


def urls(master: str, lines: list[Line]) -> set[str]:
    """Every playlist that a multivariant one names."""
    named = (line.text("URI") for line in lines if line.tag in ("EXT-X-MEDIA", "EXT-X-I-FRAME-STREAM-INF"))
    return {urljoin(master, each) for each in (*named, *(line.value for line in lines if not line.tag))}


def members(master: str, lines: list[Line], variant: Line, kind: str) -> set[str]:
    """The playlists of the group of that kind that a variant names."""
    group = "EXT-X-MEDIA", kind, variant.text(kind)
    found = (line for line in lines if (line.tag, line.text("TYPE"), line.text("GROUP-ID")) == group)
    return {urljoin(master, line.text("URI")) for line in found}
