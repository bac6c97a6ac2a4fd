"""Commands that bring data in or look at it: ingest, quarantine."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from esclusa.cli import output
from esclusa.cli.mappings import kept, mapping_option
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from esclusa.sharing.views import SourceView

_FILE = click.Path(path_type=Path, exists=True)

SOURCE_COLUMNS = (
    "file", "format", "state", "messages>", "new>", "changed>", "same>", "late>", "withdrawn>",
    "refused>", "defects>", "alerts>",
)  # fmt: skip
"""Of a table of files taken in. ``late``: prepared before what is in force, kept beside it."""


@click.command()
@node_option
@mapping_option
@click.option("--for", "agencies", multiple=True, metavar="AGENCY",
              help="Partner that may get the records by its agreement; repeat.")  # fmt: skip
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@answers
def ingest(
    folder: Path | None, mapping: str, agencies: tuple[str, ...], paths: tuple[Path, ...]
) -> None:
    """Take files in: store, analyse and queue what they say.

    PATHS are files or folders; - reads standard input. A file taken in before changes nothing. A
    table is read with the mapping named, else with the only kept one that fits, else by a guess.
    """
    views: list[SourceView] = []
    began = dt.datetime.now(dt.UTC)
    with opened(folder) as node:
        late = set(node.process_waiting())  # received before an interruption, and read only now
        read_with = kept(node, mapping)
        marking = node.marking_for(node.operator(), agencies) if agencies else None
        for name, stream in _streams(paths):
            with stream:
                views.append(
                    node.ingest(node.operator(), name, stream, marking=marking, mapping=read_with)
                )
    output.show(
        views,
        "Taken in",
        SOURCE_COLUMNS,
        source_cells,
    )
    for view in views:
        before = f"{view.name}: received before, on {view.received[:10]}; nothing has changed"
        known = before if view.known_before(began) and view.id not in late else ""
        for said in filter(None, (known, view.reason, _columns(view))):
            click.echo(said, err=True)
    if any(view.state == "refused" or view.counts.get("quarantined") for view in views):
        raise SystemExit(output.EXIT_PARTLY)


def _columns(view: SourceView) -> str:
    """Return how the columns of a table were understood, "" for what is none."""
    if view.mapping:
        return f"{view.name}: read with mapping {view.mapping}"
    if any(defect.code == "table.guessed" for defect in view.defects):
        return f"{view.name}: its columns were guessed; look at `esclusa mapping propose`"
    return ""


def source_cells(view: SourceView) -> tuple[object, ...]:
    named = ("messages", "new", "changed", "unchanged", "late", "withdrawn", "quarantined",
             "defects", "alerts")  # fmt: skip
    return (view.name, view.format, view.state, *(view.counts.get(name, 0) for name in named))


def _streams(paths: tuple[Path, ...]) -> Iterator[tuple[str, BinaryIO]]:
    """Yield name and bytes of each file. One that cannot be opened is told before any is taken."""
    found: list[Path] = []
    for path in paths:
        below = path.is_dir() and str(path) != "-"
        found += sorted(item for item in path.iterdir() if item.is_file()) if below else [path]
    for path in found:
        if str(path) != "-" and (path.is_file() or not path.exists()):  # a pipe is read once
            _open(path).close()
    for path in found:
        if str(path) == "-":
            yield "standard-input", sys.stdin.buffer
        else:
            yield path.name, _open(path)


def _open(path: Path) -> BinaryIO:
    from esclusa.errors import InputError

    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", file=str(path)) from error


@click.group()
def quarantine() -> None:
    """Messages that could not be used: list, retry."""


@quarantine.command("list")
@node_option
@answers
def quarantine_list(folder: Path | None) -> None:
    """Show the messages that wait: file, byte position, reason."""
    with opened(folder) as node:
        found = node.quarantine(node.operator())
    output.show(
        found, "In quarantine", ("file", "byte>", "length>", "message", "reason", "retries>", "id"),
        lambda row: (row.source_name, row.offset, row.length, row.message, row.reason, row.retries,
                     row.id),
    )  # fmt: skip


@quarantine.command("retry")
@node_option
@click.argument("names", metavar="[ID]...", nargs=-1)
@answers
def quarantine_retry(folder: Path | None, names: tuple[str, ...]) -> None:
    """Read messages again with today's readers and mappings; without an ID all that wait."""
    with opened(folder) as node:
        who = node.operator()
        asked = names or tuple(row.id for row in node.quarantine(who))
        for name in asked:
            node.retry(who, name)
        waiting = {row.id for row in node.quarantine(who)}
    left = sum(name in waiting for name in asked)
    click.echo(f"{len(asked)} messages read again: {len(asked) - left} stored, {left} still held")
    if left:
        raise SystemExit(output.EXIT_PARTLY)
