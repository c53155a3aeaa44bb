"""Every setting of the origin, in one dataclass.

A field is an environment variable (`VODSPLICE_…`), a key of the TOML file and a flag of `vodsplice-serve`
of the same name; its metadata are its unit and its help. A flag wins over the environment, which wins over
the file; an empty variable is none. A unit at the end of a field's name (`_s`) is not part of the setting's
name.

A number that is `None` resolves itself from the host: `app.capacity`. `python -m app.settings` prints the
table of the README.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from app import setting_values as read

ENV_PREFIX = "VODSPLICE_"
CONFIG_ENV = ENV_PREFIX + "CONFIG"


class SettingError(ValueError):
    """A value that cannot be read; the message names the setting, where it came from and what it may be."""


def _setting(default: Any, reader: Callable[[Any], Any], unit: str, help_: str) -> Any:
    return field(default=default, metadata={"read": reader, "unit": unit, "help": help_})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one origin is told."""

    media_dir: str = _setting(
        "var/media", read.folder, "folder", "where the archives are; an id is a path below it"
    )
    index_dir: str = _setting(
        "var/index", read.folder, "folder", "where `vodsplice-index` put their `.idx` files"
    )
    bind: tuple[str, ...] = _setting(
        ("127.0.0.1:8080",),
        read.addresses,
        "addresses",
        "where to listen: `host:port` or `unix:/path`, with commas between",
    )
    workers: int | None = _setting(
        None,
        read.auto_or_count(1024),
        "processes",
        "worker processes; auto: one a core, and two at least with `--splice`",
    )
    max_open_archives: int | None = _setting(
        None,
        read.auto_or_count(1_000_000),
        "archives",
        "indexes kept open on this host; auto: from open files and memory",
    )
    max_inflight_segments: int | None = _setting(
        None,
        read.auto_or_count(1_000_000),
        "responses",
        "bodies of media sent at once by all workers; auto: from cores, open files and memory",
    )
    permit_wait_timeout_s: float = _setting(
        5.0, read.seconds, "s", "how long a segment waits for one of those before it is refused with 503"
    )
    stall_timeout_s: float = _setting(
        30.0,
        read.seconds,
        "s",
        "a client that takes or gives no byte, or has no request whole, for so long is cut off; 0: never",
    )
    graceful_timeout_s: float = _setting(
        30.0, read.seconds, "s", "how long transfers may go on after SIGTERM or a reload"
    )
    cors_origin: str = _setting(
        "*", read.origin_or_off, "origin", "`Access-Control-Allow-Origin` of every answer, or off"
    )
    splice: bool = _setting(
        False,
        read.switch,
        "switch",
        "let the nginx in front send the media. Only on where nobody else reaches `bind`",
    )
    metrics_bind: str = _setting(
        "", read.port_or_off, "address", "`host:port` of a listener of its own for `/metrics`, or off"
    )
    nginx_log: str = _setting(
        "",
        read.text_or_off,
        "file",
        "access log of the nginx in front, counted for `/metrics` as well, or off",
    )
    access_log: bool = _setting(True, read.switch, "switch", "one line a request on standard output")
    log_format: str = _setting("text", read.one_of("text", "json"), "text, json", "how log lines are written")
    hls_js_url: str = _setting(
        "https://cdn.jsdelivr.net/npm/hls.js@1.7.4/dist/hls.min.js"
        "#sha384-p9vgU/7IYJWd3I4STrtqxqR/2cAQlhIX7D/HrTnIMEjjcUox165b7se7sxmm3zDg",
        read.script_or_off,
        "URL",
        "what hls.js the page takes, if need be: URL, its integrity after `#`; `file:` and a path; off",
    )


SETTINGS: dict[str, Field[Any]] = {spec.name.removesuffix("_s"): spec for spec in fields(Settings)}
"""Name as users write it (snake case) -> field."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """Settings, and where each that is not a default came from: flag, env or file."""

    settings: Settings
    sources: Mapping[str, str]


def load(flags: Mapping[str, Any], environ: Mapping[str, str], file: str | None) -> Sourced:
    """Merge the three layers. `flags` holds those that were given. Raises `SettingError`."""
    file = file or environ.get(CONFIG_ENV)
    in_file = _read_file(file)
    _refuse_misspelt(environ)
    values: dict[str, Any] = {}
    sources = {}
    for name, spec in SETTINGS.items():
        layers = (
            ("flag", flag_of(name), flags.get(name)),
            ("env", env_of(name), environ.get(env_of(name)) or None),
            ("file", f"{file}: {name}", in_file.get(name)),
        )
        for source, label, value in layers:
            if value is not None:
                values[spec.name] = _read(spec, label, value)
                sources[name] = source
                break
    return Sourced(Settings(**values), sources)


def named_in(file: str, names: Iterable[str]) -> dict[str, Any]:
    """Those of some settings that a file names, for programs which share its folders with the origin.

    Raises `SettingError`.
    """
    in_file = _read_file(file)
    return {
        name: _read(SETTINGS[name], f"{file}: {name}", in_file[name]) for name in names if name in in_file
    }


def env_of(name: str) -> str:
    return ENV_PREFIX + name.upper()


def flag_of(name: str) -> str:
    return "--" + name.replace("_", "-")


def _read(spec: Field[Any], label: str, value: Any) -> Any:
    try:
        return spec.metadata["read"](value)
    except (TypeError, ValueError) as error:
        raise SettingError(f"{label}: {value!r} is not {error}") from error


def _read_file(path: str | None) -> dict[str, Any]:
    if not path:
        return {}
    try:
        with open(path, "rb") as file:
            found = tomllib.load(file)
    except OSError as error:
        raise SettingError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # of values nested too deep
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"{path}: cannot be read as TOML: {reason}") from error
    unknown = sorted(found.keys() - SETTINGS.keys())
    if unknown:
        raise SettingError(f"{path}: unknown settings {', '.join(unknown)}; known are {', '.join(SETTINGS)}")
    return found


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """What only resembles a setting: others may put variables of our prefix there, as Kubernetes does."""
    for variable in environ:
        name = variable.removeprefix(ENV_PREFIX).lower()
        if variable.startswith(ENV_PREFIX) and name not in SETTINGS and variable != CONFIG_ENV:
            for meant in get_close_matches(name, SETTINGS, n=1, cutoff=0.75):
                raise SettingError(f"{variable}: there is no such setting; {env_of(meant)} is one")


def shown_default(spec: Field[Any]) -> str:
    """A default as users write it."""
    value: object = spec.default
    if isinstance(value, bool):
        return "on" if value else read.OFF
    if isinstance(value, tuple):
        return ",".join(value)
    if value is None or value == "":
        return read.AUTO if value is None else read.OFF
    return f"{value:g}" if isinstance(value, float) else str(value)


def markdown_table() -> str:
    """The table of the README."""
    rows = [
        f"| `{flag_of(name)}` | `{env_of(name)}` | `{name}` | `{shown_default(spec)}` "
        f"| {spec.metadata['unit']} | {spec.metadata['help']} |"
        for name, spec in SETTINGS.items()
    ]
    head = "| flag | environment | TOML key | default | unit | what it is |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


if __name__ == "__main__":
    print(markdown_table())  # noqa: T201 - what this module is run for
