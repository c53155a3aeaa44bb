"""What is printed about an archive: one line each, whatever its names, titles and boxes hold."""

from __future__ import annotations

import sys

import click


def put_line(text: str) -> None:
    """A line on standard output, with what that cannot encode as Python spells it. Raises `ClickException`
    where it cannot be written; a pipe that nobody reads ends the program without a word, as click has it.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        click.echo(one_line(text).encode(encoding, "backslashreplace").decode(encoding))
    except BrokenPipeError:
        raise
    except OSError as error:
        raise click.ClickException(f"standard output cannot be written: {error.strerror}") from error


def one_line(text: str) -> str:
    """`text` with what would break the line, or steer a terminal, spelled as Python spells it."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def counted(number: int, thing: str) -> str:
    """1 segment, 2 segments."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
