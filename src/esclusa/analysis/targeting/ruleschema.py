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
    plain = [
        *_plain_problems(rule),
        *_test_problems(rule, may_be_unknown),
        *_review_problems(rule, tree),
    ]
    wrong = [RuleError(reason, rule=rule.id) for reason in plain]
    return wrong + list(_zero_problems(rule, tree)) + list(_sentence_problems(rule))


def list_problems(words: WordList) -> list[RuleError]:
    """Return everything wrong with a list."""
    longest = LONGEST_PLACES if words.kind == "places" else LONGEST_RULE
    reasons = [
        *(["valid_to is before valid_from"] if words.valid_to < words.valid_from else ()),
        *([f"runs longer than {longest.days} days"] if _too_long(words, longest.days) else ()),
        *(["has no items"] if not words.items else ()),
        *(["has an empty item"] if not all(item.strip() for item in words.items) else ()),
        *(["does not state its source"] if not words.source.strip() else ()),
    ]
    return [RuleError(reason, rule=f"list {words.id}") for reason in reasons]


def _too_long(thing: Rule | WordList, days: int) -> bool:
    return (thing.valid_to - thing.valid_from).days > days


def _plain_problems(rule: Rule) -> Iterator[str]:
    if not _ID.fullmatch(rule.id):
        yield "id must be upper-case letters and digits, parts joined by . or -"
    for name in _STATED:
        value = getattr(rule, name)
        if not (value.strip() if isinstance(value, str) else value):
            yield f"{name} is empty"
    if not 1 <= rule.points <= MAX_POINTS:
        yield f"points is {rule.points}, expected 1 to {MAX_POINTS}"
    if rule.valid_to < rule.valid_from:
        yield "valid_to is before valid_from"
    if _too_long(rule, LONGEST_RULE.days):
        yield f"runs longer than {LONGEST_RULE.days} days"
    yield from (f"{name} is not a subject" for name in rule.subjects if name not in SUBJECTS)
    yield from (f"{i} is not a published indicator" for i in _unknown(rule.indicators))


def _unknown(ids: Sequence[str]) -> list[str]:
    return [name for name in ids if name not in indicator_ids()]


def _test_problems(rule: Rule, may_be_unknown: bool) -> Iterator[str]:
    expected = {test.expect for test in rule.tests}
    wanted = {"true", "false"} | ({"unknown"} if may_be_unknown else set())
    yield from (f"no test expects {name}" for name in sorted(wanted - expected))
    for test in rule.tests:
        if (test.given is None) == (test.record is None):
            yield f"test {test.name!r} must have either given or record"
        if (test.subject or rule.subjects[0]) not in rule.subjects:
            yield f"test {test.name!r} is about {test.subject}, the rule is not"


def _review_problems(rule: Rule, tree: Node) -> Iterator[str]:
    if TRAVELLER not in rule.subjects:
        return
    if rule.review is None:
        yield "a rule about travellers needs a review"
    elif rule.review.condition != fingerprint(tree):
        yield f"the condition is not the one that was reviewed: it is now {fingerprint(tree)}"
    elif rule.review.on > rule.valid_from:
        yield "the review is later than valid_from"


def _zero_problems(rule: Rule, tree: Node) -> Iterator[RuleError]:
    for part in walk(tree):
        if isinstance(part, Binary) and part.op == "/" and _constant(part.right) == 0:
            reason = "this divides by zero, so it is never known"
            yield RuleError(reason, rule=rule.id, offset=part.right.at)


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
            if (found := template_problem(getattr(rule, name), known)) is not None:
                yield RuleError(f"{name}: {found.reason}", rule=rule.id, offset=found.offset)
        for name in rule.evidence:
            if name not in known or "text" not in known[name].allowed_for:
                yield RuleError(f"no evidence may show {name}", rule=rule.id)
