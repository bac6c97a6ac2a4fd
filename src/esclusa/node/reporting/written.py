"""A report as a file: PDF, DOCX or CSV, in one language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from esclusa.node.report_pdf import document
from esclusa.node.reporting import tables as told
from esclusa.node.reporting.docx import docx
from esclusa.node.reporting.words import say
from esclusa.sharing.report_views import CaseworkReport


def as_pdf(view: CaseworkReport, language: str) -> bytes:
    """Return a report as PDF."""
    return document(
        told.heading(view, language), list(told.about(view, language)),
        told.tables(view, language), told.marking(view, language), language,
        lambda key, *values: say(key, language, *values),
    )  # fmt: skip


def as_docx(view: CaseworkReport, language: str) -> bytes:
    """Return a report as DOCX."""
    shown = [
        (one, say("definitions_table", language) if one.key == "definitions"
         else say("table", language, one.title, view.period))
        for one in told.tables(view, language)
    ]  # fmt: skip
    return docx(
        told.heading(view, language), told.about(view, language), shown,
        marking=told.marking(view, language), language=language,
        made=dt.datetime.fromisoformat(view.made[:10]).replace(tzinfo=dt.UTC),
    )  # fmt: skip


def as_csv(view: CaseworkReport, language: str) -> bytes:
    """Return a report as CSV."""
    return told.as_csv(view, language).encode()


FORMATS: Final[dict[str, Callable[[CaseworkReport, str], bytes]]] = {
    "pdf": as_pdf, "docx": as_docx, "csv": as_csv,
}  # fmt: skip
"""Formats of a file, by the end of its name."""


def file_name(view: CaseworkReport, form: str) -> str:
    """Return how a report's file is called."""
    return f"casework-{view.period}{'-without-small' if view.hides_small else ''}.{form}"
