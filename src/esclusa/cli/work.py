"""Commands of daily work: queue, show, explain, search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    from esclusa.model import Reason
    from esclusa.sharing.views import AlertView, QueueRow


@click.command()
@node_option
@language_option
@click.option(
    "--state",
    default="open",
    show_default=True,
    type=click.Choice(["open", "new", "claimed", "closed", "withdrawn", "all"]),
)
@click.option(
    "--sort", default="score", show_default=True, type=click.Choice(["score", "recent", "arrival"])
)
@click.option("--kind", default="", help="Only this kind of record, such as consignment.")
@click.option("--port", default="", help="Only this port (UN/LOCODE).")
@click.option("--minimum", default=0.0, help="Only scores of at least this.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@answers
def queue(folder: Path | None, language: str | None, state: str, sort: str, kind: str, port: str,
          minimum: float, limit: int) -> None:  # fmt: skip
    """Show the work queue.

    The score orders the queue; people decide. What is not listed has not been found harmless.
    """
    from esclusa.sharing.views import QueueFilter

    wanted = QueueFilter(
        state=state, sort=sort, kind=kind, port=port, minimum_score=minimum, limit=limit
    )
    spoken = output.language(language)
    with opened(folder) as node:
        page = node.queue(node.operator(), wanted)
    more = "more than " if page.more_than_count else ""
    output.show(
        page.rows,
        f"{len(page.rows)} of {more}{page.count} alerts, highest {sort} first",
        ("score>", "record", "port", "arrival (local)", "state", "reasons", "id"),
        lambda row: queue_cells(row, spoken),
    )


def queue_cells(row: QueueRow, spoken: str) -> tuple[object, ...]:
    why = "; ".join(_text(reason, spoken) for reason in row.reasons[:2])
    rest = len(row.reasons) - 2
    shown = f"{why} (+{rest})" if rest > 0 else why
    return (f"{row.score:.1f}", row.title, row.port, row.arrival, row.state, shown, row.subject_id)


def _text(reason: Reason, spoken: str) -> str:
    return reason.text_es if spoken == "es" else reason.text_en


@click.command()
@node_option
@click.argument("record_id")
@click.option("--version", type=int, default=None, help="An earlier version.")
@answers
def show(folder: Path | None, record_id: str, version: int | None) -> None:
    """Show a record: facts, source, marking, versions."""
    with opened(folder) as node:
        view = node.record(node.operator(), record_id, version=version)
    if not output.for_people():
        output.lines([view])
        return
    source = f"{view.source_name}, message {view.provenance.message or '-'}, "
    output.table(
        f"{view.kind} {view.title}",
        ("about", "value"),
        [
            ("id", view.id),
            ("version", f"{view.version} of {len(view.versions)}"),
            ("state", "withdrawn" if view.withdrawn else "erased" if view.erased else "in force"),
            ("originator", view.originator),
            ("marking", f"{view.marking.level.name}, releasable to "
             f"{', '.join(sorted(view.marking.releasable_to)) or 'the originator alone'}"),
            ("source", source + f"byte {view.provenance.offset}"),
            ("recorded", view.recorded),
        ],
    )  # fmt: skip
    output.table("\nFacts", ("field", "value"), [(f.path, f.value) for f in view.facts])
    if view.links:
        rows = [(k.relation, k.kind, k.title, k.record_id) for k in view.links]
        output.table("\nLinks", ("relation", "kind", "title", "id"), rows)
    if view.alert:
        _explain(view.alert, "en")


@click.command()
@node_option
@language_option
@click.argument("record_id")
@answers
def explain(folder: Path | None, language: str | None, record_id: str) -> None:
    """Show why a record is in the queue, reason by reason.

    The points add up to the score.
    """
    from esclusa.errors import NotFound

    with opened(folder) as node:
        view = node.record(node.operator(), record_id)
        alert = node.alert(node.operator(), record_id) if view.kind == "alert" else view.alert
    if alert is None:
        raise NotFound("no alert on this record; that does not make it harmless")
    if output.for_people():
        _explain(alert, output.language(language))
    else:
        output.lines([alert])


def _explain(view: AlertView, spoken: str) -> None:
    rows = []
    for reason in view.alert.reasons:
        rests = "; ".join(f"{item.path} = {item.value}" for item in reason.evidence)
        code = f"{reason.code} ({reason.version})"
        rows.append((f"{reason.points:.1f}", _text(reason, spoken), rests, code))
    rows.append((f"{view.alert.score:.1f}", "sum", "", ""))
    output.table(
        f"\nWhy {view.alert.title} is in the queue ({view.state})",
        ("points>", "reason", "rests on", "rule or entry (version)"),
        rows,
    )


@click.command()
@node_option
@click.argument("words", nargs=-1, required=True)
@click.option("--kind", default="", help="Only this kind of record.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@answers
def search(folder: Path | None, words: tuple[str, ...], kind: str, limit: int) -> None:
    """Find records that hold all the words.

    The last word may be a beginning.
    """
    with opened(folder) as node:
        page = node.search(node.operator(), " ".join(words), kind=kind, limit=limit)
    output.show(
        page.rows,
        f"{len(page.rows)}{' or more' if page.more else ''} records, newest first",
        ("kind", "title", "recorded (UTC)", "id"),
        lambda row: (row.kind, row.title, row.recorded[:19], row.record_id),
    )
