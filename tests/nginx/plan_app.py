"""gunicorn with a plan for every shape that a plan can have, in the place of vodsplice-serve.

What `app.cmaf` never asks of nginx it must be able to do all the same: several files, ranges backwards, files
beyond 4 GiB, any name, inline bytes anywhere.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask, Request, Response, abort, request
from gunicorn.app.base import BaseApplication

from app.delivery.sendfile import Sendfile
from app.delivery.splice import PLAN_TYPE, Splice, instructions
from app.permits import Permits
from app.plan import FileIdentity, FileRanges, Piece, Plan

FAR = 5 << 30
ODD_NAMES = (
    b"with space", b"caf\xc3\xa9", b"not utf-8 \xff\xfe", b"100%41%zz", b"a, b", b"#1+2", b"new\nline",
    b'"quoted"', b"@splice", b"back\\slash", b"tab\there", b"\x01", b"e" * 200,
)  # fmt: skip

Pieces = tuple[Piece, ...]


def fill(folder: Path) -> None:
    """The files that the plans speak of."""
    for name in ("one", "two"):
        (folder / name).write_bytes(random.Random(name).randbytes(300_000))
    with (folder / "far").open("wb") as far:
        far.seek(FAR)
        far.write(random.Random("far").randbytes(200_000))
    os.utime(folder / "one", ns=(0, 1_700_000_000_999_999_999))
    os.utime(folder / "two", ns=(0, -1))
    for odd_name in ODD_NAMES:
        (folder / os.fsdecode(odd_name)).write_bytes(b"file " + odd_name)


def identity_of(path: Path) -> FileIdentity:
    return FileIdentity.of(str(path), path.stat())


def _of(folder: Path, name: str | bytes) -> Callable[[int | Iterable[int], int], FileRanges]:
    """Ranges of that name, at one offset or several, all of one length."""
    identity = identity_of(folder / os.fsdecode(name))

    def ranges(at: int | Iterable[int], length: int) -> FileRanges:
        offsets = [at] if isinstance(at, int) else list(at)
        return FileRanges(identity, offsets, [length] * len(offsets), length * len(offsets))

    return ranges


def shapes(folder: Path) -> dict[str, Pieces]:
    """By name: the pieces of a body."""
    one, two, far = (_of(folder, name) for name in ("one", "two", "far"))
    inline = random.Random("inline").randbytes(100_000)
    text = b"#EXTINF:6.000000,\nseg_0001.m4s?v=0123456789\n" * 4000
    found: dict[str, Pieces] = {
        "one-range": (inline[:1500], one(1000, 100_000)),
        "many-ranges": (inline[:1500], one(range(0, 300_000, 1000), 300)),
        "one-byte-ranges": (one(range(0, 1000, 2), 1),),
        "backwards": (one(reversed(range(0, 200_000, 1000)), 700),),
        "large-backwards": (one(reversed(range(0, 200_000, 1000)), 5000),),
        "much-in-small": (one(range(0, 100_000, 1000), 4000),),
        "overlapping": (one((0, 500, 0), 1000),),
        "adjacent": (one((0, 1000), 1000), one(2000, 1)),
        "two-files": (one(5, 50_000), b"between", two(7, 60_000), one(0, 3), two(0, 4)),
        "inline-between": tuple(
            piece for at in range(1500) for piece in (inline[at : at + 9], one(at * 99, 50))
        ),
        "inline-only": (inline[:10],),
        "inline-long": (text, one(0, 1000), inline[:30_000]),
        "far": (b"head", far(FAR - 10, 1000), far(FAR + 100_000, 100_000)),
        "whole-file": (one(0, 300_000),),
        "too-large": (inline, two(range(0, 270_000, 30), 20)),
    }
    for number, name in enumerate(ODD_NAMES):
        found[f"odd-name-{number}"] = (b"head", _of(folder, name)(0, 5 + len(name)))
    return found


def create_app(folder: Path) -> Flask:
    app = Flask("plans")
    plans = {
        name: Plan("video/mp4", f"tag-{name}", 1_700_000_000, 31_536_000, True, pieces)
        for name, pieces in shapes(folder).items()
    }
    sendfile = Sendfile(Permits(total=9, waiting=9, wait_timeout_s=1), stall_timeout_s=9)

    def direct(plan: Plan, request: Request) -> Response:
        response = sendfile.deliver(plan, request)
        response.headers["X-Direct"] = "1"
        return response

    splice = Splice(direct)

    @app.get("/v/<name>")
    def media(name: str) -> Response:
        return splice.deliver(plans.get(name) or abort(404), request)

    @app.get("/v/changing/<int:times>/<name>")
    def changing_media(times: int, name: str) -> Response:
        """So many plans in a row are not true any more when nginx has them."""
        plan = plans[name]
        if int(request.headers.get("X-Splice-Retry", 0)) < times:
            plan = replace(plan, guards=(replace(identity_of(folder / "one"), mtime_ns=1),))
        return splice.deliver(plan, request)

    @app.get("/v/other/<part>/<int(signed=True):more>/<name>")
    def other_media(part: str, more: int, name: str) -> Response:
        """A part of a file's identity is by so much more than that of the file that is there."""
        there = identity_of(folder / "one")
        meant = replace(there, **{part: getattr(there, part) + more})
        return splice.deliver(replace(plans[name], guards=(meant,)), request)

    @app.get("/v/unplanned/<name>")
    def unplanned_media(name: str) -> Response:
        """As of a release with another format: the body itself, which caches may keep for a year."""
        return direct(plans[name], request)

    add_brief_plans(app, plans, _of(folder, "one")([0] * 60, 300_000))
    return app


def add_brief_plans(app: Flask, plans: Mapping[str, Plan], much: Piece) -> None:
    """They are due after a second."""
    asked = {"seg_0010.m4s"}

    def brief(plan: Plan, ahead: str = "") -> bytes:
        now_s = int(time.time())
        return instructions({request.path.rpartition("/")[2]: plan}, ahead, now_s + 1)

    def answer(body: bytes, sent: bytes) -> Response:
        headers = {"X-Accel-Expires": "1", "Content-Length": str(len(body))}
        return Response(iter([sent]), content_type=PLAN_TYPE, headers=headers)

    @app.get("/v/brief/<name>")
    def brief_media(name: str) -> Response:
        """Different each time."""
        body = brief(replace(plans[name], etag=f"at-{int(time.time())}"))
        return answer(body, body)

    @app.get("/v/ending/<name>")
    def ending_media(name: str) -> Response:
        """Once."""
        if name in asked:
            return Response("Gone.", 410, {"X-Splice-Refusal": "410 Gone."})
        asked.add(name)
        return brief_media(name)

    @app.get("/v/cut/<name>")
    def cut_media(name: str) -> Response:
        """Much, and plans ahead; but these, and all that are asked for again, break off."""
        body = brief(replace(plans["whole-file"], pieces=(much,)), "seg_0010.m4s")
        is_whole = name not in asked
        asked.add(name)
        return answer(body, body if is_whole else body[:100])


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, bind: str, folder: Path) -> None:
        self._bind, self._folder = bind, folder
        super().__init__()

    def load_config(self) -> None:
        self.cfg.set("bind", [self._bind])
        self.cfg.set("control_socket_disable", True)

    def load(self) -> Flask:
        return create_app(self._folder)


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--media-dir", type=Path)
@click.option("--bind")
@click.argument("others", nargs=-1, type=click.UNPROCESSED)
def main(media_dir: Path, bind: str, others: tuple[str, ...]) -> None:
    _Gunicorn(bind, media_dir).run()


if __name__ == "__main__":
    sys.exit(main())
