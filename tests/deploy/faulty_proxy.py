"""An HTTP proxy in front of an origin that gets one thing wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NOT_PASSED_ON = {"connection", "transfer-encoding", "server", "date"}


@dataclass(slots=True)
class Exchange:
    """What a client asked, and what it is to get; a fault changes it. Header names are in lower case."""

    method: str
    path: str
    asked: dict[str, str]
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def is_for(self, *parts: str) -> bool:
        return any(part in self.path for part in parts)


Fault = Callable[[Exchange], None]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, host: str, port: int, before: Fault, after: Fault, *args: object) -> None:
        self._target, self._before, self._after = (host, port), before, after
        super().__init__(*args)  # type: ignore[arg-type]  # as the server gives them

    def do_GET(self) -> None:
        exchange = Exchange(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
        self._before(exchange)
        connection = HTTPConnection(*self._target, timeout=60)
        connection.request(exchange.method, exchange.path, headers=exchange.asked)
        response = connection.getresponse()
        exchange.status, exchange.body = response.status, response.read()
        exchange.headers = {name.lower(): value for name, value in response.getheaders()}
        connection.close()
        self._after(exchange)
        self.send_response(exchange.status)
        for name, value in exchange.headers.items():
            if name not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(exchange.body)

    do_HEAD = do_GET  # noqa: N815 - http.server calls it so

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Not on the test's output."""


def nothing(exchange: Exchange) -> None:
    """No fault."""


@contextmanager
def faulty_proxy(host: str, port: int, before: Fault = nothing, after: Fault = nothing) -> Iterator[str]:
    """`before` changes what is asked of the origin, `after` what it answered. Gives the proxy's base URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, host, port, before, after)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
