"""How commands speak: tables for a person, JSON lines into a pipe, one sentence for an error."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from esclusa.errors import EsclusaError
    from esclusa.node import Node
    from esclusa.sharing.reader import Reader

P = ParamSpec("P")
R = TypeVar("R")

_PIPED_WIDTH = 160

_LARGEST = 2**63 - 1
"""The largest number that both databases take."""

EXIT_ERROR, EXIT_PARTLY, EXIT_NOT_FOUND = 1, 3, 4

node_option = click.option(
    "--node", "folder", type=click.Path(path_type=Path, file_okay=False), default=None,
    help="The node's folder [default: $ESCLUSA_NODE or ./node].",
)  # fmt: skip
as_option = click.option(
    "--as", "who", default="", metavar="USER",
    help="Account to act as; its password is asked for [default: the operator].",
)  # fmt: skip
language_option = click.option(
    "--language", type=click.Choice(["en", "es"]), default=None, help="Language of the reasons."
)


def for_people() -> bool:
    """Tell whether standard output is a terminal."""
    return sys.stdout.isatty()


def language(chosen: str | None) -> str:
    """Return the language asked for, else the terminal's, else English.

    The terminal's is that of messages: ``LC_ALL``, else ``LC_MESSAGES``, else ``LANG`` (POSIX.1,
    Base Definitions, section 8.2).
    """
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    set_ = next(filter(None, (os.environ.get(name) for name in names)), "")
    return chosen or ("es" if re.match(r"es($|[_.@-])", set_) else "en")


def _said(error: EsclusaError, options: Mapping[str, object]) -> str:
    """Return an error's sentence, in the language asked for or the terminal's."""
    chosen = options.get("language")
    if language(chosen if isinstance(chosen, str) else None) == "en":
        return str(error)
    from esclusa.casework.refusals import in_spanish, refusal_of

    said = in_spanish(error)
    # A sentence with a row of its own has lost its place: a page shows that beside it.
    return _place(error) + said if said and refusal_of(error) else said or str(error)


def _place(error: EsclusaError) -> str:
    """Return where it is, in Spanish: the file and byte, or the rule and character; else ""."""
    from esclusa.errors import InputError, RuleError

    if isinstance(error, InputError) and error.file:
        return f"{error.file}{f', byte {error.offset}' if error.offset >= 0 else ''}: "
    if isinstance(error, RuleError) and error.rule and not error.places:
        return f"regla {error.rule}{f', carácter {error.offset}' if error.offset >= 0 else ''}: "
    return ""


def _readable(name: str, value: object) -> None:
    """Refuse what no ledger holds: bytes of a command line that are no text, a number without end.

    :raises InputError: naming the option. Paths are no text: a file's name may have any bytes.
    """
    from esclusa.errors import InputError

    if isinstance(value, tuple | list):
        for one in value:
            _readable(name, one)
    elif isinstance(value, str) and (odd := re.search("[\ud800-\udfff]", value)):
        said = f"{name.replace('_', '-')} holds bytes that are no text in UTF-8"
        raise InputError(f"{said}, at {odd.start() + 1}")
    elif isinstance(value, int) and abs(value) > _LARGEST:
        raise InputError(f"{name.replace('_', '-')} is a number beyond {_LARGEST}")


def answers(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an Esclusa error into one sentence and its exit code."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from esclusa.errors import EsclusaError, NotFound

        try:
            for name, value in kwargs.items():
                _readable(name, value)
            return function(*args, **kwargs)
        except NotFound as error:
            click.echo(f"esclusa: {_said(error, kwargs)}", err=True)
            raise SystemExit(EXIT_NOT_FOUND) from None
        except EsclusaError as error:
            click.echo(f"esclusa: {_said(error, kwargs)}", err=True)
            raise SystemExit(EXIT_ERROR) from None
        except BrokenPipeError:
            # The reader of the pipe has had enough; Python must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.strerror is None:
                _unexpected(error)
            # A full disk, a file that may not be read: the words are the system's, and name a file.
            about = f"{error.filename}: " if isinstance(error.filename, str) else ""
            click.echo(f"esclusa: {about}{error.strerror}", err=True)
            raise SystemExit(EXIT_ERROR) from None
        except Exception as error:
            _unexpected(error)

    return run


def _unexpected(error: Exception) -> NoReturn:
    # Standard error ends in journals and mails; the error's own words may quote a record.
    from esclusa.web.shield import places

    click.echo(f"esclusa: an error nobody expected: {places(error)}", err=True)
    raise SystemExit(EXIT_ERROR) from None


def end_of(day: dt.datetime) -> dt.datetime:
    """Return the moment at which a day ends, UTC.

    :param day: its first moment, without zone, as click reads a day.
    :raises InputError: the calendar ends with that day.
    """
    from esclusa.errors import InputError

    try:
        return (day + dt.timedelta(days=1)).replace(tzinfo=dt.UTC)
    except OverflowError:
        raise InputError(f"no day follows {day:%Y-%m-%d}; name an earlier one") from None


@contextmanager
def opened(folder: Path | None) -> Iterator[Node]:
    """Open the node in the folder asked for and close it after."""
    from esclusa.node import Node

    node = Node.open(folder or Path(os.environ.get("ESCLUSA_NODE", "node")))
    try:
        yield node
    finally:
        node.close()


@contextmanager
def acting(folder: Path | None, who: str) -> Iterator[tuple[Node, Reader]]:
    """Open the node and say who acts: the operator, or whoever gives an account's password."""
    with opened(folder) as node:
        if not who:
            yield node, node.operator()
            return
        token = node.sign_in(who, click.prompt(f"Password of {who}", hide_input=True, err=True))
        try:
            yield node, node.reader(token)
        finally:
            node.sign_out(token)


