"""A report that was kept: its figures as they were when somebody froze them."""

from __future__ import annotations

import msgspec


class KeptFigure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One figure of a kept report: definition and its version, part ("" for the whole), and the
    numbers as :class:`esclusa.analysis.figures.Figure` has them."""

    figure: str
    version: int
    part: str = ""
    number: int | None = None
    of: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None


class KeptReport(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="kept_report",
):
    """The report of a period that has ended, frozen; each freezing is a version of one record.

    ``period`` is ``2026-11`` or ``2026`` and the natural key. ``at`` is ISO 8601 UTC, ``by`` who
    froze it. ``clearance`` says in words what it rests on. ``digest`` is the SHA-256, hexadecimal,
    of all the rest in its JSON form. It holds counts, and no name or id of what was counted.
    """

    period: str
    at: str
    by: str
    clearance: str
    figures: tuple[KeptFigure, ...]
    digest: str = ""
