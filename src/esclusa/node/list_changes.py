"""What a new edition of a list does to the one in force, and whether a person must be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from esclusa.ledger.watchlists import ChangeRow
from esclusa.model import Body, ListEntry

ADDED: Final = "added"
CHANGED: Final = "changed"
REMOVED: Final = "removed"
SHRINKS: Final = "shrinks"
"""Why an edition is held: more than a set share of the entries in force would go."""
CHANGES: Final = "changes"
"""Why an edition is held: more than a set share of the entries in force would change."""
BROKEN: Final = "broken"
"""Why an edition is held: entries in its files are broken, and entries in force would go."""

_FIELDS: Final = tuple(
    name for name in ListEntry.__struct_fields__ if name not in ("list_id", "uid", "aliases")
)


def compare(
    old: Mapping[str, tuple[int, Body]], new: Mapping[str, ListEntry]
) -> tuple[ChangeRow, ...]:
    """Return what changes from the entries in force (record id → version, body) to new ones: what
    goes first, then what changes, then what comes, each in the order of its own id."""
    found = [*_gone(old, new), *_kept(old, new)]
    order = (REMOVED, CHANGED, ADDED)
    return tuple(sorted(found, key=lambda row: (order.index(row.what), row.uid, row.record_id)))


def _gone(old: Mapping[str, tuple[int, Body]], new: Mapping[str, ListEntry]) -> Iterator[ChangeRow]:
    for name in old.keys() - new.keys():
        seq, body = old[name]
        assert isinstance(body, ListEntry)
        yield ChangeRow(what=REMOVED, uid=body.uid, record_id=name, before=seq)


def _kept(old: Mapping[str, tuple[int, Body]], new: Mapping[str, ListEntry]) -> Iterator[ChangeRow]:
    for name, entry in new.items():
        known = old.get(name)
        if known is None:
            yield ChangeRow(what=ADDED, uid=entry.uid, record_id=name, name=entry.name)
        elif known[1] != entry:
            assert isinstance(known[1], ListEntry)
            yield ChangeRow(
                what=CHANGED, uid=entry.uid, record_id=name, before=known[0],
                fields=fields_changed(known[1], entry), name=entry.name,
            )  # fmt: skip


def fields_changed(left: ListEntry, right: ListEntry) -> tuple[str, ...]:
    """Return the fields in which two versions of an entry differ; weak aliases are a field of their
    own, ``weak_aliases``."""
    found = [name for name in _FIELDS if getattr(left, name) != getattr(right, name)]
    for name, weak in (("aliases", False), ("weak_aliases", True)):
        if _aliases(left, weak) != _aliases(right, weak):
            found.append(name)
    return tuple(found) or ("aliases",)  # the same aliases in another order


def _aliases(entry: ListEntry, weak: bool) -> list[str]:
    return [alias.name for alias in entry.aliases if alias.weak == weak]


def why_held(
    changes: Sequence[ChangeRow], in_force: int, *, shrink_percent: float, change_percent: float,
    refused: int = 0,
) -> str:  # fmt: skip
    """Return why a person is asked before an edition comes into force, "" when nobody is.

    :param in_force: how many entries the edition in force holds.
    :param refused: how many entries of the new one could not be used: what goes may be one of them.
    """
    removed = sum(row.what == REMOVED for row in changes)
    changed = sum(row.what == CHANGED for row in changes)
    if removed * 100 > in_force * shrink_percent:
        return SHRINKS
    if removed and refused:
        return BROKEN
    return CHANGES if changed * 100 > in_force * change_percent else ""


def dropping_names(changes: Sequence[ChangeRow]) -> list[ChangeRow]:
    """Return changes without names, for an edition whose entries are records."""
    return [msgspec.structs.replace(row, name="") for row in changes]
