"""Originator control: may a copy go to a third agency, or another record rest on it?

1. Under the rule ``never`` nothing goes on, and asking is refused by rule. Nothing goes back to its
   originator, or to the agency that supplied it.
2. Under ``within`` it goes on to the agencies that the agreement lists, unless the marking says
   ``ORCON``.
3. Otherwise the originator must have granted this use of this record by us towards this agency, its
   signature must hold, and the grant's end must not have passed.
4. Building on a copy at home needs consent (towards ourselves) only under ``ORCON``. Releasing what
   was built needs, towards each receiver, what passing on every one of its sources would need.
"""

from __future__ import annotations

import datetime as dt

from esclusa.sharing.exchange import labels, pacts
from esclusa.sharing.exchange.messages import ConsentAnswer, Use
from esclusa.sharing.exchange.rows import Copy, Own
from esclusa.sharing.exchange.state import Draft


def consent(draft: Draft, copy: Copy, to: str, use: Use) -> ConsentAnswer | None:
    """Return the originator's grant for this use of a copy, None when there is none that holds."""
    row = draft.consents.get((copy.originator, copy.record, draft.me, to, use))
    answer = row.answer if row is not None else None
    return answer if answer is not None and stands(answer, draft.now) else None


def stands(answer: ConsentAnswer, now: dt.datetime) -> bool:
    """Tell whether an answer is a grant whose time has not run out."""
    return answer.granted and (answer.until is None or now < answer.until)


def is_free(copy: Copy, to: str) -> bool:
    """Tell whether the agreement lets a copy go to an agency without asking."""
    rule = copy.onward
    return rule.rule == "within" and to in rule.agencies and not labels.under_control(copy.marking)


def allowed(draft: Draft, copy: Copy, to: str, use: Use) -> bool:
    """Tell whether a copy may go to ``to``, or a record that rests on it may."""
    if copy.onward.rule == "never" or to == copy.originator:
        return False
    if use == "pass" and to == copy.supplier:
        return False
    return is_free(copy, to) or consent(draft, copy, to, use) is not None


def may_build(draft: Draft, copy: Copy) -> bool:
    """Tell whether a record of ours may rest on a copy."""
    return not labels.under_control(copy.marking) or (
        consent(draft, copy, draft.me, "derive") is not None
    )


def reaches(draft: Draft, partner: str, item: Own | Copy) -> bool:
    """Tell whether there is a path by which an item may go to a partner at all."""
    if isinstance(item, Copy):
        return allowed(draft, item, partner, "pass")
    if not labels.names(item.marking.releasable_to, partner):
        return False
    return not item.roots or all(
        _root_reaches(draft, partner, draft.copies.get(root)) for root in item.roots
    )


def _root_reaches(draft: Draft, partner: str, copy: Copy | None) -> bool:
    return (
        copy is not None
        and copy.content is not None
        and may_build(draft, copy)
        and (partner == copy.originator or allowed(draft, copy, partner, "derive"))
    )


def proves(draft: Draft, sender: str, given: ConsentAnswer | None, key: tuple[str, str]) -> bool:
    """Tell whether the consent that came with a copy lets ``sender`` pass that record to us."""
    return (
        given is not None
        and (given.originator, given.record) == key
        and given.asker == sender
        and given.to == draft.me
        and given.use == "pass"
        and stands(given, draft.now)
        and draft.rules.trusts(given)
    )


def is_hidden(draft: Draft, item: Own | Copy) -> bool:
    """Tell whether an item is a copy that we may not read at present."""
    return isinstance(item, Copy) and not pacts.running(draft, item.supplier, item.originator)
