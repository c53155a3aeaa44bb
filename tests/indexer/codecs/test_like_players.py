"""Codecs strings and init segments against two players' own code: mp4box.js, and Chromium's MSE."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.indexer.codecs.conftest import Case

READER = Path(__file__).parent / "mp4box_codecs.mjs"

MP4BOX_DIFFERS = {
    "mp4a.40.5": "mp4a.40.2",  # it does not read SBR that is told after the core's configuration
}

APPEND = """async ([type, init]) => {
  if (!MediaSource.isTypeSupported(type)) return "unsupported";
  const video = document.createElement("video"), source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
  const buffer = source.addSourceBuffer(type);
  const failed = new Promise((done) => video.addEventListener("error", () => done(video.error.message)));
  const ended = new Promise((done) => buffer.addEventListener("updateend", () => done("taken")));
  buffer.appendBuffer(Uint8Array.from(atob(init), (letter) => letter.charCodeAt(0)));
  const first = await Promise.race([failed, ended]);
  return buffer.updating || source.readyState !== "open" ? await failed : first;
}"""


def mp4box_strings(node: str, cases: list[Case], folder: Path) -> list[str]:
    """What mp4box.js calls each case's init segment."""
    paths = [folder / f"{number}.mp4" for number in range(len(cases))]
    for path, case in zip(paths, cases, strict=True):
        path.write_bytes(case.init)
    command = [node, str(READER), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def disagreements(cases: list[Case], theirs: list[str]) -> dict[str, tuple[str, str]]:
    """RFC 6381's hexadecimal has no case of its own, so neither has the comparison."""
    return {
        case.name: (case.described.codecs, other)
        for case, other in zip(cases, theirs, strict=True)
        if case.described.codecs.lower() != other.lower()
        and MP4BOX_DIFFERS.get(case.described.codecs) != other
        and not other_is_shorter(case.described.codecs, other)
    }


def other_is_shorter(ours: str, theirs: str) -> bool:
    """mp4box.js never writes the optional fields of AV1 and VP9."""
    return ours.startswith(("av01", "vp09")) and ours.startswith(f"{theirs}.")


@pytest.mark.requires_tool("ffmpeg", "node", "players")
def test_mp4box_on_encodes(encodes: list[Case], tool: Callable[[str], str], tmp_path: Path) -> None:
    assert disagreements(encodes, mp4box_strings(tool("node"), encodes, tmp_path)) == {}


@pytest.mark.corpus
@pytest.mark.requires_tool("node", "players")
def test_mp4box_on_the_corpus(corpus_cases: list[Case], tool: Callable[[str], str], tmp_path: Path) -> None:
    assert disagreements(corpus_cases, mp4box_strings(tool("node"), corpus_cases, tmp_path)) == {}


@pytest.fixture(scope="module")
def page(tool: Callable[[str], str]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=tool("chromium"), args=flags)
        yield browser.new_page()
        browser.close()


def chromium_says(page: Page, case: Case) -> str:
    described = case.described
    type_and_codecs = f'{described.kind}/mp4; codecs="{described.codecs}"'
    answer: str = page.evaluate(APPEND, [type_and_codecs, base64.b64encode(case.init).decode()])
    return answer


def unexpected(page: Page, cases: list[Case]) -> dict[str, str]:
    """Streams that Chromium is expected to play and does not take."""
    playable = [case for case in cases if "Chromium" in case.described.players]
    answers = {f"{case.name}: {case.described.codecs}": chromium_says(page, case) for case in playable}
    assert answers
    return {name: answer for name, answer in answers.items() if answer != "taken"}


@pytest.mark.browser
@pytest.mark.requires_tool("ffmpeg")
def test_chromium_on_encodes(encodes: list[Case], page: Page) -> None:
    assert unexpected(page, encodes) == {}


@pytest.mark.browser
@pytest.mark.corpus
def test_chromium_on_the_corpus(corpus_cases: list[Case], page: Page) -> None:
    assert unexpected(page, corpus_cases) == {}


@pytest.mark.browser
@pytest.mark.requires_tool("ffmpeg")
def test_chromium_tells_a_broken_init_apart(encodes: list[Case], page: Page) -> None:
    """So that "taken" above means something."""
    (case,) = [case for case in encodes if case.path.name == "flac.mp4"]
    wrong = case.described.entry.replace(b"dfLa", b"free")
    init = base64.b64encode(case.init.replace(case.described.entry, wrong)).decode()
    assert page.evaluate(APPEND, ['audio/mp4; codecs="fLaC"', init]) != "taken"
