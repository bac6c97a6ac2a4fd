"""Facts about selection sheets: their candidates by lane, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from esclusa.analysis.figures import gathered


def facts(candidates: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Yield the facts about the candidates of a span's sheets.

    :param candidates: as :meth:`~esclusa.node.selection_report.ReportDesk.candidates` gives them.
    """
    told = candidates.with_columns(pl.col("lane").fill_null("none"))
    for figure, some in (
        ("selection_candidates", told),
        ("selection_answered", told.filter(pl.col("found").is_not_null())),
        ("selection_found", told.filter(pl.col("found"))),
    ):
        yield gathered({
            "figure": figure, "part": some["lane"], "record": some["subject"], "kind": "record",
            "at": some["day"],
        })  # fmt: skip
