"""A Flask route that does nothing, on the very server that the origin runs on; flags of vodsplice-serve.

What a plan costs is judged against this: the least that any answer from there costs.
"""

from __future__ import annotations

import os
import sys

from flask import Flask, Response

from app import server
from app.settings import SETTINGS, Sourced, flag_of, load

ROUTE = "/bare"


class BareFlask(Flask):
    cors = ()


class BareServer(server.Server):
    def load(self) -> BareFlask:
        app = BareFlask(__name__)

        @app.get(ROUTE)
        def bare() -> Response:
            return Response()

        return app


def main(words: list[str]) -> None:
    names = {flag_of(name): name for name in SETTINGS}
    flags = {names[flag]: value for flag, value in zip(words[::2], words[1::2], strict=True)}
    BareServer(lambda: load(flags, os.environ, None), announce).run()


def announce(_: Sourced, urls: list[str]) -> None:
    print(f"serving nothing at {urls[0]}/", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
