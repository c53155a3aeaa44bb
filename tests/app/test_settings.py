"""Three layers of settings, and the table that the README shows."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import SETTINGS, SettingError, Settings, env_of, flag_of, load, markdown_table

README = Path(__file__).parents[2] / "README.md"
NO_ORIGIN = "is not an origin as browsers send it (https://films.example.org), or *, null or off"
NO_SCRIPT = "is not a URL (https://… or /…), file: and the path of a file that can be read, or off"


def test_flag_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "origin.toml"
    file.write_text('workers = 2\nstall_timeout = 2.5\nbind = ["127.0.0.1:1", "unix:/a"]\nsplice = true\n')
    environ = {"VODSPLICE_WORKERS": "3", "VODSPLICE_STALL_TIMEOUT": "3", "VODSPLICE_CONFIG": str(file)}
    loaded = load({"workers": "4"}, environ, None)
    assert loaded.settings == Settings(
        workers=4, stall_timeout_s=3.0, bind=("127.0.0.1:1", "unix:/a"), splice=True
    )
    assert loaded.sources == {"workers": "flag", "stall_timeout": "env", "bind": "file", "splice": "file"}


def test_defaults() -> None:
    loaded = load({}, {}, None)
    assert loaded.settings == Settings()
    assert loaded.sources == {}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("workers", "0", "--workers: '0' is not a whole number from 1 to 1024, or auto"),
        ("workers", "1025", "is not a whole number from 1 to 1024"),
        ("workers", "many", "is not a whole number"),
        ("workers", "٣x", "is not a whole number"),
        ("stall_timeout", "soon", "--stall-timeout: 'soon' is not a number of seconds"),
        ("stall_timeout", "nan", "is not a number of seconds"),
        ("stall_timeout", "-1", "is not a number of seconds"),
        ("splice", "maybe", "--splice: 'maybe' is not on or off"),
        ("log_format", "xml", "--log-format: 'xml' is not text or json"),
        ("bind", ",", "--bind: ',' is not one or more of host:port"),
        ("bind", "127.0.0.1:0,9464", "--bind: '127.0.0.1:0,9464' is not host:port"),
        ("bind", "::1:80", "--bind: '::1:80' is not host:port, where a v6 host stands in brackets: [::1]:80"),
        ("bind", "unix:", "--bind: 'unix:' is not host:port or unix:/path"),
        ("bind", 8080, "--bind: 8080 is not one or more of host:port"),
        ("cors_origin", "https://a.example\r\nX: y", NO_ORIGIN),
        ("cors_origin", "https://a.example https://b.example", NO_ORIGIN),
        ("cors_origin", "a.example", NO_ORIGIN),
        ("cors_origin", "https://a.example/", NO_ORIGIN),
        ("cors_origin", "https://A.example", NO_ORIGIN),
        ("cors_origin", "https://a.example:443", NO_ORIGIN),
        ("cors_origin", "http://a.example:80", NO_ORIGIN),
        ("cors_origin", "https://a.example:", NO_ORIGIN),
        ("cors_origin", "https://a.example:65536", NO_ORIGIN),
        ("cors_origin", "https://", NO_ORIGIN),
        ("cors_origin", "https://a.example\n", NO_ORIGIN),
        ("hls_js_url", "file:/no such/hls.js", NO_SCRIPT),
        ("hls_js_url", "hls.min.js", NO_SCRIPT),
        ("hls_js_url", "cdn.example/hls.min.js", NO_SCRIPT),
        ("hls_js_url", "https:/cdn.example/hls.min.js", NO_SCRIPT),
        ("hls_js_url", "javascript:alert(1)", NO_SCRIPT),
        ("hls_js_url", "https://[cdn.example/hls.min.js", NO_SCRIPT),
        ("metrics_bind", "9464", "--metrics-bind: '9464' is not host:port"),
        ("metrics_bind", "unix:/run/metrics", "--metrics-bind: 'unix:/run/metrics' is not host:port, or off"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, value: object, complaint: str) -> None:
    with pytest.raises(SettingError, match=re.escape(complaint)):
        load({name: value}, {}, None)


@pytest.mark.parametrize(
    "origin",
    [
        "*", "null", "https://films.example.org", "http://films.example.org:443", "https://127.0.0.1:8443",
        "http://[::1]:8080", "http://localhost", "capacitor://localhost", "chrome-extension://abcdefgh",
    ],
)  # fmt: skip
def test_origins_that_browsers_send(origin: str) -> None:
    assert load({"cors_origin": origin}, {}, None).settings.cors_origin == origin


@pytest.mark.parametrize("url", ["/hls.min.js", "http://127.0.0.1:1/hls.js#sha384-x", "off"])
def test_places_of_hls_js(url: str) -> None:
    assert load({"hls_js_url": url}, {}, None).settings.hls_js_url == ("" if url == "off" else url)


def test_environment_and_file_are_named_too(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^VODSPLICE_WORKERS: 'x'"):
        load({}, {"VODSPLICE_WORKERS": "x"}, None)
    file = tmp_path / "origin.toml"
    file.write_text("worker = 2")
    with pytest.raises(SettingError, match="unknown settings worker; known are media_dir"):
        load({}, {}, str(file))
    file.write_text("workers = true")
    with pytest.raises(SettingError, match=rf"^{re.escape(str(file))}: workers: True"):
        load({}, {}, str(file))
    file.write_text("workers == 2")
    with pytest.raises(SettingError, match="cannot be read as TOML"):
        load({}, {}, str(file))
    file.write_text(f"workers = {'[' * 10_000}")
    with pytest.raises(SettingError, match="cannot be read as TOML: "):
        load({}, {}, str(file))
    with pytest.raises(SettingError, match=r"absent\.toml: No such file"):
        load({}, {}, str(tmp_path / "absent.toml"))


def test_a_misspelt_variable_is_not_passed_over() -> None:
    with pytest.raises(
        SettingError, match="VODSPLICE_WROKERS: there is no such setting; VODSPLICE_WORKERS is one"
    ):
        load({}, {"VODSPLICE_WROKERS": "2"}, None)


def test_variables_that_others_put_there() -> None:
    of_kubernetes = (
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTP",
        "PORT",
        "PORT_8080_TCP",
        "PORT_8080_TCP_ADDR",
    )
    assert load({}, {f"VODSPLICE_{name}": "tcp://10.0.0.1:80" for name in of_kubernetes}, None).sources == {}


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    file = tmp_path / "origin.toml"
    file.write_text("workers = 2\n")
    loaded = load({}, dict.fromkeys(map(env_of, SETTINGS), ""), str(file))
    assert (loaded.settings, loaded.sources) == (Settings(workers=2), {"workers": "file"})


def test_words_for_nothing() -> None:
    environ = {
        "VODSPLICE_CORS_ORIGIN": "off",
        "VODSPLICE_METRICS_BIND": "off",
        "VODSPLICE_MAX_OPEN_ARCHIVES": "auto",
    }
    settings = load({}, environ, None).settings
    assert (settings.cors_origin, settings.metrics_bind, settings.max_open_archives) == ("", "", None)


def test_table_has_a_row_a_setting() -> None:
    rows = markdown_table().splitlines()[2:]
    assert len(rows) == len(fields(Settings))
    for row, name in zip(rows, SETTINGS, strict=True):
        assert row.startswith(f"| `{flag_of(name)}` | `{env_of(name)}` | `{name}` |")


def test_readme_has_this_table() -> None:
    if not README.exists():
        pytest.skip("there is no README yet")
    marked = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", README.read_text(), re.DOTALL)
    assert marked, "README.md lacks the markers <!-- settings --> and <!-- /settings -->"
    assert marked[1].strip() == markdown_table(), "python -m app.settings prints what belongs there"
