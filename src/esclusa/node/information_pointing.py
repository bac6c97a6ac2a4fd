"""Records that questions and answers point to, by the name that both sides know.

Naming a record gives nothing of it: what its partner gets is what the agreement releases, as for
every record. So an answer may point only to what goes, and only to what no reader of the request
could not know of: the record's marking must not be stricter than that of the request.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import sqlalchemy as sa

from esclusa.errors import AgreementError, ConfigError, InputError, NotFound, Term
from esclusa.ledger import records
from esclusa.model import Marking, Record
from esclusa.node.exchange import Exchange
from esclusa.node.information_telling import reason
from esclusa.node.pipeline import Pipeline
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.reader import Reader
from esclusa.sharing.release import Gate

_POINTED: Final = frozenset(
    {"consignment", "equipment", "transport_event", "port_call", "ship_declaration",
     "examination", "traveller", "list_entry"}
)  # fmt: skip
"""Kinds of record that an answer may point to: what messages and lists state."""


class Pointing:
    """Names of records between this node and its partners."""

    def __init__(self, pipeline: Pipeline, exchange: Exchange) -> None:
        self._labels = pipeline.labels
        self._exchange = exchange
        self._us = pipeline.settings.agency

    def name_for(self, record: Record, partner: str, visible: Collection[int]) -> str:
        """Return the name by which a partner knows a record, "" where it has none of it: the record
        is the partner's own, or the partner has a copy of ours.

        :param visible: labels of the reader; what was given under another one is not told.
        """
        if record.originator != self._us:
            return record.id if partner in (record.originator, record.provenance.message) else ""
        state = self._exchange.state()
        try:
            name = self._exchange.name_of(record.id)
        except ConfigError:
            return ""
        grant = state.grants.get((partner, self._us, name))
        place = self._exchange.pointers.get(name)
        known = place is not None and place.label in visible
        return name if known and grant is not None and grant.state is Grade.OUT else ""

    def found(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> Record | None:
        """Return the record here that a name stands for, None where there is none under these
        labels: one of ours, or a copy."""
        place = self._exchange.pointers.get(name)
        record = records.get(connection, self._labels, visible, place.id if place else name)
        return None if record is None or record.withdrawn or record.body is None else record

    def names(
        self, reader: Reader, gate: Gate, ids: Sequence[str], partner: str, marking: Marking
    ) -> tuple[str, ...]:
        """Return the names of records of ours that an answer points to.

        :param marking: of the answer.
        :raises InputError: when one is none of ours that the reader may see, or is marked above.
        :raises AgreementError: when one would not reach the partner.
        """
        if not ids:
            return ()
        with gate.reading(reader) as (connection, visible):
            rows = {
                name: records.get(connection, self._labels, visible, name)
                for name in dict.fromkeys(ids)
            }  # fmt: skip
            labels = {
                name: records.label_of(connection, record.seq)
                for name, record in rows.items() if record is not None
            }  # fmt: skip
        found = []
        for name, record in rows.items():
            if record is None or record.body is None or record.withdrawn:
                raise InputError(
                    f"{name[:40]!r} is no record here", field="records", problem="nobody"
                )
            label = self._labels.get(labels[name])
            if record.kind not in _POINTED or label.supplier or record.originator != self._us:
                raise InputError(
                    f"{name[:40]!r} is no record of ours that an answer can point to",
                    field="records", problem="kind",
                )  # fmt: skip
            if not _covers(marking, record.marking):
                raise InputError(
                    f"{name[:40]!r} is marked above this request: whoever reads the request could "
                    "learn of it",
                    field="records", problem="refused",
                )  # fmt: skip
            self._require_going(record, partner)
            found.append(self._exchange.name_of(record.id))
        return tuple(found)

    def _require_going(self, record: Record, partner: str) -> None:
        try:
            plan = self._exchange.planned(record, partner)
        except NotFound:
            plan = None
        why = "kind_not_agreed" if plan is None else plan.reason
        if why == "kind_not_agreed":
            raise AgreementError(
                "the record {record} stays here: the agreement with {partner} gives no records of "
                "its kind",
                record=record.id, partner=partner,
            )  # fmt: skip
        if why:
            told = reason(why)
            raise AgreementError(
                "the record {record} stays here: {why}", record=record.id,
                why=Term(told.en, es=told.es),
            )  # fmt: skip


def _covers(above: Marking, below: Marking) -> bool:
    """Tell whether whoever may see one marking at this node may see the other."""
    joined = above.join(below)
    return (joined.level, joined.caveats, joined.purposes) == (
        above.level, above.caveats, above.purposes,
    )  # fmt: skip
