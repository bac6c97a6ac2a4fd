"""What was worked out for one record and holds for several partners.

Partners often have agreements of one text. What becomes of each field of a record is then the same
for all, but for the agreement in whose name it is said: the walk through the body is made once, and
the references are exchanged. The bytes that go are the same as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from esclusa.model import Body, Record, encode_body
from esclusa.sharing.terms.conditions import Offer
from esclusa.sharing.terms.shape import FieldPlan, Plan, RuleRef
from esclusa.sharing.terms.walk import Rules, Said, Walk, rules_of

Fields = tuple[FieldPlan, ...]


class _Found(msgspec.Struct, eq=False):
    """A walk: under which rules it was made, what it found, and the bytes that go."""

    rules: Rules
    fields: Fields
    told: list[Fields]
    body: bytes | None = None


class _Names:
    """The references of other rules that say the same, place by place. Both are kept, so that the
    number of an object stays its own."""

    def __init__(self, old: Rules, new: Rules) -> None:
        self._kept = (old, new)
        self._one = {id(a): b for a, b in zip(old.refs, new.refs, strict=True)}
        self._some: dict[tuple[int, ...], tuple[RuleRef, ...]] = {}

    def renamed(self, found: Fields) -> Fields:
        """Return fields with the new references."""
        some, told = self._some, []
        for item in found:
            numbers = tuple(map(id, item.rules))
            refs = some.get(numbers)
            if refs is None:
                refs = some[numbers] = tuple(map(self._one.__getitem__, numbers))
            told.append(
                FieldPlan(path=item.path, outcome=item.outcome, rules=refs, at=item.at,
                          value=item.value, reason=item.reason)
            )  # fmt: skip
        return tuple(told)


class Walked:
    """Remembers what was found of the record asked about last; for use by one thread."""

    def __init__(self) -> None:
        self._body: Body | None = None
        self._plain: dict[str, object] = {}
        self._digest = ""
        self._found: dict[Said, _Found] = {}
        self._names: dict[tuple[int, int], _Names] = {}

    def fields(self, record: Record, offers: Sequence[Offer]) -> Fields:
        """Return what becomes of each filled field of a record under several clauses, with the
        rules of these clauses."""
        self._turn(record)
        rules = rules_of(offers)
        known = self._found.get(rules.said)
        if known is None:
            found = Walk(rules.by_field).body(record.kind, self._plain)
            self._found[rules.said] = _Found(rules, found, [found])
            return found
        if known.rules is rules:
            return known.fields
        names = self._names.get((id(known.rules), id(rules)))
        if names is None:
            names = self._names[id(known.rules), id(rules)] = _Names(known.rules, rules)
        told = names.renamed(known.fields)
        known.told.append(told)
        return told

    def digest(self, record: Record) -> str:
        """Return the SHA-256 of a record's body (:func:`body_digest`)."""
        if record.body is not self._body or not self._digest:
            self._turn(record)
            self._digest = body_digest(record)
        return self._digest

    def bytes_of(self, made: Plan, build: Callable[[Plan], bytes]) -> bytes:
        """Return the bytes that go by a plan.

        :param build: makes them from the plan's fields and from nothing else.
        """
        for known in self._found.values():
            if any(fields is made.fields for fields in known.told):
                if known.body is None:
                    known.body = build(made)
                return known.body
        return build(made)

    def _turn(self, record: Record) -> None:
        """Forget the record before, unless it is this one."""
        if record.body is not self._body:
            self._body, self._plain = record.body, msgspec.to_builtins(record.body)
            self._digest, self._found = "", {}


def body_digest(record: Record) -> str:
    """Return the SHA-256 of a record's body, to tell whether a plan was made for it."""
    return hashlib.sha256(encode_body(record.body)).hexdigest() if record.body else ""
