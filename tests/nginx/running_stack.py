"""A real nginx and gunicorn, from the configuration that production uses, as an `Origin` like the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from deploy.stack import Stack, Wanted, running
from tests.app.running_origin import Origin
from tests.processes import children_of, command_of


class StackOrigin(Origin):
    """`process` is gunicorn's master; nginx's is `stack.nginx`."""

    def __init__(self, stack: Stack, media_dir: Path, index_dir: Path, log: Path, *, splices: bool) -> None:
        address = urlsplit(stack.base)
        assert address.hostname
        assert address.port
        super().__init__(address.hostname, address.port, media_dir, index_dir, log, stack.gunicorn)
        self.stack = stack
        self.splices = splices

    @property
    def access_log(self) -> str:
        return (self.stack.prefix / "logs" / "access.log").read_text()


@contextmanager
def running_stack(
    media_dir: Path, index_dir: Path, log: Path, *flags: str, splice: bool = True
) -> Iterator[StackOrigin]:
    """`flags` are vodsplice-serve's. Without `splice`, nginx does without its Perl module."""
    wanted = Wanted(media_dir, index_dir, splice=splice, serve_flags=flags)
    with log.open("wb") as output, running(wanted, output) as stack:
        yield StackOrigin(stack, media_dir, index_dir, log, splices=splice)


def nginx_workers(origin: StackOrigin) -> list[int]:
    """Without the process that reads the plan cache after a start."""
    return [pid for pid in children_of(origin.stack.nginx.pid) if b"worker process" in command_of(pid)]
