"""vodsplice-serve: settings, capacity, one line that says what was resolved and why, then gunicorn."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import Any

import click

from app import addresses, capacity, request_log
from app.file_names import require_utf8
from app.listing import check_folder, walk
from app.settings import SETTINGS, SettingError, Settings, Sourced, env_of, flag_of, load, shown_default

INHERITED_SOCKETS = ("LISTEN_FDS", "GUNICORN_FD")
"""Set by systemd, and by gunicorn's own upgrade (USR2): then the addresses are taken, by us."""


def _options() -> list[click.Parameter]:
    options: list[click.Parameter] = [
        click.Option(["--config"], metavar="FILE", help="TOML file of the settings below.")
    ]
    for name, spec in SETTINGS.items():
        help_ = f"{spec.metadata['help']} [{shown_default(spec)}]"
        metavar = spec.metadata["unit"].upper().replace(", ", "|")
        options.append(click.Option([flag_of(name)], metavar=metavar, help=help_))
    return options


def serve(config: str | None, **flags: Any) -> None:
    """Serve what vodsplice-index has indexed.

    Each setting may also come from the environment (VODSPLICE_MEDIA_DIR, ...) or the file (media_dir = ...);
    a flag wins over the environment, and that over the file.
    """

    def read() -> Sourced:
        sourced = load(flags, os.environ, config)
        _check_folders(sourced.settings)
        return sourced

    require_utf8()
    try:
        settings = load(flags, os.environ, config).settings
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    request_log.set_up(settings.log_format)
    _check(settings)
    with _shared_counts() if settings.metrics_bind else nullcontext():
        from app.server import Server  # noqa: PLC0415 - prometheus_client looks for the folder when imported

        Server(read, announce).run()


main = click.Command(
    "vodsplice-serve",
    params=_options(),
    callback=serve,
    help=serve.__doc__,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
click.version_option(package_name="vodsplice")(main)


def _check(settings: Settings) -> None:
    """End with one line where serving could not begin."""
    try:
        _check_folders(settings)
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    wanted = {} if any(name in os.environ for name in INHERITED_SOCKETS) else {"bind": settings.bind}
    if settings.metrics_bind and "GUNICORN_FD" not in os.environ:
        wanted["metrics_bind"] = (settings.metrics_bind,)
    for name, each in wanted.items():
        for address in each:
            try:
                addresses.check(address)
            except addresses.Unavailable as error:
                raise click.ClickException(f"cannot listen on {error}; {_remedy(name)}") from error


def _check_folders(settings: Settings) -> None:
    """Raises `SettingError`."""
    for name, made_by in (("media_dir", ""), ("index_dir", "run vodsplice-index first, or ")):
        folder = getattr(settings, name)
        try:
            check_folder(folder)
        except OSError as error:
            raise SettingError(f"{folder}: {error.strerror}; {made_by}{_remedy(name)}") from error


def _remedy(name: str) -> str:
    return f"name another {flag_of(name)} or {env_of(name)}"


@contextmanager
def _shared_counts() -> Iterator[None]:
    """A folder in which the counts of all workers meet; this process's own, also after an upgrade (USR2)."""
    parent = os.environ.get("RUNTIME_DIRECTORY")  # of a systemd unit
    folder, owner = tempfile.mkdtemp(prefix="vodsplice-", dir=parent), os.getpid()
    lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_SH)  # what is locked, systemd-tmpfiles does not remove for its age
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield
    finally:
        if os.getpid() == owner:  # a worker that ends comes by here as well: it was forked within
            shutil.rmtree(folder, ignore_errors=True)


def announce(sourced: Sourced, urls: list[str]) -> None:
    """What is served where, and the audit line."""
    host = capacity.Host.probe()
    found = walk(sourced.settings.index_dir, sourced.settings.media_dir)
    count = f"{len(found.ids)}{'' if found.is_complete else ' or more'}"
    noun = "archive" if count == "1" else "archives"
    places = ", ".join(url if url.startswith("unix:") else f"{url}/" for url in urls)
    request_log.write_line(f"vodsplice {version('vodsplice')} serving {count} {noun} at {places}")
    resolved = capacity.resolve(sourced.settings, host)
    request_log.write_line(capacity.audit_line(resolved, sourced.sources, host))


if __name__ == "__main__":
    sys.exit(main())
