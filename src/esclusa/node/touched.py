"""Which bills and boxes are judged again because something was said about them: an event on their
way, the result of an examination."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import sqlalchemy as sa

from esclusa.ledger import ties
from esclusa.ledger.indexing import bill_reference, seal_reference
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.model import Body, Examination, TransportEvent
from esclusa.node.alerts import LabelAlgebra

_EACH: Final = 4
"""The newest bills and boxes that are judged again per reference: of one box's last journeys, of a
consolidated box the bills that came last."""

_EVENTS: Final = frozenset(
    {"refuse", "inspect", "damage", "hold", "release", "pick_up", "gate_out", "gate_in", "weigh",
     "load", "discharge"}
)  # fmt: skip
"""Events that rules look at (see :mod:`esclusa.analysis.targeting.past`)."""

_KINDS: Final = ("consignment", "equipment")


def touched(
    connection: sa.Connection, labels: Labels, algebra: LabelAlgebra, drafts: Iterable[Draft]
) -> set[str]:
    """Return the ids of bills and boxes in force that these drafts speak of and on which rules look
    at the drafts."""
    wanted: dict[int, set[str]] = defaultdict(set)
    for draft in drafts:
        wanted[draft.label_id].update(_references(draft.body))
    found: set[str] = set()
    for label, values in wanted.items():
        above = [item.id for item in labels.all() if algebra.looks(item.id, label)]
        if values and above:
            found |= ties.holders(connection, above, sorted(values), each=_EACH, kinds=_KINDS)
    return found


def _references(body: Body) -> Iterator[str]:
    if isinstance(body, Examination):
        yield from (bill_reference(bill) for bill in body.bills if bill)
        if body.equipment:
            yield f"equipment:{body.equipment}"
    elif isinstance(body, TransportEvent) and body.event in _EVENTS and body.equipment is not None:
        yield f"equipment:{body.equipment.number}"
        yield from (seal_reference(seal.number) for seal in body.equipment.seals if seal.number)
