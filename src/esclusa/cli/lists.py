"""Commands about watchlists: what is in force, new editions, what they change, what is held."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from esclusa.cli import output
from esclusa.cli.mappings import kept, mapping_option
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from esclusa.model import Marking
    from esclusa.node import Node
    from esclusa.node.list_loading import Loaded
    from esclusa.sharing.list_views import EditionView, ListReport

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_files = click.argument("files", nargs=-1, required=True, type=_FILE)
_list = click.argument("list_id")
_key = click.option(
    "--marking-key", "key", default="",
    help="Which of several lists of this id, as `esclusa lists show` prints it.",
)  # fmt: skip
_source = click.option("--source", default="", help="Where the list came from: office or address.")
_ASKED = {
    "shrinks": "more entries would go than the settings allow",
    "broken": "entries of the file are broken, and entries in force would go",
    "changes": "more entries would change than the settings allow",
}


@click.group()
def lists() -> None:
    """Watchlists: show, add, diff, update, report, history, use, confirm, discard, compare."""


@lists.command("show")
@node_option
@answers
def show(folder: Path | None) -> None:
    """Show the lists in force."""
    with opened(folder) as node:
        found = node.lists(node.operator())
    output.show(
        found,
        "Lists in force",
        ("id", "title", "edition", "of (by the file)", "entries>", "level>", "loaded (UTC)",
         "held", "source", "key"),
        lambda row: (row.id, row.title, row.edition, row.prepared[:10], row.entries, row.level,
                     row.loaded[:19], "yes" if row.held else "", row.source, row.key),
    )  # fmt: skip


@lists.command("add")
@node_option
@_list
@_files
@click.option("--title", default="", help="The list's name for people.")
@_source
@click.option("--level", type=click.IntRange(0, 4), default=None,
              help="Level of the list [default: a published list, open to everyone].")  # fmt: skip
@click.option("--for", "agencies", multiple=True, metavar="AGENCY",
              help="Partner that may know of it; repeat.")  # fmt: skip
@click.option("--caveat", "caveats", multiple=True, help="Word its readers must hold; repeat.")
@mapping_option
@answers
def add(
    folder: Path | None, list_id: str, files: tuple[Path, ...], title: str, source: str,
    level: int | None, agencies: tuple[str, ...], caveats: tuple[str, ...], mapping: str,
) -> None:  # fmt: skip
    """Bring a list into force under LIST_ID; companion files follow the list itself.

    With --level, --for or --caveat the list is this agency's own and known to nobody else but those
    named.
    """
    with opened(folder) as node, _streams(files) as streams:
        done = node.list_desk.add(
            node.operator(), list_id, title, streams, source=source,
            marking=_marking(node, level, agencies, caveats), mapping=kept(node, mapping),
        )  # fmt: skip
        _say(node, list_id, done, files)


def _marking(
    node: Node, level: int | None, agencies: tuple[str, ...], caveats: tuple[str, ...]
) -> Marking | None:
    import msgspec

    from esclusa.model import Level

    if level is None and not agencies and not caveats:
        return None
    own = node.marking_for(node.operator(), agencies)
    chosen = own.level if level is None else Level(level)
    return msgspec.structs.replace(own, level=chosen, caveats=frozenset(caveats))


@lists.command("update")
@node_option
@_list
@_files
@_source
@_key
@mapping_option
@answers
def update(
    folder: Path | None, list_id: str, files: tuple[Path, ...], source: str, key: str, mapping: str
) -> None:
    """Bring a new edition of a list into force; the old one stays if the new cannot be read.

    An edition that drops or changes more than the settings allow is held: see `lists report`.
    """
    with opened(folder) as node, _streams(files) as streams:
        done = node.list_desk.update(
            node.operator(), list_id, streams, key=key, mapping=kept(node, mapping), source=source
        )
        _say(node, list_id, done, files)


def _say(node: Node, list_id: str, done: Loaded, files: tuple[Path, ...] = ()) -> None:
    if done.mapping and files:
        click.echo(f"{files[0].name}: read with mapping {done.mapping}", err=True)
    click.echo(
        f"{list_id} edition {done.edition}: {done.entries} entries, {done.added} added, "
        f"{done.changed} changed, {done.removed} removed, {len(done.defects)} defects"
    )
    if done.held:
        click.echo(
            f"{list_id} is held and the edition in force stays: {_ASKED[done.held]}. "
            f"Look at `esclusa lists report {list_id}`, then confirm or discard it.",
            err=True,
        )
        raise SystemExit(output.EXIT_PARTLY)
    click.echo(_compared(node, list_id, done.key))


def _compared(node: Node, list_id: str, key: str) -> str:
    shown = node.list_desk.show(node.operator(), list_id, key=key)
    said = (_retro(edition) for edition in shown.editions if edition.state == "in_force")
    return next(said, "") or "nothing to compare"


def _retro(edition: EditionView) -> str:
    """Return what comparing kept records gave, "" when nothing had to be compared."""
    found = edition.retro
    if not found.state:
        return ""
    ended = f" (finished {found.finished[:19]} UTC)" if found.finished else " (still running)"
    return (
        f"{found.compared} records in retention compared with {edition.added + edition.changed} "
        f"new or changed entries: {found.changed} alerts new or changed, {found.ended} ended{ended}"
    )


@lists.command("diff")
@node_option
@_list
@_files
@_key
@mapping_option
@answers
def diff(
    folder: Path | None, list_id: str, files: tuple[Path, ...], key: str, mapping: str
) -> None:
    """Say what FILES would change in a list; nothing of them is kept."""
    with opened(folder) as node, _streams(files) as streams:
        found = node.list_desk.diff(
            node.operator(), list_id, streams, key=key, mapping=kept(node, mapping)
        )
    _report(found)


@lists.command("report")
@node_option
@_list
@click.argument("edition", type=click.IntRange(min=0), default=0)
@click.option("--what", type=click.Choice(["added", "changed", "removed"]), default=None)
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@_key
@answers
def report(
    folder: Path | None, list_id: str, edition: int, what: str | None, page: int, key: str
) -> None:
    """Say what an EDITION (its number) changed, or would change while it is held.

    Without a number the newest one that was not discarded.
    """
    with opened(folder) as node:
        found = node.list_desk.report(
            node.operator(), list_id, edition, key=key, what=what or "", page=page
        )
    _report(found)


def _report(found: ListReport) -> None:
    pages = f", page {found.page} of {found.pages}" if found.pages > 1 else ""
    output.show(
        found.rows,
        f"{found.title}: {found.entries} entries, {found.added} added, {found.changed} changed, "
        f"{found.removed} removed{pages}",
        ("what", "entry", "name", "fields"),
        lambda row: (row.what, row.uid, row.name, ", ".join(row.fields)),
    )
    if found.why:
        click.echo(f"{found.id}: a person is asked: {_ASKED[found.why]}", err=True)


@lists.command("history")
@node_option
@_list
@_key
@answers
def history(folder: Path | None, list_id: str, key: str) -> None:
    """Show every edition of a list, newest first."""
    with opened(folder) as node:
        found = node.list_desk.show(node.operator(), list_id, key=key)
    output.show(
        found.editions,
        found.title,
        ("no.>", "edition", "state", "entries>", "added>", "changed>", "removed>", "loaded (UTC)",
         "by", "decided by", "source"),
        lambda row: (row.number, row.edition, row.state, row.entries, row.added, row.changed,
                     row.removed, row.loaded[:19], row.loaded_by, row.decided_by, row.source),
    )  # fmt: skip
    for edition in found.editions[:1]:
        if said := _retro(edition):
            click.echo(said, err=True)


@lists.command("use")
@node_option
@_list
@_key
@answers
def use(folder: Path | None, list_id: str, key: str) -> None:
    """What came of a list: answers to matches, examinations, finds; here and at partners."""
    with opened(folder) as node:
        found = node.list_uses.use(node.operator(), list_id, key=key)
    output.show(
        (found.here, *found.partners),
        found.title + (f", given by {found.given_by}" if found.given_by else ""),
        ("where", "matches>", "the same>", "not the same>", "cannot tell>", "examined>", "found>",
         "seized>"),
        lambda row: (
            f"told to {row.partner}" if row.partner and found.given_by else row.partner or "here",
            row.matches, row.the_same, row.not_the_same, row.cannot_tell, row.examined, row.found,
            row.seized,
        ),
    )  # fmt: skip
    if found.more:
        click.echo("More alerts rest on this list; the newest were counted.", err=True)


@lists.command("confirm")
@node_option
@_list
@click.option("--reason", required=True, help="Why, in your own words.")
@_key
@answers
def confirm(folder: Path | None, list_id: str, reason: str, key: str) -> None:
    """Bring the edition that is held into force."""
    with opened(folder) as node:
        done = node.list_desk.confirm(node.operator(), list_id, reason=reason, key=key)
        _say(node, list_id, done)


@lists.command("discard")
@node_option
@_list
@click.option("--reason", default="", help="Why, in your own words.")
@_key
@answers
def discard(folder: Path | None, list_id: str, reason: str, key: str) -> None:
    """Let the edition that is held go; the one in force stays."""
    with opened(folder) as node:
        node.list_desk.discard(node.operator(), list_id, reason=reason, key=key)
    click.echo(f"{list_id}: the held edition was discarded")


@lists.command("compare")
@node_option
@answers
def compare(folder: Path | None) -> None:
    """Finish comparing kept records with lists in force, where that was interrupted."""
    with opened(folder) as node:
        node.list_desk.compare_waiting()
        found = node.lists(node.operator())
        for item in found:
            click.echo(f"{item.id}: {_compared(node, item.id, item.key)}")


@contextmanager
def _streams(files: tuple[Path, ...]) -> Iterator[list[tuple[str, BinaryIO]]]:
    from esclusa.errors import InputError

    with ExitStack() as stack:
        try:
            found: list[tuple[str, BinaryIO]] = [
                (path.name, stack.enter_context(path.open("rb"))) for path in files
            ]
        except OSError as error:
            raise InputError(f"cannot be opened: {error.strerror}", file=files[0].name) from None
        yield found
