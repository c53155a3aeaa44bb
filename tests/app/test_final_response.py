"""Headers reach the server as they were given, and what was added to the Response after them."""

from __future__ import annotations

from app.final_response import FinalResponse


def test_what_the_server_is_given() -> None:
    said = []
    body = [b"x"]
    response = FinalResponse(body, "206 Partial Content", [("ETag", '"tag"'), ("Content-Length", "1")])
    response.headers["X-Added"] = "later"
    assert response({}, lambda *args: said.append(args)) is body
    assert said == [
        ("206 Partial Content", [("ETag", '"tag"'), ("Content-Length", "1"), ("X-Added", "later")])
    ]
    assert response.status_code == 206
