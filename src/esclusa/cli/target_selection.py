"""Commands about selection: commit, draw, change, reveal, check, and the report on it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, node_option, opened

if TYPE_CHECKING:
    from esclusa.node.report_tables import Table
    from esclusa.sharing.selection_views import SelectionView

_name = click.argument("selection")
_format = click.option(
    "--format", "form", type=click.Choice(["table", "csv", "pdf", "json"]), default=None,
    help="[default: a table on a terminal, JSON into a pipe]",
)  # fmt: skip
_out = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
    help="File to write [default: standard output].",
)  # fmt: skip
_language = click.option(
    "--language", type=click.Choice(["en", "es"]), default=None, help="Language of the words."
)


@click.group()
def select() -> None:
    """Selection of a port, day and shift: commit, draw, swap, show, list.

    SELECTION is port, day and shift with a slash between, such as PAMIT/2026-11-27/A.
    """


@select.command("commit")
@node_option
@click.option("--capacity", required=True, type=click.IntRange(1), help="Slots for exams.")
@click.option("--level", type=click.IntRange(0, 4), default=None,
              help="Marking of the sheet, 0 to 4 [default: that of what comes in].")  # fmt: skip
@_name
@answers
def commit(folder: Path | None, capacity: int, level: int | None, selection: str) -> None:
    """Publish the commitment to a secret seed, before the list is fixed."""
    port, _, rest = selection.strip().upper().partition("/")
    day, _, shift = rest.partition("/")
    with opened(folder) as node:
        view = node.selection_desk.commit(
            node.operator(), port=port, day=day, shift=shift, capacity=capacity, level=level
        )
    _told(view)


@select.command("draw")
@node_option
@click.option("--until", default="", metavar="DAY", help="Last day of arrival [default: the day].")
@_name
@answers
def draw(folder: Path | None, until: str, selection: str) -> None:
    """Fix the list of candidates and draw."""
    with opened(folder) as node:
        view = node.selection_desk.draw(node.operator(), selection, until=until)
    _told(view)


@select.command("swap")
@node_option
@click.option("--out", default="", metavar="RECORD", help="What is not to be opened.")
@click.option("--take", "taken", default="", metavar="RECORD", help="What is to be instead.")
@click.option("--reason", required=True, help="Why, in your own words.")
@_name
@answers
def swap(folder: Path | None, out: str, taken: str, reason: str, selection: str) -> None:
    """Take a candidate off the proposal, another on it, or both."""
    with opened(folder) as node:
        view = node.selection_desk.swap(
            node.operator(), selection, out=out, taken=taken, reason=reason
        )
    _told(view)


@select.command("list")
@node_option
@click.option("--port", default="", help="Of one port only.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@answers
def list_(folder: Path | None, port: str, limit: int) -> None:
    """List selections, the newest day first."""
    with opened(folder) as node:
        found = node.selection_desk.selections(node.operator(), port=port, limit=limit)
    output.show(
        found, "Selections",
        ("selection", "state", "slots>", "candidates>", "proposed>", "too many>"),
        lambda row: (row.name, row.state, row.capacity, row.candidates, row.proposed, row.over),
    )  # fmt: skip


@select.command("show")
@node_option
@_format
@_out
@_language
@_name
@answers
def show(
    folder: Path | None, form: str | None, out: Path | None, language: str | None, selection: str
) -> None:
    """Show a sheet: what is proposed for opening."""
    from esclusa.node.report_pdf import sheet_pdf
    from esclusa.node.report_tables import sheet_csv, sheet_table

    with opened(folder) as node:
        view = node.selection_desk.show(node.operator(), selection)
    spoken = output.language(language)
    if form in ("csv", "pdf"):
        _write(sheet_csv(view, spoken) if form == "csv" else sheet_pdf(view, spoken), out)
    elif _as_table(form):
        _told(view)
        _tables((sheet_table(view, spoken),), spoken)
    else:
        output.lines([view])


@click.command()
@node_option
@click.option("--proof", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="Also write to a file what others need to check the draw.")  # fmt: skip
@_name
@answers
def reveal(folder: Path | None, proof: Path | None, selection: str) -> None:
    """Reveal the seed of a draw, so that anyone can check it."""
    import msgspec

    with opened(folder) as node:
        reader = node.operator()
        view = node.selection_desk.show(reader, selection, trade=False)
        if view.state != "revealed":
            view = node.selection_desk.reveal(reader, selection)
        if proof is not None:
            _write(msgspec.json.encode(node.selection_desk.proof(reader, view.name)), proof)
    _told(view)


@click.command()
@node_option
@click.option("--proof", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
              help="A file that reveal wrote; needs no node.")  # fmt: skip
@click.option("--commitment", default="",
              help="The commitment as it was published [default: the proof's].")  # fmt: skip
@click.argument("selection", default="")
@answers
def verify(folder: Path | None, proof: Path | None, commitment: str, selection: str) -> None:
    """Make a draw again and say whether it is what it claims to be."""
    import msgspec

    from esclusa.errors import InputError
    from esclusa.node.selecting import check
    from esclusa.sharing.selection_views import ProofView

    if (proof is None) == (not selection):
        raise InputError("give a selection, or a proof")
    if proof is not None:
        try:
            told = msgspec.json.decode(proof.read_bytes(), type=ProofView)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise InputError(f"is no proof: {error}", file=proof.name) from None
    else:
        with opened(folder) as node:
            told = node.selection_desk.proof(node.operator(), selection)
    found = check(msgspec.structs.replace(told, commitment=commitment or told.commitment))
    if output.for_people():
        for fault in found.faults:
            click.echo(fault)
        click.echo(f"{found.port} {found.day} {found.shift}: "
                   f"{'not what it says' if found.faults else 'as it says'}")  # fmt: skip
    else:
        output.lines([found])
    if found.faults:
        raise SystemExit(output.EXIT_PARTLY)


@click.command()
@node_option
@click.option("--since", default="", metavar="DAY", help="[default: twelve weeks]")
@click.option("--until", default="", metavar="DAY", help="[default: today]")
@click.option("--port", default="", help="Of one port only.")
@_format
@_out
@_language
@answers
def report(
    folder: Path | None, since: str, until: str, port: str, form: str | None, out: Path | None,
    language: str | None,
) -> None:  # fmt: skip
    """Report what selection found, what it missed, and on whom it fell."""
    from esclusa.node.report_pdf import report_pdf
    from esclusa.node.report_tables import marking_of, report_csv, report_tables

    with opened(folder) as node:
        view = node.report_desk.report(node.operator(), since=since, until=until, port=port)
    spoken = output.language(language)
    if form in ("csv", "pdf"):
        _write(report_csv(view, spoken) if form == "csv" else report_pdf(view, spoken), out)
    elif _as_table(form):
        click.echo(f"{view.since} – {view.until}. {marking_of(view, spoken)}")
        _tables(report_tables(view, spoken), spoken)
    else:
        output.lines([view])


def _as_table(form: str | None) -> bool:
    return form == "table" or (form is None and output.for_people())


def _write(content: str | bytes, out: Path | None) -> None:
    data = content.encode() if isinstance(content, str) else content
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    with output.whole_file(out) as sink:
        sink.write(data)


def _tables(tables: tuple[Table, ...], language: str) -> None:
    from esclusa.node.report_tables import written

    for table in tables:
        pairs = (zip(table.columns, row, strict=True) for row in table.rows)
        rows = [[written(column, cell, language) for column, cell in row] for row in pairs]
        output.table(table.title, table.heads, rows)
        if table.note:
            click.echo(table.note)


def _told(view: SelectionView) -> None:
    if not output.for_people():
        output.lines([view])
        return
    click.echo(f"{view.name}: {view.state}, {view.capacity} slots, commitment {view.commitment}")
    if view.rows:
        proposed = sum(row.now for row in view.rows)
        click.echo(f"{len(view.rows)} candidates, {proposed} proposed; a person decides")
    if view.over:
        click.echo(f"mandatory work exceeds the slots by {view.over}; nothing was left out")
    if view.state == "revealed":
        click.echo(f"seed {view.steps[-1].seed or next(s.seed for s in view.steps if s.seed)}")
