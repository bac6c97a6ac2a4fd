"""What a recall of all records of one file would take back, and from whom, before it is done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import sqlalchemy as sa

from esclusa.casework.reasons import check_reason
from esclusa.errors import InputError, StateError
from esclusa.ledger import records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Labels
from esclusa.node.exchange import Exchange
from esclusa.sharing import partner_views as views
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.exchange.state import State

_BACK: Final = (Grade.RECALLED, Grade.GONE)
_FEW: Final = 2_000
"""Up to how many records a keyed hash for each costs less than a walk over all that were stated."""
LISTED: Final = 200
"""Records that are listed by name; the counts are of all."""
_VERSION: Final = 12


def names_of(exchange: Exchange, record_ids: Collection[str]) -> dict[str, str]:
    """Return, of records of ours that were ever stated, the name by which partners know each, with
    its id here. The exchange's rows must have been read before."""
    places = exchange.pointers
    if len(record_ids) < _FEW:
        named = {exchange.name_of(one): one for one in record_ids} if places else {}
        return {name: one for name, one in named.items() if name in places}
    return {name: place.id for name, place in places.items() if place.id in record_ids}


def standing(state: State, names: Collection[str]) -> dict[str, dict[str, Grade]]:
    """Return how records of ours, by the names that partners know them by, stand with each partner
    who got them from us."""
    return {
        name: {
            one: grant.state for one in sorted(state.pacts)
            if (grant := state.grants.get((one, state.me, name))) is not None
        }
        for name in sorted(names)
    }  # fmt: skip


def out_at(stands: Mapping[str, Mapping[str, Grade]]) -> dict[str, tuple[str, ...]]:
    """Return the records that somebody has from us now, each with who has it.

    :param stands: as :func:`standing` returns it.
    """
    found = {
        name: tuple(one for one, grade in by.items() if grade is Grade.OUT)
        for name, by in stands.items()
    }
    return {name: holders for name, holders in found.items() if holders}


def version(ids: Mapping[str, str], out: Mapping[str, Sequence[str]]) -> str:
    """Return a word that changes when a record more or less is out, or with somebody else.

    :param ids: the id here of each record, by the name that partners know it by.
    :param out: as :func:`out_at` returns it.
    """
    told = "\n".join(sorted(f"{ids[name]} {' '.join(holders)}" for name, holders in out.items()))
    return blake2b(told.encode(), digest_size=_VERSION).hexdigest()


def require_same(ids: Mapping[str, str], out: Mapping[str, Sequence[str]], seen: str) -> None:
    """Raise ``StateError`` when something else would be recalled than a person saw.

    :param seen: the version of what was shown, "" for any.
    """
    if seen and seen != version(ids, out):
        raise StateError("what partners have of this file has changed since you looked")


def require_reason(text: str) -> str:
    """Return the reason of a recall without spaces around it; raises ``InputError`` when there is
    none, or it cannot be kept."""
    said = " ".join(text.split())
    if not said:
        raise InputError("a recall needs a written reason", field="reason", problem="missing")
    check_reason(said)
    return said


def plan(
    connection: sa.Connection, labels: Labels, visible: Collection[int], source: Any,
    ids: Mapping[str, str], stands: Mapping[str, Mapping[str, Grade]], *, records_here: int,
) -> views.RecallPlanView:  # fmt: skip
    """Return what a recall of a file would take back.

    :param source: the file's row in custody.
    :param ids: the id here of each record, by the name that partners know it by.
    :param stands: as :func:`standing` returns it.
    :param records_here: how many records of ours the reader sees of the file.
    """
    out = out_at(stands)
    rows = []
    for name in sorted(out, key=ids.__getitem__)[:LISTED]:
        held = records.get(connection, labels, visible, ids[name])
        if held is not None and held.body is not None:
            rows.append(views.RecallRow(
                record_id=held.id, kind=held.kind, title=title_of(held.body) or held.kind,
                holders=out[name],
            ))  # fmt: skip
    return views.RecallPlanView(
        source=source.id, file=source.name, version=version(ids, out), records=len(out),
        stays=records_here - len(out), rows=tuple(rows), more=len(out) > len(rows),
        holders=tuple(_holders(stands)),
    )  # fmt: skip


def _holders(stands: Mapping[str, Mapping[str, Grade]]) -> Iterator[views.RecallHolder]:
    grades = [pair for by in stands.values() for pair in by.items()]
    for holder in sorted({one for one, _grade in grades}):
        mine = [grade for one, grade in grades if one == holder]
        out, gone = mine.count(Grade.OUT), mine.count(Grade.GONE)
        if out or any(grade in _BACK for grade in mine):
            yield views.RecallHolder(
                holder=holder, records=out, recalled=mine.count(Grade.RECALLED), gone=gone
            )
