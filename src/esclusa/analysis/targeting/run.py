"""Run a pack over a feature table, and turn hits into reasons and a score.

1. A rule fires where its condition is true. Where it is unknown it does not fire, and
   :func:`unjudged` says how often: silence is never "clear".
2. The score is the sum of the points of the reasons, exactly; nothing else adds to it.
3. Equal scores are ordered by more reasons, then earlier arrival, then record key.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from esclusa.analysis.targeting.catalogue import fields
from esclusa.analysis.targeting.checker import Scope, constant
from esclusa.analysis.targeting.evidence import Wanted, evidence_for
from esclusa.analysis.targeting.functions import FUNCTIONS
from esclusa.analysis.targeting.pack import Compiled, Pack, active
from esclusa.analysis.targeting.rule import Rule
from esclusa.analysis.targeting.tree import Call, Name, walk
from esclusa.errors import RuleError
from esclusa.model import Evidence, Reason

HITS: Final = {
    "row": pl.UInt32(),
    "rule": pl.String(),
    "version": pl.String(),
    "points": pl.Float64(),
    "evidence": pl.List(pl.String()),
}
"""Columns of a hit table: row of the feature table, rule, its version and points, and the fields
the hit rests on."""

_FEW: Final = 10
"""Up to so many rows hits are gathered as plain lists."""

_NO_ARRIVAL: Final = "9999"
"""Sorts after every ISO 8601 date: what has no arrival cannot be urgent for its arrival."""


def judge(table: pl.DataFrame, pack: Pack, as_of: dt.date) -> pl.DataFrame:
    """Return one Boolean column per rule that runs on ``as_of``: true, false or null (unknown)."""
    subject = subject_of(table)
    rules = active(pack, as_of, subject)
    return table.select(found.expressions[subject].alias(found.rule.id) for found in rules)


def run_rules(table: pl.DataFrame, pack: Pack, as_of: dt.date) -> pl.DataFrame:
    """Return the hits (columns :data:`HITS`) in order of row, then points down, then rule.

    :param table: a feature table; its ``subject`` column says which rules apply.
    :param as_of: day or moment of the analysis; rules outside their dates do not run.
    """
    verdicts = judge(table, pack, as_of)
    by_id = {found.rule.id: found.rule for found in pack.rules}
    fired = [column for column in verdicts.iter_columns() if column.any()]
    if verdicts.height <= _FEW:
        return _few_hits(by_id, fired)
    parts = [_hits_of(by_id[column.name], column) for column in fired]
    if not parts:
        return pl.DataFrame(schema=HITS)
    return pl.concat(parts).sort(["row", "points", "rule"], descending=[False, True, False])


def unjudged(table: pl.DataFrame, pack: Pack, as_of: dt.date) -> pl.DataFrame:
    """Return per rule how many rows it could not judge for lack of data (``rule``, ``rows``)."""
    counts = judge(table, pack, as_of).null_count()
    return pl.DataFrame(
        {"rule": counts.columns, "rows": list(counts.row(0))} if counts.width else None,
        schema={"rule": pl.String, "rows": pl.UInt32},
    )


def reasons_for(
    bodies: Sequence[Any], table: pl.DataFrame, hits: pl.DataFrame, pack: Pack
) -> list[tuple[Reason, ...]]:
    """Return the reasons of each body, in order of points down, then rule; empty where none.

    :param bodies: the records' bodies the table was made from, in the same order.
    :param hits: what :func:`run_rules` gave for that table and pack.
    """
    found: list[list[Reason]] = [[] for _ in bodies]
    if hits.height:
        by_id = {compiled.rule.id: compiled for compiled in pack.rules}
        rows = _rows(table, hits, by_id)
        teller = _Teller(subject_of(table), pack)
        for index, name in zip(hits["row"].to_list(), hits["rule"].to_list(), strict=True):
            found[index].append(teller.reason(by_id[name], bodies[index], rows[index]))
    return [tuple(reasons) for reasons in found]


def told(
    bodies: Sequence[Any], table: pl.DataFrame, pack: Pack, as_of: dt.date
) -> list[tuple[Reason, ...]]:
    """Return the reasons of each body: :func:`run_rules` and :func:`reasons_for` in one. For one
    body, rules are asked one by one, as columns cost more than they hold.

    :param bodies: the records' bodies the table was made from, in the same order.
    """
    if table.height != 1:
        return reasons_for(bodies, table, run_rules(table, pack, as_of), pack)
    row, subject = table.row(0, named=True), subject_of(table)
    rules = active(pack, as_of, subject)
    numbers = all(math.isfinite(value) for value in row.values() if isinstance(value, float))
    fired = [found for found in rules if numbers and found.plain is not None and found.plain(row)]
    if asked := [found for found in rules if not numbers or found.plain is None]:
        verdicts = table.select(
            found.expressions[subject].alias(str(place)) for place, found in enumerate(asked)
        ).row(0)
        fired += [found for found, said in zip(asked, verdicts, strict=True) if said]
    fired.sort(key=lambda found: (-found.rule.points, found.rule.id))
    teller = _Teller(subject, pack)
    return [tuple(teller.reason(found, bodies[0], row) for found in fired)]


def score(reasons: Iterable[Reason]) -> float:
    """Return the sum of the points of ``reasons``, free of rounding on the way."""
    return math.fsum(reason.points for reason in reasons)


def queue_key(
    reasons: Sequence[Reason], arrival: str, record_key: str
) -> tuple[float, int, str, str]:
    """Return what orders the queue, smallest first: score down, number of reasons down, earliest
    arrival (ISO 8601, "" sorts last), record key. Two records never tie."""
    return (-score(reasons), -len(reasons), arrival or _NO_ARRIVAL, record_key)


def explain(total: float, reasons: Sequence[Reason], language: str = "en") -> list[str]:
    """Return one line per reason with its points, and the sum as the last line.

    :raises RuleError: ``total`` is not the sum of the reasons; such a score is never shown.
    """
    if total != score(reasons):
        raise RuleError(
            "the score {total:g} is not the sum of its reasons {sum:g}", total=total,
            sum=score(reasons),
        )  # fmt: skip
    texts = [r.text_es if language == "es" else r.text_en for r in reasons]
    lines = [f"{r.points:g}  {r.code}  {text}" for r, text in zip(reasons, texts, strict=True)]
    return [*lines, f"{total:g}  ="]


def subject_of(table: pl.DataFrame) -> str:
    """Return the record kind of a feature table, "" for an empty one."""
    return str(table["subject"][0]) if table.height else ""


def _few_hits(by_id: Mapping[str, Rule], fired: Sequence[pl.Series]) -> pl.DataFrame:
    """Return the hits of few rows in order: plain lists, as each frame costs more than it holds."""
    hits = [
        (row, rule.id, rule.version, float(rule.points), list(rule.evidence))
        for rule, verdict in ((by_id[column.name], column.to_list()) for column in fired)
        for row, said in enumerate(verdict)
        if said
    ]
    hits.sort(key=lambda hit: (hit[0], -hit[3], hit[1]))
    return pl.DataFrame(hits, schema=HITS, orient="row")


def _hits_of(rule: Rule, verdict: pl.Series) -> pl.DataFrame:
    rows = verdict.arg_true().cast(pl.UInt32)
    return pl.DataFrame({"row": rows}).with_columns(
        rule=pl.lit(rule.id),
        version=pl.lit(rule.version),
        points=pl.lit(float(rule.points)),
        evidence=pl.lit(list(rule.evidence), dtype=pl.List(pl.String)),
    )


def _rows(
    table: pl.DataFrame, hits: pl.DataFrame, by_id: Mapping[str, Compiled]
) -> Mapping[int, Mapping[str, Any]]:
    """Return the rows that were hit, with only the fields that the reasons speak of."""
    rules = [by_id[name] for name in hits["rule"].unique().to_list()]
    needed = {name for found in rules for name in _shown(found)}
    indexes = hits["row"].unique(maintain_order=True)
    part = table.select(sorted(needed))[indexes]
    columns = {name: part[name].to_list() for name in part.columns}
    return {
        index: {name: values[place] for name, values in columns.items()}
        for place, index in enumerate(indexes.to_list())
    }


def _shown(found: Compiled) -> set[str]:
    return {*found.text_en.fields, *found.text_es.fields, *found.rule.evidence}


class _Teller:
    """Makes reasons for one subject; remembers what each rule's list functions look for."""

    def __init__(self, subject: str, pack: Pack) -> None:
        self._fields = fields(subject)
        self._lists = {name: words.items for name, words in pack.lists.items()}
        self._elements: dict[str, Mapping[str, Wanted]] = {}

    def reason(self, found: Compiled, body: Any, row: Mapping[str, Any]) -> Reason:
        rule = found.rule
        return Reason(
            source="rule",
            code=rule.id,
            version=rule.version,
            points=float(rule.points),
            text_en=found.text_en.fill(row),
            text_es=found.text_es.fill(row),
            evidence=tuple(self._evidence(found, body, row)),
        )

    def _evidence(self, found: Compiled, body: Any, row: Mapping[str, Any]) -> Iterable[Evidence]:
        wanted = self._wanted(found)
        seen = (
            place
            for name in found.rule.evidence
            for place in evidence_for(
                body, self._fields[name].paths, wanted.get(name) or _among(row[name])
            )
        )
        return dict.fromkeys(seen)

    def _wanted(self, found: Compiled) -> Mapping[str, Wanted]:
        known = self._elements.get(found.rule.id)
        if known is None:
            known = element_tests(found, Scope(self._fields, self._lists))
            self._elements[found.rule.id] = known
        return known


def element_tests(found: Compiled, scope: Scope) -> Mapping[str, Wanted]:
    """Return, per list field, the test of the elements that can have made the rule fire."""
    tests: dict[str, Wanted] = {}
    for part in walk(found.tree):
        if isinstance(part, Call) and part.args and isinstance(part.args[0], Name):
            function = FUNCTIONS.get(part.name)
            if function is not None and function.element is not None:
                test, values = function.element, constant(part.args[1], scope)
                tests[part.args[0].name] = _either(tests.get(part.args[0].name), test, values)
    return tests


def _either(known: Wanted | None, test: Any, values: Any) -> Wanted:
    return lambda value: bool(test(value, values)) or (known is not None and known(value))


def _among(value: Any) -> Wanted | None:
    return value.__contains__ if isinstance(value, list) and value else None
