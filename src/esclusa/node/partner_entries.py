"""What a partner's list entry is called here, and what of it is compared.

All entries of one originator under one marking are one list here, named by the originator. Within
it an entry is named by its record: a decision's name is made from the entry's and outlives its
erasure, so it must hold nothing of what the partner said.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.ledger.labels import Label
from esclusa.model import ListEntry, Record

EXCHANGED: Final = "esclusa-exchange"
"""The format of records that came from a partner."""
_MASKED: Final = "…"
"""Begins a value of which a partner gave us the end alone."""


def is_partners(label: Label) -> bool:
    """Tell whether records under a label are copies of a partner's."""
    return bool(label.supplier) and "/" not in label.supplier


def list_of(originator: str, supplier: str) -> str:
    """Return the id of the list that a partner's entries make here."""
    through = f"-through-{supplier}" if supplier != originator else ""
    return f"from-{originator}{through}"


def code_of(item: Record) -> tuple[str, str]:
    """Return list and id by which reasons and decisions name a list entry, ours or a partner's."""
    entry = item.body
    assert isinstance(entry, ListEntry)
    if item.provenance.format != EXCHANGED:
        return entry.list_id, entry.uid
    return list_of(item.originator, item.provenance.message), item.id


def compared(list_id: str, name: str, entry: ListEntry) -> ListEntry:
    """Return a partner's entry as it is compared: named by its record, and without what the
    partner gave in part; the end of a name is no name."""
    return msgspec.structs.replace(
        entry,
        list_id=list_id,
        uid=name,
        name="" if _MASKED in entry.name else entry.name,
        aliases=tuple(one for one in entry.aliases if _MASKED not in one.name),
        identifiers=tuple(one for one in entry.identifiers if _MASKED not in one.value),
        addresses=tuple(one for one in entry.addresses if _MASKED not in one),
        birth_places=tuple(one for one in entry.birth_places if _MASKED not in one),
    )
