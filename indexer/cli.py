"""`vodsplice-index`: the command line of the indexer. Arguments, progress and the summary; no media."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from math import isfinite

import click
from rich.filesize import decimal

from app.archive_id import EXTENSIONS
from app.cmaf.slop import DEFAULT_SLOP
from app.file_names import require_utf8
from indexer.archives import ArchivePath, OutsideMediaDir, find_archives, folders_in
from indexer.fingerprint import FAST, FULL
from indexer.folders import folder_options, unwritable
from indexer.lines import counted, one_line, put_line
from indexer.pipeline import Options, Outcome, index_archive
from indexer.progress import say, telling
from indexer.prune import PruneOutcome
from indexer.prune import prune as prune_indexes
from indexer.titles import TitleOutcome, Titles
from indexer.write import flush_folders, sweep

EXIT_REFUSED, EXIT_UNFINISHED = 1, 3


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("archives", nargs=-1, metavar="[ARCHIVE]...", type=click.Path(readable=False))
@folder_options
@click.option(
    "--segment-duration",
    "segment_s",
    default=6.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(0.1, 3600),
    help="Wanted length of a segment; keyframes decide.",
)
@click.option(
    "--jobs",
    default=os.cpu_count,
    show_default="one a core",
    type=click.IntRange(1),
    help="Archives indexed at a time.",
)
@click.option("--force", is_flag=True, help="Index again what is up to date.")
@click.option(
    "--slop",
    "slop_percent",
    default=100 * DEFAULT_SLOP,
    show_default=True,
    metavar="PERCENT",
    type=click.FloatRange(0, 50),
    help="Foreign bytes a stream may carry to need fewer ranges.",
)
@click.option(
    "--digest",
    default=FAST,
    show_default=True,
    type=click.Choice([FAST, FULL]),
    help="Fingerprint the structure, head and tail of an archive, or read every byte.",
)
@click.option(
    "--audio-sidecar/--no-audio-sidecar",
    default=None,
    help="Also write the audio of each film once more, in one piece, beside its .idx: as many bytes"
    " again as all its audio tracks have (2 or 3 % of the archive for each of 128 kb/s, some 10 % for each of"
    " 640 kb/s), for audio segments that cost a server a fraction. If not said: as it is now.",
)
@click.option(
    "--storyboard/--no-storyboard",
    default=None,
    help="Also write sheets of small pictures of each film beside its .idx, for seek bars: some 2 MB for two"
    " hours, a minute or so of decoding. If not said: as it is now. Needs PyAV: vodsplice[storyboard].",
)
@click.option(
    "--prune",
    is_flag=True,
    help="Also remove, of the whole index folder, what was made of archives that are gone. What an empty or"
    " unreadable folder should hold is kept: it may not be mounted.",
)
@click.version_option(package_name="vodsplice")
def main(  # noqa: PLR0913 - an argument an option
    archives: Sequence[str],
    media_dir: str,
    index_dir: str,
    segment_s: float,
    slop_percent: float,
    jobs: int,
    force: bool,
    digest: str,
    audio_sidecar: bool | None,
    storyboard: bool | None,
    prune: bool,
) -> None:
    """Write one small .idx for each ARCHIVE, a file or a folder that is searched through.

    Without any, for all of the media folder.

    What is up to date is skipped, so run it again whenever archives have come or changed; a running
    origin serves them at once. An archive that is refused never stops the others.

    Subtitles beside an archive belong to it by their names: film.srt, film.deu.vtt, film.en.sdh.ass.

    Archives of one folder that are named after heights (film/1080p.mp4, film/720p.mp4), or that a film.toml
    lists, are renditions of one title, film, if they are cut alike.

    Exit status: 0 all good, 1 some archives or titles refused (or kept, in doubt), 2 wrong usage,
    3 some archives not finished yet (still being written; run it again later).

    \b
    Examples:
      vodsplice-index --media-dir /films --index-dir /var/lib/vodsplice /films
      vodsplice-index --media-dir /films --segment-duration 4 --force /films/new/*.mp4
      vodsplice-index --media-dir /films --audio-sidecar /films
    """
    started_s = time.monotonic()
    require_utf8()
    if not isfinite(segment_s + slop_percent):
        raise click.UsageError("--segment-duration and --slop are numbers")
    found = _find(archives or [media_dir], media_dir, index_dir)
    sweep(index_dir)
    options = Options(round(segment_s * 1000), slop_percent / 100, digest, force, audio_sidecar, storyboard)
    outcomes = []
    with telling(len(found)) as tell:
        for outcome in _run(found, options, min(jobs, len(found) or 1)):
            outcomes.append(outcome)
            tell(_line(outcome))
    indexed = {each.path for each in outcomes if each.status == "indexed"}
    try:
        flush_folders(each.index_path for each in found if each.path in indexed)
    except OSError as error:
        raise click.ClickException(one_line(unwritable(index_dir, error))) from error
    searched = folders_in(archives or [media_dir], media_dir)
    pruned, titles = _settle(found, outcomes, searched, media_dir, index_dir, prune=prune)
    put_line(_summary(outcomes, pruned, titles, time.monotonic() - started_s))
    statuses = {each.status for each in outcomes} | {each.status for each in pruned}
    sys.exit(_exit_status(statuses | {each.status for each in titles}))


def _find(archives: Sequence[str], media_dir: str, index_dir: str) -> list[ArchivePath]:
    """The archives that are named, and a folder for their indexes. Raises `UsageError`."""
    try:
        found = find_archives(archives, media_dir, index_dir)
    except OutsideMediaDir as error:
        raise click.UsageError(one_line(str(error))) from error
    except OSError as error:
        raise click.UsageError(one_line(f"{error.filename}: {error.strerror}")) from error
    try:
        os.makedirs(index_dir, exist_ok=True)
    except OSError as error:
        raise click.UsageError(one_line(unwritable(index_dir, error))) from error
    if not found:
        say(f"nothing found: folders are searched for {' '.join(EXTENSIONS)}; name any other archive itself")
    return found


def _run(archives: Sequence[ArchivePath], options: Options, jobs: int) -> Iterator[Outcome]:
    work = partial(index_archive, options=options)
    if jobs == 1:
        yield from map(work, archives)
    else:
        from indexer.jobs import in_processes  # noqa: PLC0415 - takes 20 ms to load

        yield from in_processes(work, archives, jobs)


def _settle(
    found: Sequence[ArchivePath],
    outcomes: Sequence[Outcome],
    searched: Collection[str],
    media_dir: str,
    index_dir: str,
    *,
    prune: bool,
) -> tuple[list[PruneOutcome], list[TitleOutcome]]:
    """What is done once all are indexed: indexes of archives that are gone are removed where `prune` says so,
    and titles are published or withdrawn. Each is told.
    """
    ids = {each.path: each.id for each in found if not each.refusal}
    read = {ids[each.path] for each in outcomes if each.status in ("indexed", "up to date")}
    pruned = list(prune_indexes(media_dir, index_dir, read)) if prune else []
    for each in pruned:
        say(f"{each.id}: {each.text}")
    everywhere = prune and bool(read)
    titles = list(Titles(media_dir, index_dir).settle(ids.values(), searched, everywhere=everywhere))
    for title in titles:
        if title.status != "up to date":
            say(f"{title.id}: {title.text}")
    return pruned, titles


def _line(outcome: Outcome) -> str:
    """What is told of it; "" where that is nothing."""
    if outcome.status == "up to date":
        return ""
    text = f"indexed: {outcome.text}" if outcome.status == "indexed" else outcome.text
    return f"{outcome.path}: {text}"


def _summary(
    outcomes: Sequence[Outcome],
    pruned: Sequence[PruneOutcome],
    titles: Sequence[TitleOutcome],
    took_s: float,
) -> str:
    counts = dict.fromkeys(("indexed", "up to date", "refused", "unfinished"), 0)
    for outcome in outcomes:
        counts[outcome.status] += 1
    parts = [f"{counts[status]} {status}" for status in ("indexed", "up to date", "refused")]
    if counts["unfinished"]:
        parts.append(f"{counts['unfinished']} not finished yet")
    for status, what in (("removed", "of archives that are gone removed"), ("kept", "kept in doubt")):
        if count := sum(each.status == status for each in pruned):
            parts.append(f"{count} {what}")
    told = Counter(each.status for each in titles if each.status in ("refused", "withdrawn", "kept"))
    parts += [f"{counted(count, 'title')} {status}" for status, count in sorted(told.items())]
    index_bytes = sum(outcome.index_bytes for outcome in outcomes)
    archive_bytes = sum(outcome.archive_bytes for outcome in outcomes)
    sizes = f"{decimal(index_bytes)} of indexes for {decimal(archive_bytes)}"
    return f"{', '.join(parts)} in {took_s:.1f} s: {sizes}"


def _exit_status(found: set[str]) -> int:
    return EXIT_REFUSED if found & {"refused", "kept"} else EXIT_UNFINISHED if "unfinished" in found else 0
