"""Moves that other services are told of, written: whether they would go, and how long they are
kept. What each life cycle adds stands with it."""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from esclusa.errors import AgreementError, NotFound
from esclusa.ledger import records
from esclusa.ledger.labels import Labels
from esclusa.model import (
    Body,
    Marking,
    Provenance,
    Record,
    kind_of,
    natural_key,
    record_id,
)
from esclusa.node.exchange import Exchange
from esclusa.node.settings import Settings

LATE: Final = dt.timedelta(days=30)
"""A node that was away for longer does not say afterwards that nobody answered."""
_LONGEST_KEPT: Final = 1827
"""Days that a move is kept where settings say nothing: those of cargo."""


def stays(exchange: Exchange, body: Body, marking: Marking, to: str) -> str:
    """Return why a record of ours under a marking would not reach a partner: a word of the desks or
    of the terms of release, "" when it would."""
    kind, key = kind_of(body), natural_key(body)
    record = Record(
        id=record_id(exchange.agency, kind, key), kind=kind, version=1, key=key, body=body,
        originator=exchange.agency, marking=marking, provenance=Provenance(),
    )  # fmt: skip
    try:
        plan = exchange.planned(record, to)
    except NotFound:
        return "no_partner"
    except AgreementError:
        return "no_agreement"
    return "kind_not_agreed" if plan is None else plan.reason


def own(connection: sa.Connection, labels: Labels, name: str) -> tuple[str, ...]:
    """Return the record that a move rests on, if it is ours: it is erased with that. What goes back
    to who gave us a record does not end with our copy of it.

    :param name: the record's id; "" for none.
    """
    found = records.live(connection, labels, {name} if name else set())
    ours = any(not labels.get(label).supplier for _record, label, _until in found)
    return (name,) if ours else ()


def kept_until(settings: Settings, kind: str, now: dt.datetime) -> str:
    """Return the last day that a record of a kind is kept from an aware moment on, ISO 8601."""
    days = settings.retention_days.get(kind, _LONGEST_KEPT)
    return (now.date() + dt.timedelta(days=days)).isoformat()
