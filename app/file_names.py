"""The encoding of file names. Ids in URLs are UTF-8, and so is the archive's name in an index; Python reads
names in the encoding of the locale.
"""

from __future__ import annotations

import sys

import click


def require_utf8() -> None:
    """Raises `UsageError` where Python reads them in another: not each archive would be found by its name."""
    encoding = sys.getfilesystemencoding()
    if encoding != "utf-8":
        raise click.UsageError(
            f"this locale has names of files in {encoding}, and they are UTF-8 here: set LC_ALL=C.UTF-8"
        )
