"""What can go wrong with a request: one class a status, one handler in `app.origin_flask`.

A message is for the client: it says what to do and names no path. `cause` is a short fixed word for
metrics and logs. Every one of these answers is `Cache-Control: no-store`.
"""

from __future__ import annotations

from typing import ClassVar


class OriginError(Exception):
    """The root: an answer that is an error."""

    status: ClassVar[int] = 500
    cause: ClassVar[str] = "internal"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What this answer says besides its text."""
        return ()


class Malformed(OriginError):
    """The request cannot be read as a name of anything."""

    status = 400
    cause = "malformed"


class NotFound(OriginError):
    """No such archive, track or segment, or a second spelling of one."""

    status = 404
    cause = "not_found"


class MethodNotAllowed(OriginError):
    """Only GET and HEAD (and OPTIONS, for CORS) mean something here."""

    status = 405
    cause = "method"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Allow", "GET, HEAD, OPTIONS"),)


class Mismatch(OriginError):
    """Index and archive do not belong together any more: replaced, truncated, or a damaged index."""

    status = 409
    cause = "mismatch"


class Gone(OriginError):
    """The URL names a version of the archive that is no longer served."""

    status = 410
    cause = "stale_version"


class PreconditionFailed(OriginError):
    """If-Match or If-Unmodified-Since does not hold."""

    status = 412
    cause = "precondition"


class RangeNotSatisfiable(OriginError):
    """No byte of the body was asked for, or what was asked for is no range. `etag` says of which body."""

    status = 416
    cause = "range"

    def __init__(self, length: int, etag: str) -> None:
        super().__init__(f"This resource has {length} bytes; the request's Range names none of them.")
        self.length = length
        self.etag = etag

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Content-Range", f"bytes */{self.length}"), ("ETag", f'"{self.etag}"'))


class Unreadable(OriginError):
    """A file is there and this process may not, or cannot, read it. The log has the reason."""

    status = 503
    cause = "unreadable"

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Retry-After", "10"),)


class Overloaded(OriginError):
    """More in flight than this host can carry; `Retry-After` says when to come back."""

    status = 503
    cause = "overloaded"

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Retry-After", str(self.retry_after_s)),)
