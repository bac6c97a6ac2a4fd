"""Screening from the command line: one name, a table, a stream."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from esclusa.cli import output
from esclusa.cli.output import answers, language_option, node_option, opened

if TYPE_CHECKING:
    import polars as pl

    from esclusa.analysis.screening import Screener
    from esclusa.node.screening_table import Lists
    from esclusa.sharing.views import ScreenHit

_FILE = click.Path(path_type=Path, exists=True)
_HITS = 50


@click.command()
@node_option
@language_option
@click.argument(
    "queries", required=False, type=click.Path(path_type=Path, exists=True, allow_dash=True)
)
@click.option("--name", default="", help="One name to screen.")
@click.option("--type", "kind", default="any", show_default=True,
              type=click.Choice(["any", "person", "organisation", "vessel", "address"]),
              help="What the name is.")  # fmt: skip
@click.option("--birth-date", default="", help="ISO 8601, possibly partial: 1971-05.")
@click.option("--nationality", default="", help="ISO 3166-1 code or a country's name.")
@click.option("--id", "identifiers", multiple=True, metavar="SCHEME:VALUE",
              help="A number of the party, such as imo:9074729; repeat.")  # fmt: skip
@click.option("--birth-place", default="", help="Town and country, with --name.")
@click.option(
    "--address",
    default="",
    help="An address: alone, whose it may be; with --name, the party's.",
)
@click.option("--list", "files", multiple=True, type=_FILE,
              help="A list file; repeat for more. OFAC's alt and add files join their list. "
                   "[default: the lists in force at the node]")  # fmt: skip
@click.option("--mapping", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="A mapping file for lists that are tables.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Where the hits of a table go (CSV).")  # fmt: skip
@click.option("--threshold", type=click.FloatRange(0, 100), default=None,
              help="Least score of a hit [default: the calibrated one].")  # fmt: skip
@click.option("--purpose", type=click.Choice(["cargo", "traveller", "name", "vessel"]),
              help="Take the threshold of a purpose, from its budget of false alarms.")  # fmt: skip
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Processes that share a table.")  # fmt: skip
@click.option("--cluster", default="", metavar="sc://HOST:PORT",
              help="A Spark Connect server that screens the table.")  # fmt: skip
@answers
def screen(
    folder: Path | None, language: str | None, queries: Path | None, name: str, kind: str,
    birth_date: str, nationality: str, identifiers: tuple[str, ...], birth_place: str,
    address: str, files: tuple[Path, ...], mapping: Path | None, out: Path | None,
    threshold: float | None, purpose: str | None, workers: int, cluster: str,
) -> None:  # fmt: skip
    """Screen one name, a table or a stream of names against lists.

    QUERIES is a CSV with the column name and, where known, query_id, type, birth_date, nationality,
    identifiers, birth_place, address (hits go to --out); or - for a stream of JSON lines with the
    same fields, each answered at once. A name without a hit has not been found harmless.
    """
    one = bool(name or address or identifiers)
    if one == bool(queries):
        reason = "give one name with --name, an --address or an --id; or a table, or - for a stream"
        raise click.UsageError(reason)
    if address and not (name or identifiers):
        name, kind, address = address, "address", ""
    if one and not files:
        with opened(folder) as node:
            hits = node.screen(
                node.operator(), name=name, type=kind, birth_date=birth_date,
                nationality=nationality, identifiers=identifiers, birth_place=birth_place,
                address=address, limit=_HITS,
            )  # fmt: skip
        _show(hits, output.language(language))
        return
    lists = _lists(files, mapping)
    if purpose:
        threshold = _threshold(purpose, threshold)
    if one:
        from esclusa.node.screening_table import screen_name

        asked = (name, kind, birth_date, nationality, identifiers, birth_place, address)
        _show(screen_name(lists.screener(threshold), *asked), output.language(language))
    elif str(queries) == "-":
        _stream(lists.screener(threshold))
    elif queries is not None:
        _table(queries, lists, out, threshold, workers, cluster)


def _threshold(purpose: str, threshold: float | None) -> float:
    from esclusa.analysis.screening import threshold_for

    if threshold is not None:
        raise click.UsageError("give --threshold or --purpose, not both")
    return threshold_for(purpose)


def _lists(files: tuple[Path, ...], mapping: Path | None) -> Lists:
    from esclusa.cli.mappings import loaded
    from esclusa.node.screening_table import read_lists

    if not files:
        raise click.UsageError("a table and a stream are screened against --list files")
    return read_lists(files, loaded(mapping) if mapping else None)


def _show(hits: tuple[ScreenHit, ...], spoken: str) -> None:
    output.show(
        hits, f"{len(hits)} possible matches, highest score first",
        ("score>", "name on the list", "list", "entry", "why"),
        lambda hit: (f"{hit.score:.1f}", hit.matched_name or hit.entry_name, hit.list_id, hit.uid,
                     "; ".join(hit.detail_es if spoken == "es" else hit.detail)),
    )  # fmt: skip
    if not hits and output.for_people():
        click.echo("No hit on these lists. That says nothing about the party.")


def _stream(screener: Screener) -> None:
    from esclusa.node.screening_stream import screen_lines

    wrong = 0
    for answer in screen_lines(screener, sys.stdin.buffer):
        output.lines([answer])
        sys.stdout.flush()
        wrong += bool(answer.error)
    if wrong:
        click.echo(f"{wrong} lines could not be used", err=True)
        raise SystemExit(output.EXIT_PARTLY)


def _table(
    queries: Path, lists: Lists, out: Path | None, threshold: float | None, workers: int,
    cluster: str,
) -> None:  # fmt: skip
    from esclusa.node.screening_table import read_queries, screen_table

    if out is None:
        raise click.UsageError("name the file for the hits with --out")
    asked = read_queries(queries)
    if cluster:
        hits = _on_cluster(asked, lists, threshold, cluster)
    else:
        hits = screen_table(asked, lists, threshold=threshold, workers=workers)
    with output.whole_file(out) as sink:
        hits.write_csv(sink)
    hit = hits["query_id"].n_unique()
    click.echo(
        f"{out}: {hits.height} hits for {hit} of {asked.height} names, "
        f"{len(lists.entries)} entries, {len(lists.defects)} defects in the lists"
    )


def _on_cluster(
    asked: pl.DataFrame, lists: Lists, threshold: float | None, address: str
) -> pl.DataFrame:
    from esclusa.node.cluster import screen_table_on_cluster

    return screen_table_on_cluster(address, asked, lists, threshold=threshold)
