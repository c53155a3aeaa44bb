"""What tests of the plan cache ask for, and how they tell what became of it."""

from __future__ import annotations

from itertools import count

from tests.app.made_archive import MadeArchive
from tests.app.running_origin import eventually
from tests.nginx.running_stack import StackOrigin

HIT, MISS, FRESH = "vodsplice; hit", "vodsplice; fwd=uri-miss", "vodsplice; fwd=bypass"
NAMES = (f"plan-{number}" for number in count())
"""Of archives, each to be used once."""


def segment_url(film: MadeArchive, number: int = 1) -> str:
    return f"/v/{film.id}/seg_{number:04d}.m4s?v={film.version}"


def asked_of_gunicorn(origin: StackOrigin, film: MadeArchive, expected: int) -> int:
    """Requests about `film` in gunicorn's log, which may have its lines a moment after the answers."""
    eventually(lambda: origin.log.read_text().count(f"/v/{film.id}/") >= expected)
    return origin.log.read_text().count(f"/v/{film.id}/")
