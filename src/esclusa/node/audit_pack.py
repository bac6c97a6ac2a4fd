"""The auditor's pack as PDF: the counts of a period, and whether the log is unbroken.

The lines themselves are the pack's other half, as CSV: there they can be sorted and searched.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from esclusa.node.report_pdf import document
from esclusa.node.report_tables import Cell, Table
from esclusa.sharing.audit_views import UseView
from esclusa.sharing.health_views import LogView

_PEOPLE = ("who", "lines", "records", "searches", "outside", "own", "refused")
_PAIRS = ("who", "subject", "looks", "first", "last")
_SUBJECTS = ("subject", "persons", "looks")


def pack_pdf(use: UseView, log: LogView, agency: str, language: str) -> bytes:
    """Return the pack of a period as PDF, in ``en`` or ``es``."""

    def say(key: str, *values: object) -> str:
        return _words()[key][language == "es"].format(*values)

    def table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> Table:
        heads = tuple(say(column) for column in columns)
        return Table(
            key=columns[0], title=title, note="", columns=columns, heads=heads, rows=tuple(rows)
        )

    weekend = say("weekend") if use.weekend else ""
    told = [
        say("node", agency, use.lines, use.opens, use.shuts, use.zone, weekend),
        say("judge"),
        say("unverified") if not log.at
        else say("broken", log.broken, log.at) if log.broken
        else say("unbroken", log.lines, log.at),
        *([say("seal", log.lines, log.seal)] if log.seal else []),
    ]  # fmt: skip
    tables = (
        table(say("people"), _PEOPLE, (
            (one.who, one.lines, one.records, one.searches, one.outside, one.own, one.refused)
            for one in use.people
        )),
        table(say("pairs", use.least), _PAIRS, (
            (one.who, one.subject, one.looks, one.first[:16] + "Z", one.last[:16] + "Z")
            for one in use.pairs
        )),
        table(say("subjects", use.least), _SUBJECTS, (
            (one.subject, one.people, one.looks) for one in use.subjects
        )),
    )  # fmt: skip
    title = say("title", use.since, use.until)
    return document(title, told, tables, say("marking"), language, say)


@cache
def _words() -> dict[str, list[str]]:
    text = files("esclusa.node").joinpath("audit_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
