"""What indexing each file costs: `python -m tests.roundtrip.measured MEDIA_DIR INDEX_DIR PATH...`

A process that has loaded the indexer forks a child a file, so that processor time and memory are the file's
alone. A child that hangs is ended by the kernel, one that asks for endless memory gets none: both show in
`ended`. One line of JSON a file, in the order of the paths; nothing of the interpreter's own start is in it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.archives import ArchivePath, find_archives
from indexer.pipeline import Options, index_archive

CPU_LIMIT_S = 60
MEMORY_LIMIT_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Cost:
    """One file. `ended` is the exit status of its process, or minus the signal that ended it.

    `memory_bytes` is what it added to the indexer's own at most. `status` and `text` are of the `Outcome`.
    """

    path: str
    ended: int
    cpu_s: float
    memory_bytes: int
    status: str
    text: str


def main(media_dir: str, index_dir: str, *paths: str) -> None:
    for cost in measure(paths, media_dir, index_dir):
        print(json.dumps(asdict(cost)), flush=True)


def measure(paths: Sequence[str], media_dir: str, index_dir: str) -> Iterator[Cost]:
    for path in paths:
        (archive,) = find_archives([path], media_dir, index_dir)
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _index(archive, writer)
        os.close(writer)
        with open(reader, "rb") as pipe:
            told = pipe.read()
        _, ended, usage = os.wait4(child, 0)
        own_bytes, status, text = (*told.decode().split("\n", 2), "", "", "")[:3]
        yield Cost(
            path,
            os.waitstatus_to_exitcode(ended),
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * 1024 - int(own_bytes or 0),
            status,
            text,
        )


def _index(archive: ArchivePath, writer: int) -> None:
    """In the child, which ends here."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    status = 1
    try:
        os.write(writer, f"{_own_bytes()}\n".encode())
        outcome = index_archive(archive, Options(audio_sidecar=True))
        os.write(writer, f"{outcome.status}\n{outcome.text}".encode())
        status = 0
    except BaseException:  # noqa: BLE001 - a fork must not go on as its parent would
        traceback.print_exc()
    finally:
        os._exit(status)


def _own_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main(*sys.argv[1:])
