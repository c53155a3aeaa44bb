"""One answer for every error, the unexpected one included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Blueprint
from werkzeug.exceptions import ImATeapot

from app.origin_flask import OriginFlask
from tests.app.conftest import Client

SECRET = "/secret/path"


@pytest.fixture
def broken() -> Iterator[Client]:
    """An application with views that fail."""
    app = OriginFlask(__name__, cors_origin="https://player.example")
    routes = Blueprint("broken", __name__)

    @routes.get("/fails")
    def fails() -> str:
        raise RuntimeError(SECRET)

    @routes.get("/teapot")
    def teapot() -> str:
        raise ImATeapot(SECRET)

    app.register_blueprint(routes)
    return Client(app)


def test_what_nobody_expected(broken: Client, caplog: pytest.LogCaptureFixture) -> None:
    reply = broken.get("/fails", headers={"X-Request-Id": "abc"})
    assert reply.status_int == 500
    assert reply.text == "Something went wrong here. The log has it as request abc.\n"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Request-Id"] == "abc"
    assert reply.headers["Access-Control-Allow-Origin"] == "https://player.example"
    assert "request abc" in caplog.text
    assert SECRET in caplog.text


def test_what_the_framework_refuses(broken: Client) -> None:
    reply = broken.get("/teapot")
    assert (reply.status_int, reply.content_type) == (400, "text/plain")
    assert SECRET not in reply.text


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "<script>"])
def test_a_request_id_that_could_do_harm_is_replaced(broken: Client, given: str) -> None:
    reply = broken.get("/nothing", headers={"X-Request-Id": given.encode("latin-1").decode("latin-1")})
    assert reply.headers["X-Request-Id"] != given
    assert len(reply.headers["X-Request-Id"]) == 16


def test_no_cookie_no_redirect(broken: Client) -> None:
    for target in ("/fails", "/fails/", "//fails", "/Fails"):
        reply = broken.get(target)
        assert reply.status_int in (404, 500)
        assert "Set-Cookie" not in reply.headers
        assert "Vary" not in reply.headers
