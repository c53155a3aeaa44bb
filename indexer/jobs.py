"""Several archives at a time, each in a process of its own. Loaded only where that is asked for."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

from indexer.archives import ArchivePath
from indexer.pipeline import Outcome

Work = Callable[[ArchivePath], Outcome]


def in_processes(work: Work, archives: Sequence[ArchivePath], jobs: int) -> Iterator[Outcome]:
    """The outcomes in the order in which they come. A killed worker costs no archive but the one to blame."""
    pending = dict.fromkeys(archives)
    with _workers(jobs) as pool:
        futures = {pool.submit(work, archive): archive for archive in archives}
        try:
            for future in as_completed(futures):
                with suppress(BrokenProcessPool):  # the kernel killed a worker: who is to blame shows alone
                    outcome = future.result()
                    del pending[futures[future]]
                    yield outcome
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for archive in pending:
        yield _run_alone(archive, work)


def _workers(jobs: int) -> ProcessPoolExecutor:
    """Processes that Ctrl-C ends at once; as long as they live they would go on with the next archive."""
    return ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL))


def _run_alone(archive: ArchivePath, work: Work) -> Outcome:
    try:
        with _workers(1) as pool:
            return pool.submit(work, archive).result()
    except BrokenProcessPool:
        text = "refused: its indexer was killed, perhaps for want of memory; free some, and index it again"
        return Outcome(archive.path, "refused", text)
