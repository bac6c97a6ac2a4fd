"""Figures of a report, counted from facts, and cells of them hidden that are too small to publish.

:func:`counted` takes a table of facts and a list of definitions to figures with their parts, so
that the records behind a figure are the rows of the table that it counts. :func:`hide` says which
cells stay out of a published table. Pure: no storage, no clock. See ``docs/reports.md``.
"""

from esclusa.analysis.figures.counting import LATE, Figure, Key, counted
from esclusa.analysis.figures.facts import COLUMNS, empty, gathered
from esclusa.analysis.figures.hiding import SMALLEST, Sum, hide, hide_over, reach
from esclusa.analysis.figures.meaning import Definition, sums_of

__all__ = [
    "COLUMNS", "LATE", "SMALLEST", "Definition", "Figure", "Key", "Sum", "counted", "empty",
    "gathered", "hide", "hide_over", "reach", "sums_of",
]  # fmt: skip
