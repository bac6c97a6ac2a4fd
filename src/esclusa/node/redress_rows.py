"""Redress cases in the ledger, and as faces see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.redress import (
    ENDED,
    Case,
    Row,
    Step,
    allowed,
    move_words,
    replay,
    words,
)
from esclusa.casework.redress_effect import entry_digest
from esclusa.codes import redress as numbers
from esclusa.ledger import versions
from esclusa.ledger.indexing import REDRESS_REFERENCE, redress_case_reference
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import get
from esclusa.model import ListEntry, Record, RedressEntry, RedressMove, record_id
from esclusa.node.partner_entries import code_of
from esclusa.sharing import redress_views as views
from esclusa.sharing.referral_views import RecordedView, WordView

KIND: Final = "redress_move"
MISSING: Final = "no such redress case"
_MOVE: Final = msgspec.json.Decoder(RedressMove)
_SETTLED: Final = ENDED | {"granted", "expired"}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the ledger holds it, with the label of its steps."""

    case: Case
    label: int


def kept(
    connection: sa.Connection, visible: Collection[int], today: str, *,
    value: str = REDRESS_REFERENCE,
) -> list[Kept]:  # fmt: skip
    """Return the cases whose steps hold a reference under these labels, in the order of their
    first steps."""
    moves: dict[str, list[RedressMove]] = {}
    labels: dict[str, int] = {}
    for held in versions.all_holding(connection, visible, value):
        if held.kind == KIND and not held.withdrawn:
            move = _MOVE.decode(held.body)
            moves.setdefault(move.case, []).append(move)
            labels[move.case] = held.label_id
    return [Kept(case=replay(each, today), label=labels[name]) for name, each in moves.items()]


def one(connection: sa.Connection, visible: Collection[int], today: str, name: str) -> Kept | None:
    """Return the case of this name, None when there is none under these labels."""
    found = kept(connection, visible, today, value=redress_case_reference(name))
    return next((item for item in found if item.case.id == name), None)


# --- as faces see them ---------------------------------------------------------------------------


def word(group: str, code: str) -> WordView:
    """Return a word of the data with its texts."""
    found = words(group).get(code)
    return WordView(code=code, en=found.en if found else code, es=found.es if found else code)


def row(item: Kept, level: int) -> views.CaseRow:
    """Return a case as a row of the desk's list."""
    case = item.case
    return views.CaseRow(
        case=case.id, state=word("state", case.state), name=case.person.name,
        number=numbers.shown(case.number), until=case.until, open=case.state not in _SETTLED,
        last=case.steps[-1].move.at if case.steps else "", level=level,
    )  # fmt: skip


def steps(case: Case) -> tuple[views.StepView, ...]:
    """Return the history, oldest first."""
    return tuple(map(_step, case.steps))


def _step(step: Step) -> views.StepView:
    move = step.move
    return views.StepView(
        move=move_word(move.move), by=move.by, at=move.at, after=word("state", step.state),
        recorded=tuple(
            RecordedView(
                field=word("field", item.name), value=item.value,
                text=word(item.name, item.value) if item.value in words(item.name) else None,
            )
            for item in move.recorded
        ),
        until=move.until, partners=move.partners,
    )  # fmt: skip


def move_word(code: str) -> WordView:
    """Return a step's name."""
    found = move_words()[code]
    return WordView(code=code, en=found.en, es=found.es)


def moves(case: Case, by: str, *, supervisor: bool, until: str) -> tuple[views.MoveView, ...]:
    """Return the steps that a person can make now, with their forms.

    :param until: the last day that is proposed for a number.
    """
    return tuple(
        views.MoveView(
            move=move_word(found.move), fields=form(found, until), person=found.move == "papers",
            partners=found.actor == "second",
        )
        for found in allowed(case, by, supervisor=supervisor)
    )  # fmt: skip


def form(found: Row, until: str = "") -> tuple[views.FieldView, ...]:
    """Return the fields that a step records."""
    return tuple(_field(name, until) for name in found.needs)


def _field(name: str, until: str) -> views.FieldView:
    codes = tuple(word(name, code) for code in words(name))
    return views.FieldView(
        word=word("field", name), type="code" if codes else "day" if name == "until" else "long",
        codes=codes, value=until if name == "until" else "",
    )  # fmt: skip


def entries(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    named: Iterable[RedressEntry],
) -> tuple[views.EntryView, ...]:  # fmt: skip
    """Return list entries as far as they may be seen."""
    return tuple(_entries(connection, labels, visible, us, named))


def _entries(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    named: Iterable[RedressEntry],
) -> Iterator[views.EntryView]:  # fmt: skip
    for item in named:
        name = record_id(us, "list_entry", f"{item.list_id}/{item.uid}".upper())
        found = get(connection, labels, visible, name)
        if found is None:  # a partner's is named by its record
            name, found = item.uid, _copy(connection, labels, visible, item)
        body = found.body if found is not None and not found.withdrawn else None
        entry = body if isinstance(body, ListEntry) else None
        yield views.EntryView(
            list_id=item.list_id, uid=item.uid, name=entry.name if entry else "",
            record=name if entry else "",
            changed=entry is not None and entry_digest(entry) != item.digest,
        )  # fmt: skip


def _copy(
    connection: sa.Connection, labels: Labels, visible: Collection[int], item: RedressEntry
) -> Record | None:
    """Return the copy of a partner's entry that a grant names, None when it is not here."""
    found = get(connection, labels, visible, item.uid)
    if found is None or not isinstance(found.body, ListEntry):
        return None
    return found if code_of(found) == (item.list_id, item.uid) else None
