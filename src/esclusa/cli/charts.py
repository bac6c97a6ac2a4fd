"""Commands about an entity's chart, facts, timeline and places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import acting, answers, as_option, language_option, node_option

if TYPE_CHECKING:
    from esclusa.sharing.chart_views import ChartView
    from esclusa.sharing.story_views import EntryView


@click.command("chart")
@node_option
@as_option
@language_option
@click.option("--depth", default=1, show_default=True, type=click.IntRange(1, 3),
              help="Links away from the entity.")  # fmt: skip
@click.option("--to", default="", metavar="ENTITY", help="Draw the ways to another entity.")
@click.option("--through", multiple=True, metavar="HUB",
              help="Open a hub, as nodes say in `opens`; more than once for more.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=None,
              help="A drawing (.svg) or the table of its lines (.csv).")  # fmt: skip
@click.argument("entity_id")
@answers
def chart(
    folder: Path | None, who: str, language: str | None, depth: int, to: str,
    through: tuple[str, ...], out: Path | None, entity_id: str,
) -> None:  # fmt: skip
    """Lay out the link chart of an entity; to a file, or as JSON."""
    if out is not None and out.suffix.lower() not in (".svg", ".csv"):
        raise click.UsageError(f"{out.name} ends in neither .svg nor .csv")
    with acting(folder, who) as (node, reader):
        view = node.charts.chart(
            reader, entity_id, depth=depth, to=to, through=through, exported=out is not None
        )
    if out is None:
        output.lines([view])
        return
    with output.whole_file(out) as sink:
        sink.write(_content(view, out, output.language(language)).encode())
    click.echo(f"{len(view.nodes)} nodes and {len(view.lines)} lines in {out.name}", err=True)


def _content(view: ChartView, out: Path, language: str) -> str:
    from esclusa.node.chart_drawing import file_svg
    from esclusa.node.chart_table import chart_csv

    write = file_svg if out.suffix.lower() == ".svg" else chart_csv
    return write(view, language)


@click.command("facts")
@node_option
@as_option
@click.argument("entity_id")
@answers
def facts(folder: Path | None, who: str, entity_id: str) -> None:
    """List what is stated of an entity, and what contradicts what."""
    with acting(folder, who) as (node, reader):
        view = node.stories.facts(reader, entity_id)
    if not output.for_people():
        output.lines([view])
        return
    output.table(
        f"{view.entity}, {view.looked} of {view.members} mentions looked at",
        ("part", "value", "contradicted", "records>", "first", "last", "latest source"),
        [
            (one.part, one.value, "yes" if one.differs else "", one.records, one.first[:16],
             one.last[:16], next((f"{s.title} ({s.originator})" for s in one.sources), ""))
            for one in view.facts
        ],
    )  # fmt: skip


@click.command("timeline")
@node_option
@as_option
@language_option
@click.option("--kind", "kinds", multiple=True, help="A kind of entry; more than once for more.")
@click.option("--since", default="", metavar="DAY", help="First day, as 2026-11-01.")
@click.option("--until", default="", metavar="DAY", help="Last day, included.")
@click.option("--cursor", default="", help="The `next_cursor` of the page before.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 200))
@click.argument("entity_id")
@answers
def timeline(
    folder: Path | None, who: str, language: str | None, kinds: tuple[str, ...], since: str,
    until: str, cursor: str, limit: int, entity_id: str,
) -> None:  # fmt: skip
    """List what happened with an entity, newest first."""
    from esclusa.sharing.story_views import TimelineFilter

    wanted = TimelineFilter(kinds=kinds, since=since, until=until, cursor=cursor, limit=limit)
    with acting(folder, who) as (node, reader):
        view = node.stories.timeline(reader, entity_id, wanted)
    if not output.for_people():
        output.lines([view])
        return
    spoken = output.language(language)
    cut = "; only the newest records were looked at" if view.cut else ""
    output.table(
        f"{view.title}, {len(view.rows)} of {view.count} entries{cut}",
        ("at", "what", "told in", "details", "who"),
        [(one.at[:16], one.kind, one.title, _words(one, spoken), one.by) for one in view.rows],
    )
    if view.next_cursor:
        click.echo(f"older: --cursor {view.next_cursor}")


@click.command("places")
@node_option
@as_option
@click.argument("entity_id")
@answers
def places(folder: Path | None, who: str, entity_id: str) -> None:
    """List the places that records give of an entity, in the order of their first dates."""
    with acting(folder, who) as (node, reader):
        view = node.maps.places(reader, entity_id)
    if not output.for_people():
        output.lines([view])
        return
    cut = "; only the newest were looked at" if view.cut else ""
    output.table(
        f"{view.title}, {len(view.rows)} places in {view.looked} records{cut}",
        ("no>", "code", "place", "latitude>", "longitude>", "first", "last", "records>", "what"),
        [
            (one.number, one.code, one.name, _coordinate(one.lat), _coordinate(one.lon),
             one.first[:16], one.last[:16], one.records,
             ", ".join(word.text for word in one.what))
            for one in view.rows
        ],
    )  # fmt: skip
    if view.track:
        output.table(
            "track, oldest stop first",
            ("place>", "code", "first", "last", "records>", "hours since>", "gap"),
            [
                (stop.place, view.rows[stop.place - 1].code, stop.first[:16], stop.last[:16],
                 stop.records, "" if stop.hours is None else stop.hours,
                 stop.gap or ("ahead" if stop.ahead else ""))
                for stop in view.track
            ],
        )  # fmt: skip


def _coordinate(value: float | None) -> str:
    return "not known" if value is None else f"{value:.4f}"


def _words(entry: EntryView, language: str) -> str:
    told = (word.es if language == "es" and word.es else word.text for word in entry.words)
    return ", ".join((*told, *(["taken back or does not count"] if entry.undone else [])))
