"""The records behind a figure with their titles and addresses, as the reader may see them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

import polars as pl
import sqlalchemy as sa

from esclusa.ledger import custody, queue, records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Labels
from esclusa.model import Alert, MatchDecision
from esclusa.node.reporting import words
from esclusa.sharing.report_views import BehindRow

PAGES: Final = {
    "alert": "/alerts/", "match": "/matches/", "referral": "/referrals/", "file": "/intake/",
    "examination": "/records/", "record": "/records/", "request": "/requests/", "case": "/cases/",
}  # fmt: skip


def titled(
    connection: sa.Connection, labels: Labels, visible: frozenset[int], rows: pl.DataFrame,
    vocabulary: str, named: Mapping[str, str],
) -> tuple[BehindRow, ...]:  # fmt: skip
    """Return facts as faces show them.

    :param rows: a page of facts under the reader's labels.
    :param vocabulary: of their parts.
    :param named: titles that are known already, by id.
    """
    found: list[BehindRow] = []
    for one in rows.iter_rows(named=True):
        kind, name = one["kind"], one["record"]
        told = named.get(name) or title(connection, labels, visible, kind, name)
        part = words.part(vocabulary, one["part"]) if one["part"] else ("", "")
        found.append(BehindRow(
            id=name, kind=kind, at=one["at"], part=one["part"], part_en=part[0], part_es=part[1],
            value=one["value"], title=told, address=PAGES[kind] + name,
        ))  # fmt: skip
    return tuple(found)


def title(
    connection: sa.Connection, labels: Labels, visible: Collection[int], kind: str, name: str
) -> str:
    """Return what a record behind a figure is called, "" where its content has been erased."""
    found = _TITLES.get(kind)
    return found(connection, labels, visible, name) if found else ""


def _alert(connection: sa.Connection, _labels: Labels, visible: Collection[int], name: str) -> str:
    row = queue.find(connection, visible, name)
    return row.title if row else ""


def _record(connection: sa.Connection, labels: Labels, visible: Collection[int], name: str) -> str:
    held = records.get(connection, labels, visible, name)
    if held is None or held.body is None:
        return ""
    return "" if isinstance(held.body, Alert) else title_of(held.body)


def _match(connection: sa.Connection, labels: Labels, visible: Collection[int], name: str) -> str:
    held = records.get(connection, labels, visible, name)
    body = held.body if held else None
    return f"{body.party.name} · {body.list_id}" if isinstance(body, MatchDecision) else ""


def _file(connection: sa.Connection, _labels: Labels, visible: Collection[int], name: str) -> str:
    row = custody.find(connection, name, visible)
    return row.name if row else ""


_TITLES: Final[dict[str, Callable[..., str]]] = {
    "alert": _alert, "match": _match, "file": _file,
    "examination": _record, "record": _record,
}  # fmt: skip
