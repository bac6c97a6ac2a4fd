"""An agreement in sentences, for the lawyer who checks that the text says what was agreed."""

from __future__ import annotations

from collections.abc import Iterator

from esclusa.sharing.agreement import hits
from esclusa.sharing.agreement.comparing import condition, wording_of
from esclusa.sharing.agreement.lists import clocks, refusals
from esclusa.sharing.agreement.rules import action_of
from esclusa.sharing.agreement.shape import Agreement, Clause, Drop
from esclusa.sharing.agreement.words import Sentence, said, wording


def describe(agreement: Agreement) -> Iterator[Sentence]:
    """Yield what a checked agreement says, clause by clause, one sentence each."""
    yield Sentence.of(agreement.title)
    yield said("describe.valid", start=str(agreement.valid.start), until=str(agreement.valid.until))
    for clause in agreement.clauses:
        yield from _clause(agreement, clause)
    yield from hits.describe(agreement)
    yield said(
        "describe.exchange",
        grace=str(agreement.exchange.grace_hours),
        skew=str(agreement.exchange.skew_minutes),
    )
    for name in agreement.requests.clocks:
        yield said("describe.clock", text=Sentence.of(clocks()[name].text))
    for code in agreement.requests.refusals:
        yield said("describe.refusal", text=Sentence.of(refusals()[code].text))


def _clause(agreement: Agreement, clause: Clause) -> Iterator[Sentence]:
    yield said(
        "describe.clause", clause=clause.id, giver=clause.giver,
        receiver=agreement.other(clause.giver), kind=wording("kind", clause.kind),
        purposes=wording("purpose", *clause.purposes),
    )  # fmt: skip
    for rule in clause.fields:
        paths = ", ".join(rule.paths)
        if isinstance(rule, Drop):
            yield said("describe.drop", path=paths)
        else:
            yield said("describe.field", path=paths, now=wording_of(action_of(rule)))
    yield said("describe.rest")
    yield said(
        "describe.conditions", level=condition(clause, "level"),
        caveats=condition(clause, "caveats"), onward=condition(clause, "onward"),
        days=str(clause.retention_days), hours=str(clause.lease_hours),
    )  # fmt: skip
