"""What the README says of the tree is so: its map, its commands, and that CI runs the one it names."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from tests.readme import README
from tests.test_architecture import ROOT, SOURCES, tracked

MAPPED = ("app", "indexer", "deploy", "nginx")
TEXT = README.read_text()


def named_in_map() -> set[str]:
    """Paths in the first column of the map: files, and folders (with a slash) for all that is in them."""
    rows = re.search(r"(?s)### Map of the code\n(.*?)\n\n[^|]", TEXT)
    assert rows
    first_cells = [row.split("|")[1] for row in rows[1].splitlines() if row.startswith("| `")]
    return {path for cell in first_cells for path in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.requires_tool("git")
def test_map_names_every_module() -> None:
    named = named_in_map()
    missing = [
        str(path)
        for path in tracked()
        if path.parts[0] in MAPPED and path.suffix in SOURCES and path.name != "__init__.py"
        if not any(fnmatch(str(path), name + "*" if name.endswith("/") else name) for name in named)
    ]
    assert missing == []


def test_map_names_nothing_else() -> None:
    assert [name for name in named_in_map() if not (ROOT / name).exists()] == []


def test_files_named_elsewhere_exist() -> None:
    named = set(re.findall(r"`((?:app|indexer|tests|nginx|deploy|\.ci)/[\w./-]+)`", TEXT))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_commands_are_targets() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    named = set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", TEXT, re.MULTILINE))
    assert named >= {"run", "test"}
    assert named <= targets


def test_command_that_tests_is_the_one_of_ci() -> None:
    assert re.search(r"(?m)^make test\b", (ROOT / ".ci" / "run").read_text())


def test_links_within_the_page_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"(?m)^#+ (.*)$", TEXT)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings


PERLS_OWN = {"Config", "strict", "warnings", "nginx"}
"""In `perl-libs` on RHEL, where other modules of Perl are packages of their own; the last is nginx's."""


def test_packages_of_perl_modules() -> None:
    """RHEL's nginx-mod-http-perl asks for none of those that are used here."""
    sources = list((ROOT / "nginx").glob("*.pm"))
    used = {name for path in sources for name in re.findall(r"(?m)^use ([\w:]+)", path.read_text())}
    used -= PERLS_OWN | {path.stem for path in sources}
    assert {f"perl-{name.replace('::', '-')}" for name in used} == set(re.findall(r"`(perl-[\w-]+)`", TEXT))
