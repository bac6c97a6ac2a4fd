"""Commands about reports on casework: a month, a year, what is behind a figure, what was kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import acting, answers, as_option, node_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from esclusa.node import Node
    from esclusa.sharing.reader import Reader
    from esclusa.sharing.report_views import CaseworkReport

_FORMATS = ("table", "page", "pdf", "docx", "csv", "json")
_language = click.option(
    "--language", type=click.Choice(["en", "es"]), default=None, help="Language of the words."
)
_out = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
    help="File to write [default: standard output].",
)  # fmt: skip


@click.group()
def report() -> None:
    """Reports on casework: month, year, behind, kept, board.

    A report counts only what its reader may see, and says under which clearance it was made.
    """


def _options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a report."""
    for option in reversed((
        node_option, as_option,
        click.option("--format", "form", type=click.Choice(_FORMATS), default=None,
                     help="[default: a table on a terminal, JSON into a pipe]"),
        _out, _language,
        click.option("--hide-small", is_flag=True,
                     help="Leave out figures from 1 to 4, and what would give them away."),
        click.option("--keep", is_flag=True, help="Also freeze it with its digest, as a record."),
    )):  # fmt: skip
        function = option(function)
    return function


@report.command()
@_options
@click.argument("month")
@answers
def month(
    folder: Path | None, who: str, form: str | None, out: Path | None, language: str | None,
    hide_small: bool, keep: bool, month: str,
) -> None:  # fmt: skip
    """Report on a month, such as 2026-11, beside the month before and that of the year before."""
    _report(folder, who, month, form, out, language, hide_small, keep)


@report.command()
@_options
@click.argument("year")
@answers
def year(
    folder: Path | None, who: str, form: str | None, out: Path | None, language: str | None,
    hide_small: bool, keep: bool, year: str,
) -> None:  # fmt: skip
    """Report on a year, such as 2026, beside the year before."""
    _report(folder, who, year, form, out, language, hide_small, keep)


def _report(
    folder: Path | None, who: str, period: str, form: str | None, out: Path | None,
    language: str | None, hide_small: bool, keep: bool,
) -> None:  # fmt: skip
    with acting(folder, who) as (node, reader):
        kept = node.casework_reports.keep(reader, period) if keep else None
        view = node.casework_reports.report(reader, period, hide_small=hide_small)
        chosen = form or ("table" if output.for_people() else "json")
        _tell(view, chosen, out, output.language(language), node)
    if kept is not None:
        click.echo(f"kept, SHA-256 {kept.row.digest}", err=True)


def _tell(view: CaseworkReport, form: str, out: Path | None, language: str, node: Node) -> None:
    from esclusa.node.reporting import tables
    from esclusa.node.reporting.written import FORMATS

    if form == "table":
        for line in tables.about(view, language):
            click.echo(line)
        for one in tables.tables(view, language):
            output.table(one.title, one.heads, one.rows)
    elif form == "json":
        output.lines([view])
    elif form == "page":
        from esclusa.web.report_page import page

        _write(page(view, language).encode(), out)
    else:
        _write(FORMATS[form](view, language), out)


def _write(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    with output.whole_file(out) as sink:
        sink.write(data)


@report.command()
@node_option
@as_option
@click.option("--part", default="", help="One part of the figure only.")
@click.option("--of", default="", metavar="PERIOD",
              help="A period that the report compares [default: its own].")  # fmt: skip
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 200))
@click.option("--offset", default=0, show_default=True, type=click.IntRange(0))
@_language
@click.argument("period")
@click.argument("figure")
@answers
def behind(
    folder: Path | None, who: str, part: str, of: str, limit: int, offset: int,
    language: str | None, period: str, figure: str,
) -> None:  # fmt: skip
    """List the records that a figure counts, such as: behind 2026-11 alerts_decided."""
    with acting(folder, who) as (node, reader):
        view = node.casework_reports.behind(
            reader, period, figure, part=part, of=of, limit=limit, offset=offset
        )
    spanish = output.language(language) == "es"
    title = view.title_es if spanish else view.title_en
    output.show(
        view.rows, f"{title}, {view.period}: {view.number} in all",
        ("when", "part", "counts>", "title", "id"),
        lambda row: (row.at, row.part_es if spanish else row.part_en, row.value, row.title, row.id),
    )  # fmt: skip


@report.command()
@node_option
@as_option
@_language
@click.argument("digest", default="")
@answers
def kept(folder: Path | None, who: str, language: str | None, digest: str) -> None:
    """List the reports that were kept, or show one beside the figures of now.

    DIGEST is its SHA-256, or the first 12 digits of it.
    """
    with acting(folder, who) as (node, reader):
        if digest:
            _one_kept(node, reader, digest, output.language(language))
            return
        found = node.casework_reports.kept_reports(reader)
    output.show(
        found, "Kept reports", ("period", "kept", "by", "level>", "SHA-256"),
        lambda row: (row.period, row.at, row.by, row.level, row.digest),
    )  # fmt: skip


def _one_kept(node: Node, reader: Reader, digest: str, language: str) -> None:
    from esclusa.node.reporting.tables import kept_table

    view = node.casework_reports.kept(reader, digest)
    if not output.for_people():
        output.lines([view])
        return
    table = kept_table(view, language)
    output.table(table.title, table.heads, table.rows)
    click.echo(f"{view.row.at} {view.row.by}, {view.rests_on}")
    click.echo(f"SHA-256 {view.row.digest}: {'as sealed' if view.intact else 'NOT as sealed'}")
    click.echo(f"{view.row.changed} figures are others now")


@report.command()
@node_option
@as_option
@answers
def board(folder: Path | None, who: str) -> None:
    """Show the supervisor's board: what waits, who works on what."""
    with acting(folder, who) as (node, reader):
        view = node.board.board(reader)
    if not output.for_people():
        output.lines([view])
        return
    output.table(
        "Work that waits", ("queue", "waiting>", "late>", "oldest since"),
        [(one.queue, one.count, one.late, one.oldest[:16]) for one in view.queues],
    )  # fmt: skip
    output.table(
        "Who works on what", ("person", "claimed>", "cases>", "verdicts in 14 days>"),
        [(one.name, one.claimed, one.leads, one.decided) for one in view.officers],
    )  # fmt: skip
    output.table(
        "Rules and lists to look after", ("", "name", "why", "day"),
        [(one.kind, one.name, one.why, one.since) for one in view.due],
    )  # fmt: skip
