"""Screening a table of names against list files, without a node: nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from esclusa.analysis.screening import Index, screen
from esclusa.errors import InputError
from esclusa.formats import open_stream
from esclusa.formats.files import OpenedFile
from esclusa.model import Defect, ListEntry
from esclusa.node.lists import open_list

COLUMNS = ("query_id", "name", "type", "birth_date", "nationality", "identifiers")


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


def read_entries(paths: Sequence[Path]) -> tuple[list[ListEntry], list[Defect]]:
    """Read list files; files of OFAC's one list are joined, any other is a list of its own.

    :raises InputError: when a file is not a list or holds no entry.
    """
    entries: list[ListEntry] = []
    defects: list[Defect] = []
    for group in _groups(paths):
        opened = [(path.open("rb"), path.name) for path in group]
        try:
            streams: list[tuple[OpenedFile, str]] = [
                (open_stream(raw, name), name) for raw, name in opened
            ]
            before = len(entries)
            for item in open_list(streams, group[0].stem.lower())[1]:
                if isinstance(item, Defect):
                    defects.append(item)
                    continue
                defects += item.defects
                entries += [entry for entry in item.statements if isinstance(entry, ListEntry)]
        finally:
            for raw, _name in opened:
                raw.close()
        if len(entries) == before:
            raise InputError("no list entry was found", file=group[0].name)
    return entries, defects


def _groups(paths: Sequence[Path]) -> list[list[Path]]:
    ofac = [path for path in paths if "ofac" in path.name.lower() or path.stem.lower() in _OFAC]
    rest = [[path] for path in paths if path not in ofac]
    return ([ofac] if ofac else []) + rest


_OFAC = ("sdn", "alt", "add")


def screen_table(
    queries: pl.DataFrame, entries: Sequence[ListEntry], *, threshold: float | None = None
) -> pl.DataFrame:
    """Return one row per hit with its reasons as text; a query without a row has no hit, which
    says nothing about its subject."""
    hits = screen(queries, Index.build(entries), threshold=threshold)
    lists = [name for name, kind in hits.schema.items() if isinstance(kind, pl.List)]
    return hits.with_columns(pl.col(name).list.join(" | ") for name in lists)
