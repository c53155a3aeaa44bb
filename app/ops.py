"""`/healthz` and `/readyz`: for supervisors and load balancers.

Alive: a worker answers. Ready: the media and index folders can be listed, so requests can be served.
"""

from __future__ import annotations

from flask import Blueprint, Response

from app.catalog import Catalog
from app.errors import Unreadable
from app.listing import check_folder

_HEADERS = {"Cache-Control": "no-store"}


def blueprint(catalog: Catalog) -> Blueprint:
    routes = Blueprint("ops", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return _text("ok")

    @routes.get("/readyz")
    def readyz() -> Response:
        folders = {"media": catalog.media_dir, "index": catalog.index_dir}
        missing = [name for name, folder in folders.items() if not _can_be_listed(folder)]
        if missing:
            raise Unreadable(f"not ready: the {' and the '.join(missing)} folder cannot be read")
        return _text("ready")

    return routes


def _can_be_listed(folder: str) -> bool:
    try:
        check_folder(folder)
    except OSError:
        return False
    return True


def _text(text: str) -> Response:
    return Response(text + "\n", 200, _HEADERS, content_type="text/plain; charset=utf-8")
