"""Screening names against list files, without a node: nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import polars as pl

from esclusa.analysis.screening import Index, Screener, make_query, screen_batch, sentences
from esclusa.errors import InputError
from esclusa.formats import open_stream, table_of
from esclusa.formats.files import HEAD, OpenedFile
from esclusa.formats.tabular.mapping import Mapping
from esclusa.model import Defect, ListEntry
from esclusa.node.lists import open_list
from esclusa.sharing.views import ScreenHit

COLUMNS = (
    "query_id", "name", "type", "birth_date", "nationality", "identifiers", "birth_place", "address"
)  # fmt: skip


def read_queries(path: Path) -> pl.DataFrame:
    """Read a CSV with the column ``name`` and any other of ``COLUMNS``; identifiers are separated
    by semicolons. Without ``query_id`` the line's number stands for it.

    :raises InputError: when it is no CSV or has no column ``name``.
    """
    try:
        table = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    except (pl.exceptions.PolarsError, OSError) as error:
        # The error's own words quote the line, and that is a name.
        reason = "not a table of names: it cannot be read as CSV in UTF-8 with one heading line"
        raise InputError(reason, file=path.name, offset=0) from error
    if "name" not in table.columns:
        reason = f"column name is missing among the {table.width} of the first line"
        raise InputError(reason, file=path.name, offset=0)
    if "query_id" not in table.columns:
        table = table.with_columns(pl.int_range(2, pl.len() + 2).cast(pl.String).alias("query_id"))
    if "identifiers" in table.columns:
        table = table.with_columns(pl.col("identifiers").str.split(";"))
    return table.select(column for column in COLUMNS if column in table.columns)


class Lists(msgspec.Struct, frozen=True):
    """What list files hold, and what was wrong in them."""

    entries: list[ListEntry]
    defects: list[Defect]

    def screener(self, threshold: float | None = None) -> Screener:
        """Return a screener over the entries; ``threshold`` None is the calibrated one."""
        return Screener(Index.build(self.entries), threshold=threshold)


def read_lists(paths: Sequence[Path], mapping: Mapping | None = None) -> Lists:
    """Read list files; files of OFAC's one list are joined, any other is a list of its own.

    :param mapping: what the columns mean in those files that are tables.
    :raises InputError: when a file is not a list or holds no entry.
    """
    found = Lists([], [])
    for group in _groups(paths):
        opened = [(path.open("rb"), path.name) for path in group]
        try:
            streams = [(open_stream(raw, name), name) for raw, name in opened]
            before = len(found.entries)
            _collect(found, streams, group[0].stem.lower(), mapping)
        finally:
            for raw, _name in opened:
                raw.close()
        if len(found.entries) == before:
            raise InputError("no list entry was found", file=group[0].name)
    return found


def _collect(
    found: Lists, streams: Sequence[tuple[OpenedFile, str]], list_id: str, mapping: Mapping | None
) -> None:
    stream, name = streams[0]
    is_table = len(streams) == 1 and table_of(stream.peek(HEAD)[:HEAD], name) is not None
    for item in open_list(streams, list_id, mapping if is_table else None)[1]:
        if isinstance(item, Defect):
            found.defects.append(item)
            continue
        found.defects.extend(item.defects)
        found.entries.extend(entry for entry in item.statements if isinstance(entry, ListEntry))


def _groups(paths: Sequence[Path]) -> list[list[Path]]:
    ofac = [path for path in paths if "ofac" in path.name.lower() or path.stem.lower() in _OFAC]
    ofac = [path for path in ofac if path.name.lower().removesuffix(".gz").endswith(".csv")]
    rest = [[path] for path in paths if path not in ofac]
    return ([ofac] if ofac else []) + rest


_OFAC = ("sdn", "alt", "add")


def screen_table(
    queries: pl.DataFrame, lists: Lists, *, threshold: float | None = None, workers: int = 1
) -> pl.DataFrame:
    """Return one row per hit with its reasons as text; a query without a row has no hit, which
    says nothing about its subject."""
    index = Index.build(lists.entries)
    return as_text(screen_batch(queries, index, threshold=threshold, workers=workers))


def as_text(hits: pl.DataFrame) -> pl.DataFrame:
    """Return a table of hits with its lists joined, as a CSV holds them."""
    joined = [name for name, kind in hits.schema.items() if isinstance(kind, pl.List)]
    return hits.with_columns(pl.col(name).list.join(" | ") for name in joined)


def screen_name(
    screener: Screener, name: str, kind: str, birth_date: str, nationality: str,
    identifiers: Sequence[str], birth_place: str = "", address: str = "",
) -> tuple[ScreenHit, ...]:  # fmt: skip
    """Return the hits of one party, best first; arguments as ``make_query`` takes them."""
    query = make_query(name, kind, birth_date, nationality, identifiers, birth_place, address)
    return tuple(
        ScreenHit(
            record_id="", list_id=hit.list_id, uid=hit.uid, entry_name=hit.entry_name,
            matched_name=hit.matched_name, score=hit.score, detail=tuple(sentences(hit, "en")),
            detail_es=tuple(sentences(hit, "es")),
        )
        for hit in screener.query(query)
    )  # fmt: skip
