"""Commands about mappings, which say what the columns of a sender's table mean."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from esclusa.formats.tabular.mapping import Mapping
    from esclusa.model import Defect, Message
    from esclusa.node import Node
    from esclusa.sharing.views import MappingView

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

mapping_option = click.option(
    "--mapping", "mapping", default="", metavar="ID-or-FILE",
    help="How to read tables: a kept mapping's id, or a mapping file, which is kept first.",
)  # fmt: skip


def loaded(path: Path) -> Mapping:
    """Read a mapping file; raises ``InputError`` naming what is wrong with it."""
    from esclusa.formats.tabular.mapping import MAPPING_BYTES, load_mapping

    with _stream(path) as file:
        return load_mapping(file.read(MAPPING_BYTES + 1), file=path.name)


def _stream(path: Path) -> BinaryIO:
    from esclusa.errors import InputError

    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", file=path.name) from None


def kept(node: Node, chosen: str) -> str:
    """Return the id of the mapping that ``--mapping`` names; a file is kept in the node first."""
    path = Path(chosen)
    if not chosen or not os.path.isfile(path):  # noqa: PTH113 – Path.is_file raises on odd names
        return chosen
    view = _add(node, path)
    click.echo(f"mapping {view.id}, version {view.version}", err=True)
    return view.id


def _add(node: Node, path: Path) -> MappingView:
    with _stream(path) as stream:
        return node.add_mapping(node.operator(), path.name, stream)


@click.group()
def mapping() -> None:
    """Mappings of tables: propose, check, add, list, show."""


@mapping.command("propose")
@click.argument("table", type=_FILE)
@click.option(
    "--target",
    type=click.Choice(["consignment", "examination", "list_entry", "ownership", "traveller"]),
    default=None,
    help="What a row speaks of [default: found out].",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write a new file.")
@answers
def propose(table: Path, target: str | None, out: Path | None) -> None:
    """Guess what a table's columns mean, as a mapping file to correct and keep.

    TABLE read with it gives what it gives without. Columns left out stand in comments.
    """
    from esclusa.errors import InputError
    from esclusa.formats import open_file
    from esclusa.formats import propose as guess
    from esclusa.formats.tabular.writing import proposal_toml

    with open_file(table) as stream:
        found = guess(stream, table.name, target=target or "")
    if found.mapping is None:
        names = ", ".join(found.unmapped[:20])
        raise InputError(f"{found.reason}; not recognised: {names or 'all'}", file=table.name)
    text = proposal_toml(found, table.name)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", file=out.name) from None
    click.echo(f"{out}: {len(found.columns)} columns, {len(found.unmapped)} left out", err=True)


@mapping.command("check")
@click.argument("file", type=_FILE)
@click.argument("table", type=_FILE, required=False)
@answers
def check(file: Path, table: Path | None) -> None:
    """Check a mapping file, and try it on a table; nothing is stored."""
    from esclusa.formats import read_file

    found = loaded(file)
    if table is None:
        click.echo(f"{found.id}: {found.target}, {len(found.columns)} columns; it can be used")
        return
    counts, codes, reasons = _tried(read_file(table, mapping=found))
    if output.for_people():
        said = ", ".join(f"{count} {name}" for name, count in counts.items())
        rows = [(count, code, reasons[code]) for code, count in codes.most_common()]
        output.table(f"{found.id} on {table.name}: {said}", ("defects>", "code", "first"), rows)
    else:
        output.lines([{"mapping": found.id, "table": table.name, **counts, "codes": dict(codes)}])
    if counts["refused"] or not counts["statements"]:
        raise SystemExit(output.EXIT_PARTLY)


def _tried(
    items: Iterable[Message | Defect],
) -> tuple[dict[str, int], Counter[str], dict[str, str]]:
    """Count what a table gives; return the counts, the defects by code, the first of each code."""
    from esclusa.model import Message

    counts = dict.fromkeys(("messages", "statements", "refused", "defects"), 0)
    codes: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    for item in items:
        found = item.defects if isinstance(item, Message) else (item,)
        if isinstance(item, Message):
            counts["messages"] += 1
            counts["statements"] += len(item.statements)
            counts["refused"] += item.refused
        counts["defects"] += len(found)
        for defect in found:
            codes[defect.code] += 1
            reasons.setdefault(defect.code, defect.reason)
    return counts, codes, reasons


@mapping.command("add")
@node_option
@click.argument("file", type=_FILE)
@answers
def add(folder: Path | None, file: Path) -> None:
    """Keep a mapping file in the node; a new text under a known id is its new version."""
    with opened(folder) as node:
        view = _add(node, file)
    click.echo(f"{view.id}: version {view.version}, {view.target}, {view.columns} columns")


@mapping.command("list")
@node_option
@answers
def list_(folder: Path | None) -> None:
    """List the kept mappings."""
    with opened(folder) as node:
        found = node.mappings(node.operator())
    output.show(
        found, "Mappings", ("id", "about", "columns>", "version>", "added (UTC)", "by", "title"),
        lambda row: (row.id, row.target, row.columns, row.version, row.added[:19], row.added_by,
                     row.title),
    )  # fmt: skip


@mapping.command("show")
@node_option
@click.argument("mapping_id")
@click.option("--digest", default="", help="An earlier version: the beginning of its digest.")
@answers
def show(folder: Path | None, mapping_id: str, digest: str) -> None:
    """Print a kept mapping as it was added, ready to be corrected and added anew."""
    with opened(folder) as node:
        found = node.mapping(node.operator(), mapping_id, digest=digest)
    click.echo(found.text, nl=not found.text.endswith("\n"))