@contextmanager
def whole_file(target: Path, *, keep_empty: bool = True) -> Iterator[BinaryIO]:
    """Yield a file to write that takes ``target``'s place at the end, and not at all on an error.

    :param keep_empty: a file without content takes its place too.
    :raises InputError: when it cannot be written, or something other than a plain file is there: a
        device is not replaced.
    """
    from esclusa.errors import InputError

    if not target.name or (target.exists() and not target.is_file()):
        raise InputError("cannot be written: not a plain file", file=str(target))
    # A link stays, and the file that it leads to is written: /dev/stdout is one.
    place = Path(os.path.realpath(target))
    beside = place.with_name(f".{place.name}.new")
    try:
        with beside.open("wb") as sink:
            yield sink
            empty = sink.tell() == 0
        if keep_empty or not empty:
            beside.replace(place)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=target.name) from None
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def progress(total: int | None) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many bytes of ``total`` (None: not known) are done.

    Yields the function that says how far it is; it may be called for each message.
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda done: bar.update(task, completed=done)


def lines(items: Iterable[Any]) -> None:
    """Write each item as one line of JSON."""
    import msgspec

    encoder = msgspec.json.Encoder()
    for item in items:
        click.echo(encoder.encode(item).decode())


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table for a person. Columns whose name ends in ``>`` are aligned to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in columns:
        right = name.endswith(">")
        drawn.add_column(name.rstrip(">"), justify="right" if right else "left", overflow="fold")
    wide = None if for_people() else _PIPED_WIDTH
    for row in rows:
        # Text, not str: rich would read markup such as [red] in a sender's words.
        drawn.add_row(*(Text(str(cell)) for cell in row))
    Console(width=wide).print(drawn)


def show(
    items: Sequence[Any],
    title: str,
    columns: Sequence[str],
    cells: Callable[[Any], Sequence[object]],
) -> None:
    """Write items as a table for a person or as JSON lines into a pipe."""
    if for_people():
        table(title, columns, map(cells, items))
    else:
        lines(items)
