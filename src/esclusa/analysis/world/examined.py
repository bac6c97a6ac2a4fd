"""What came of a week's opened boxes, as the table of an inspection service.

The headings are those of the shipped mapping ``samples/examinations.toml``, so that a node takes
the table in. One opening gives a line for each bill in the box, all under one event.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from esclusa.analysis.world.tables import Week

HEADINGS: Final = (
    "Agency", "Number", "Result", "Container", "Carrier", "Bills", "Voyage", "Vessel", "Port",
    "Started", "Completed", "Reported", "Methods", "Cause", "Category", "Found", "Quantity",
    "Unit", "Lane", "Probability", "Selection", "Event", "New seal", "Remarks",
)  # fmt: skip
_AGENCY: Final = "MARISOL_CUSTOMS"
_FINDS: Final = {
    "revenue": ("revenue", "VALUE TOO LOW"),
    "goods": ("revenue", "OTHER GOODS THAN DECLARED"),
    "contraband": ("other", "CONTRABAND"),
}
"""A scheme's word for a find, as category and text; any other word is its own text."""


def examinations(
    week: Week, outcomes: pl.DataFrame, *, lane: str, probability: float
) -> pl.DataFrame:
    """Return a table of examinations of one week's opened boxes, all columns text.

    :param outcomes: what :meth:`World.inspect` returned for boxes of this week.
    :param lane: by what they were chosen, a code of ``codes/examination.toml``.
    :param probability: the chance that each of them had.
    """
    boxes = week.boxes.select("box", "container", "canal_port")
    bills = week.bills.select("bill", "carrier", "voyage", "ship")
    found = pl.col("found")
    first = pl.col("finding").fill_null("")
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5)
    opened = pl.col("box").rank("dense").cast(pl.String).str.zfill(5)
    prefix = f"W{week.number:04d}-"
    categories = {word: kind for word, (kind, _text) in _FINDS.items()}
    texts = {word: text for word, (_kind, text) in _FINDS.items()}
    told = outcomes.join(boxes, on="box", maintain_order="left").join(
        bills, on="bill", maintain_order="left"
    )
    made = told.select(
        pl.lit(_AGENCY).alias("Agency"),
        (pl.lit(f"MC-{prefix}") + number).alias("Number"),
        pl.when(found).then(pl.lit("found")).otherwise(pl.lit("nothing_found")).alias("Result"),
        pl.col("container").alias("Container"),
        pl.col("carrier").alias("Carrier"),
        pl.col("bill").alias("Bills"),
        pl.col("voyage").alias("Voyage"),
        pl.col("ship").alias("Vessel"),
        pl.col("canal_port").alias("Port"),
        pl.col("examined").dt.to_string("%Y-%m-%d").alias("Completed"),
        # Known "from a day on" is known at its first minute.
        pl.col("known").dt.to_string("%Y-%m-%dT00:00Z").alias("Reported"),
        pl.lit("physical_full").alias("Methods"),
        pl.when(found).then(first.replace_strict(categories, default="other")).alias("Category"),
        pl.when(found)
        .then(first.replace_strict(texts, default=first.str.to_uppercase()))
        .alias("Found"),
        pl.lit(lane).alias("Lane"),
        pl.lit(f"{probability:.12f}".rstrip("0").rstrip(".")).alias("Probability"),
        pl.lit(f"SEL-{prefix[:-1]}").alias("Selection"),
        (pl.lit(f"OP-{prefix}") + opened).alias("Event"),
    )
    empty = [pl.lit(None, pl.String).alias(name) for name in HEADINGS if name not in made.columns]
    return made.with_columns(empty).select(HEADINGS)
