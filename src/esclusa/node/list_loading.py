"""Bring a new edition of a watchlist into force, whole or not at all, or hold it for a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from esclusa.ledger import audit, custody, records, retro, watchlists
from esclusa.ledger.records import Draft
from esclusa.ledger.watchlists import ChangeRow, Edition
from esclusa.model import Body, Defect
from esclusa.node.list_changes import ADDED, CHANGED, REMOVED, compare, dropping_names, why_held
from esclusa.node.lists import ListContent, ListFile
from esclusa.node.settings import Settings
from esclusa.sharing.reader import Action, Reader

Old = Mapping[str, tuple[int, Body]]


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a new edition changes. ``held`` is why it waits for a person (``shrinks``, ``broken``,
    ``changes``); "" when it is in force. ``defects`` are those of its files; ``mapping`` is the id
    of the kept mapping that it was read with, "" for none. ``number`` counts its editions, and
    ``key`` tells the list from others of its id."""

    entries: int
    added: int
    changed: int
    removed: int
    edition: str
    defects: tuple[Defect, ...]
    mapping: str = ""
    held: str = ""
    number: int = 0
    key: str = ""


class NewEdition(msgspec.Struct, frozen=True, kw_only=True):
    """An edition that was read, with where it came from. ``mapping`` is the reference of the kept
    mapping, ``mapping_id`` its id. Of one that was held, ``edition``, ``loaded`` and ``loaded_by``
    say what it was called, when and by whom it was loaded; ``reason`` is why a person lets it into
    force although it drops or changes much, "" to ask."""

    list_id: str
    title: str
    source: str
    label_id: int
    files: tuple[ListFile, ...]
    content: ListContent
    mapping: str = ""
    mapping_id: str = ""
    edition: str = ""
    loaded: str = ""
    loaded_by: str = ""
    reason: str = ""


def in_force(connection: sa.Connection, list_id: str, label_id: int) -> Old:
    """Return the entries in force: record id → version, body."""
    return {
        name: (seq, body) for name, seq, body in watchlists.entries(connection, list_id, label_id)
    }


def differences(old: Old, content: ListContent) -> tuple[ChangeRow, ...]:
    """Return what the content of an edition does to the entries in force."""
    return compare(old, {name: entry for name, (entry, _at) in content.entries.items()})


def judged(changes: Sequence[ChangeRow], old: Old, content: ListContent, settings: Settings) -> str:
    """Return why a person must be asked first, "" when nobody must."""
    return why_held(
        changes, len(old), shrink_percent=settings.list_shrink_percent,
        change_percent=settings.list_change_percent, refused=content.refused,
    )  # fmt: skip


def load(
    connection: sa.Connection, new: NewEdition, *, by: Reader, agency: str, settings: Settings
) -> Loaded:
    """Bring an edition into force inside the caller's write transaction, or hold it."""
    custody.name_format(connection, [file.source_id for file in new.files], new.content.format)
    old = in_force(connection, new.list_id, new.label_id)
    changes = differences(old, new.content)
    why = "" if new.reason else judged(changes, old, new.content, settings)
    edition = Edition(
        id=new.list_id, label_id=new.label_id, title=new.title,
        edition=new.edition or _name(new.files), format=new.content.format,
        entries=len(new.content.entries), by=new.loaded_by or by.name, loaded=new.loaded,
        decided_by=by.name if new.reason else "", reason=new.reason,
        source=new.source, prepared=new.content.prepared, mapping=new.mapping, why=why,
        files=tuple((file.sha256, file.source_id, file.name) for file in new.files),
    )  # fmt: skip
    if why:
        number = watchlists.enter(connection, edition, changes, in_force=False)
    else:
        number = _into_force(connection, edition, new, changes, old, agency)
    loaded = _loaded(edition, changes, new, number)
    audit.write_line(
        connection, who=by.name, role=by.role, purpose=by.purpose, action=Action.LIST_WRITE,
        subject=new.list_id, detail=_detail(loaded),
    )  # fmt: skip
    return loaded


def _into_force(
    connection: sa.Connection, edition: Edition, new: NewEdition, changes: Sequence[ChangeRow],
    old: Old, agency: str,
) -> int:  # fmt: skip
    drafts = [_draft(row, new, old, agency) for row in changes]
    until = retro.newest(connection)
    made = records.append(connection, drafts)
    kept = [
        row if row.what == REMOVED else msgspec.structs.replace(row, after=answer.seq)
        for row, answer in zip(dropping_names(changes), made, strict=True)
    ]
    number = watchlists.enter(
        connection, edition, kept, in_force=True, until=until if changes else 0
    )
    watchlists.put(
        connection, id=edition.id, title=edition.title, format=edition.format,
        edition=edition.edition, entries=edition.entries, label_id=edition.label_id,
        by=edition.by, number=number, source=edition.source, prepared=edition.prepared,
    )  # fmt: skip
    return number


def _draft(row: ChangeRow, new: NewEdition, old: Old, agency: str) -> Draft:
    if row.what == REMOVED:
        body = old[row.record_id][1]
        return Draft(body=body, originator=agency, label_id=new.label_id, withdrawn=True)
    entry, provenance = new.content.entries[row.record_id]
    return Draft(body=entry, originator=agency, label_id=new.label_id, provenance=provenance)


def _name(files: Sequence[ListFile]) -> str:
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}-{files[0].sha256[:8]}"


def _loaded(edition: Edition, changes: Sequence[ChangeRow], new: NewEdition, number: int) -> Loaded:
    counted = [row.what for row in changes]
    return Loaded(
        entries=edition.entries,
        added=counted.count(ADDED),
        changed=counted.count(CHANGED),
        removed=counted.count(REMOVED),
        edition=edition.edition,
        defects=new.content.defects,
        mapping=new.mapping_id,
        held=edition.why,
        number=number,
    )


def _detail(loaded: Loaded) -> str:
    held = f" held={loaded.held}" if loaded.held else ""
    return f"entries={loaded.entries} removed={loaded.removed}{held}"
