"""vodsplice-serve: settings, capacity, one line that says what was resolved and why, then gunicorn."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Any

import click

from app import addresses, capacity, metrics_listener, request_log
from app.listing import walk
from app.settings import SETTINGS, SettingError, Settings, Sourced, env_of, flag_of, load, shown_default

INHERITED_SOCKETS = ("LISTEN_FDS", "GUNICORN_FD")
"""Set by systemd, and by gunicorn's own upgrade (USR2): then the addresses are taken, by us."""


def _options() -> list[click.Parameter]:
    options: list[click.Parameter] = [
        click.Option(["--config"], metavar="FILE", help="TOML file of the settings below.")
    ]
    for name, spec in SETTINGS.items():
        help_ = f"{spec.metadata['help']} [{shown_default(spec)}]"
        options.append(click.Option([flag_of(name)], metavar=spec.metadata["unit"].upper(), help=help_))
    return options


def serve(config: str | None, **flags: Any) -> None:
    """Serve what vodsplice-index has indexed.

    Each setting may also come from the environment (VODSPLICE_MEDIA_DIR, ...) or the file (media_dir = ...);
    a flag wins over the environment, and that over the file.
    """
    try:
        sourced = load(flags, os.environ, config)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    request_log.set_up(sourced.settings.log_format)
    _check(sourced.settings)
    if not sourced.settings.metrics_bind:
        _run(sourced)
        return
    with metrics_listener.shared_counts():
        _run(sourced)


main = click.Command("vodsplice-serve", params=_options(), callback=serve, help=serve.__doc__)
click.version_option(package_name="vodsplice")(main)


def _check(settings: Settings) -> None:
    """End with one line where serving could not begin."""
    if not os.path.isdir(settings.media_dir):
        raise click.ClickException(f"{settings.media_dir}: there is no such folder; {_remedy('media_dir')}")
    wanted = {} if any(name in os.environ for name in INHERITED_SOCKETS) else {"bind": settings.bind}
    if settings.metrics_bind and "GUNICORN_FD" not in os.environ:
        wanted["metrics_bind"] = (settings.metrics_bind,)
    for name, each in wanted.items():
        for address in each:
            try:
                addresses.check(address)
            except addresses.Unavailable as error:
                raise click.ClickException(f"cannot listen on {error}; {_remedy(name)}") from error


def _remedy(name: str) -> str:
    return f"name another {flag_of(name)} or {env_of(name)}"


def _run(sourced: Sourced) -> None:
    from app.server import Server  # noqa: PLC0415 - metrics are shared if asked for before their import

    settings = sourced.settings
    host = capacity.Host.probe()
    resolved = capacity.resolve(settings, host)

    def announce(urls: list[str]) -> None:
        found = walk(settings.index_dir)
        count = f"{len(found.ids)}{'' if found.is_complete else ' or more'}"
        noun = "archive" if count == "1" else "archives"
        places = ", ".join(url if url.startswith("unix:") else f"{url}/" for url in urls)
        print(f"vodsplice {version('vodsplice')} serving {count} {noun} at {places}")
        print(capacity.audit_line(resolved, sourced.sources, host), flush=True)

    Server(settings, resolved, announce).run()


if __name__ == "__main__":
    sys.exit(main())
