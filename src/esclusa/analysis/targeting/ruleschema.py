"""What a rule or list must satisfy beyond the types of its entries."""

from __future__ import annotations

import csv
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from esclusa.analysis.targeting.catalogue import SUBJECTS, fields
from esclusa.analysis.targeting.rule import (
    LONGEST_PLACES,
    LONGEST_RULE,
    MAX_POINTS,
    TRAVELLER,
    Rule,
    WordList,
    fingerprint,
)
from esclusa.analysis.targeting.template import template_problem
from esclusa.analysis.targeting.tree import Binary, Literal, Node, Unary, walk
from esclusa.errors import RuleError

_ID: Final = re.compile(r"[A-Z][A-Z0-9]*([.-][A-Z0-9]+)*")
_SENTENCES: Final = ("text_en", "text_es")
_STATED: Final = (
    "version", "title_en", "title_es", "text_en", "text_es", "points_reason", "owner", "purpose",
    "legal_basis", "false_positive_en", "false_positive_es", "subjects", "indicators", "sources",
    "evidence",
)  # fmt: skip
_CALCULATE: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


@cache
def indicator_ids() -> frozenset[str]:
    """Return the ids of the published indicators (``indicators.csv``)."""
    return frozenset(row["id"] for row in indicators())


def indicators() -> list[dict[str, str]]:
    """Return the published indicators, one mapping per row of ``indicators.csv``."""
    with Path(__file__).with_name("indicators.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rule_problems(rule: Rule, tree: Node, *, may_be_unknown: bool) -> list[RuleError]:
    """Return everything wrong with a rule whose condition can be compiled.

    :param may_be_unknown: the condition is unknown on a row that says nothing, so a test must show
        when it is.
    """
    wrong = [
        *_plain_problems(rule),
        *_test_problems(rule, may_be_unknown),
        *_review_problems(rule, tree),
        *_zero_problems(tree),
        *_sentence_problems(rule),
    ]
    return [problem.of(rule.id) for problem in wrong]


def list_problems(words: WordList) -> list[RuleError]:
    """Return everything wrong with a list."""
    return [problem.of(f"list {words.id}") for problem in _list_problems(words)]


def _list_problems(words: WordList) -> Iterator[RuleError]:
    longest = LONGEST_PLACES if words.kind == "places" else LONGEST_RULE
    yield from _date_problems(words, longest.days)
    if not words.items:
        yield RuleError("has no items", entry="items")
    if not all(item.strip() for item in words.items):
        yield RuleError("has an empty item", entry="items")
    if not words.source.strip():
        yield RuleError("does not state its source", entry="source")


def _date_problems(thing: Rule | WordList, days: int) -> Iterator[RuleError]:
    if thing.valid_to < thing.valid_from:
        yield RuleError("valid_to is before valid_from", entry="valid_to")
    if (thing.valid_to - thing.valid_from).days > days:
        yield RuleError("runs longer than {days} days", entry="valid_to", days=days)


def _plain_problems(rule: Rule) -> Iterator[RuleError]:
    if not _ID.fullmatch(rule.id):
        yield RuleError(
            "id must be upper-case letters and digits, parts joined by . or -", entry="id"
        )
    for name in _STATED:
        value = getattr(rule, name)
        if not (value.strip() if isinstance(value, str) else value):
            yield RuleError("{name} is empty", entry=name, name=name)
    if not 1 <= rule.points <= MAX_POINTS:
        yield RuleError(
            "points is {points}, expected 1 to {most}", entry="points", points=rule.points,
            most=MAX_POINTS,
        )  # fmt: skip
    yield from _date_problems(rule, LONGEST_RULE.days)
    for name in rule.subjects:
        if name not in SUBJECTS:
            yield RuleError("{name} is not a subject", entry="subjects", name=name)
    for name in _unknown(rule.indicators):
        yield RuleError("{name} is not a published indicator", entry="indicators", name=name)


def _unknown(ids: Sequence[str]) -> list[str]:
    return [name for name in ids if name not in indicator_ids()]


def _test_problems(rule: Rule, may_be_unknown: bool) -> Iterator[RuleError]:
    expected = {test.expect for test in rule.tests}
    wanted = {"true", "false"} | ({"unknown"} if may_be_unknown else set())
    for name in sorted(wanted - expected):
        yield RuleError("no test expects {name}", entry="tests", name=name)
    for test in rule.tests:
        if (test.given is None) == (test.record is None):
            yield RuleError(
                "test {test!r} must have either given or record", entry="tests", test=test.name
            )
        if test.subject and test.subject not in rule.subjects:
            yield RuleError(
                "test {test!r} is about {subject}, the rule is not", entry="tests",
                test=test.name, subject=test.subject,
            )  # fmt: skip


def _review_problems(rule: Rule, tree: Node) -> Iterator[RuleError]:
    if TRAVELLER not in rule.subjects:
        return
    if rule.review is None:
        yield RuleError("a rule about travellers needs a review", entry="review")
    elif rule.review.condition != fingerprint(tree):
        yield RuleError(
            "the condition is not the one that was reviewed: it is now {condition}",
            entry="review", condition=fingerprint(tree),
        )  # fmt: skip
    elif rule.review.on > rule.valid_from:
        yield RuleError("the review is later than valid_from", entry="review")


def _zero_problems(tree: Node) -> Iterator[RuleError]:
    for part in walk(tree):
        if isinstance(part, Binary) and part.op == "/" and _constant(part.right) == 0:
            yield RuleError("this divides by zero, so it is never known", offset=part.right.at)


def _constant(node: Node) -> float | None:
    """Return the value of a calculation with numbers alone, None when it depends on the row."""
    match node:
        case Literal(float(number)):
            return number
        case Unary("-", operand):
            inner = _constant(operand)
            return None if inner is None else -inner
        case Binary(op, left, right) if op in _CALCULATE:
            one, other = _constant(left), _constant(right)
            if one is None or other is None or (op == "/" and other == 0):
                return None
            return _CALCULATE[op](one, other)
    return None


def _sentence_problems(rule: Rule) -> Iterator[RuleError]:
    for subject in rule.subjects:
        if subject not in SUBJECTS:
            continue
        known = fields(subject)
        for name in _SENTENCES:
            if (found := template_problem(name, getattr(rule, name), known)) is not None:
                yield found
        for name in rule.evidence:
            if name not in known or "text" not in known[name].allowed_for:
                yield RuleError("no evidence may show {name}", entry="evidence", name=name)
