"""The page's files, read once: every answer about them is made before the first request.

All files live under one versioned path (`page/<version>/player.js`), so that the modules' relative imports
need no build step and every file can be cached for ever; the version is a digest of all of them. Text goes
out compressed to who takes it. Sizes are bytes.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from blake3 import blake3
from flask import Request, Response
from jinja2 import Environment

from app.plan import ETAG_BYTES
from app.setting_values import FILE

FOLDER = Path(__file__).parent / "page"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
VERSION_BYTES = 5
"""Of a digest, each two hex digits."""
INDEX = "index.html"
ENTRY = "player.js"
HLS_JS = "hls.min.js"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent, plain and by gzip (RFC 9110 §8.4.1.3)."""

    content_type: str
    etag: str
    plain: bytes
    packed: bytes

    @classmethod
    def of(cls, content: bytes, suffix: str) -> Asset:
        etag = blake3(content).hexdigest(ETAG_BYTES)
        return cls(CONTENT_TYPES[suffix], etag, content, gzip.compress(content, mtime=0))

    def response(self, request: Request) -> Response:
        """200 or 304. Each coding is a representation of its own, with its own strong tag."""
        packed = bool(request.accept_encodings["gzip"])
        response = Response(self.packed if packed else self.plain, content_type=self.content_type)
        response.vary.add("Accept-Encoding")
        if packed:
            response.content_encoding = "gzip"
        response.set_etag(f"{self.etag}-gzip" if packed else self.etag)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.make_conditional(request)
        return response


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. `files` are what `index` refers to, by name."""

    version: str
    index: Asset
    files: dict[str, Asset]
    content_security_policy: str


def read_page(hls_js_url: str) -> Page:
    """The page, told where hls.js is: a URL whose fragment is its integrity (`#sha384-…`), a file to serve
    along (`file:` and its path), or "".
    """
    contents = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.name != INDEX}
    modules = [name for name in contents if name.endswith(".js") and name != ENTRY]
    if hls_js_url.startswith(FILE):
        contents[HLS_JS] = Path(hls_js_url.removeprefix(FILE)).read_bytes()
    version = blake3(b"".join(contents.values())).hexdigest(VERSION_BYTES)
    url, integrity = urldefrag(f"page/{version}/{HLS_JS}" if HLS_JS in contents else hls_js_url)
    html = (
        Environment(autoescape=True, trim_blocks=True)
        .from_string((FOLDER / INDEX).read_text(encoding="utf-8"))
        .render(
            version=version,
            modules=modules,
            hls_js_url=url,
            hls_js_integrity=integrity,
        )
    )
    files = {name: Asset.of(content, Path(name).suffix) for name, content in contents.items()}
    return Page(version, Asset.of(html.encode(), ".html"), files, _content_security_policy(url))


def _content_security_policy(hls_js_url: str) -> str:
    """Nothing but this origin, and the one file that hls.js is. `blob:` is what hls.js plays from."""
    scripts = "'self'"
    if urlsplit(hls_js_url).netloc:
        scripts += " " + hls_js_url.replace(";", "%3B").replace(",", "%2C")
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
