"""Watchlists: bring a new edition into force, whole or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError
from esclusa.formats import DEFAULT, detect, open_stream, table_of
from esclusa.formats.files import OpenedFile
from esclusa.formats.lists.ofac_sdn import kind_of_file, read_ofac
from esclusa.formats.lists.own_list import read_own_list
from esclusa.formats.tabular.mapping import Mapping
from esclusa.ledger import audit, custody, records, watchlists
from esclusa.ledger.records import Draft, Outcome
from esclusa.ledger.store import Store
from esclusa.model import Defect, ListEntry, Message, Provenance, Severity
from esclusa.sharing.reader import Action, Reader

_HEAD: Final = 4096


class ListFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a list in custody."""

    sha256: str
    source_id: str
    name: str


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a new edition changed. ``defects`` are those of its files; ``mapping`` is the id of the
    kept mapping that it was read with, "" for none."""

    entries: int
    added: int
    changed: int
    removed: int
    edition: str
    defects: tuple[Defect, ...]
    mapping: str = ""


def load(
    store: Store, vault: custody.Vault, *, by: Reader, list_id: str, title: str,
    files: Sequence[ListFile], label_id: int, originator: str, mapping: Mapping | None = None,
) -> Loaded:  # fmt: skip
    """Bring the files of a list's edition into force.

    :param files: the list itself first, companions after.
    :param mapping: what the columns of a table mean; None to guess.
    :raises InputError: when a file cannot be read to its end or holds no entry; the edition in
        force stays then.
    """
    format_id, entries, defects = _read(vault, list_id, files, mapping)
    edition = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}-{files[0].sha256[:8]}"
    drafts = [
        Draft(
            body=entry,
            originator=originator,
            label_id=label_id,
            provenance=provenance,
        )
        for entry, provenance in entries.values()
    ]
    with store.write() as connection:
        old = watchlists.entry_ids(connection, list_id, label_id)
        made = records.append(connection, drafts)
        gone = old.keys() - {answer.id for answer in made}
        records.append(connection, _withdrawals(connection, gone, old, originator, label_id))
        watchlists.put(
            connection, id=list_id, title=title or list_id, format=format_id, edition=edition,
            entries=len(drafts), label_id=label_id, by=by.name,
        )  # fmt: skip
        audit.write_line(
            connection, who=by.name, role=by.role, purpose=by.purpose, action=Action.LIST_WRITE,
            subject=list_id, detail=f"entries={len(drafts)} removed={len(gone)}",
        )  # fmt: skip
    counted = [answer.outcome for answer in made]
    return Loaded(
        entries=len(drafts),
        added=counted.count(Outcome.NEW),
        changed=counted.count(Outcome.CHANGED),
        removed=len(gone),
        edition=edition,
        defects=defects,
        mapping=mapping.id if mapping else "",
    )


def _read(
    vault: custody.Vault, list_id: str, files: Sequence[ListFile], mapping: Mapping | None
) -> tuple[str, dict[str, tuple[ListEntry, Provenance]], tuple[Defect, ...]]:
    with ExitStack() as stack:
        streams = [
            (open_stream(stack.enter_context(vault.open(file.sha256)), file.name), file.name)
            for file in files
        ]
        format_id, items = open_list(streams, list_id, mapping)
        entries, defects = _collect(items, list_id, files[0].source_id)
    fatal = [item for item in defects if item.severity is Severity.FATAL]
    if fatal:
        raise InputError(
            f"the edition in force stays: {fatal[0].reason}", file=files[0].name,
            offset=fatal[0].offset,
        )  # fmt: skip
    if not entries:
        raise InputError("the edition in force stays: no entry was found", file=files[0].name)
    return format_id, entries, defects


def open_list(
    streams: Sequence[tuple[OpenedFile, str]], list_id: str, mapping: Mapping | None = None
) -> tuple[str, Iterator[Message | Defect]]:
    """Return the format of a list and what its files say; companions only OFAC has.

    :raises InputError: when the files are not what was expected, or there is a ``mapping`` and they
        are not one table.
    """
    first, name = streams[0]
    if mapping is not None:
        table = table_of(first.peek(_HEAD)[:_HEAD], name) if len(streams) == 1 else None
        if table is None:
            raise InputError(f"mapping {mapping.id} reads one table; this is none", file=name)
        items = read_own_list(first, list_id, mapping=mapping, file=name, limits=DEFAULT)
        return table.id, iter(items)
    if len(streams) == 1:
        chosen = detect(first.peek(_HEAD)[:_HEAD], name)
        if chosen.id.startswith("tabular."):
            # A table is asked for as a list; left to itself it may be taken for a manifest.
            return chosen.id, iter(read_own_list(first, list_id, file=name, limits=DEFAULT))
        return chosen.id, iter(chosen.read(first, file=name, limits=DEFAULT))
    parts = {kind_of_file(stream.peek(_HEAD)[:_HEAD]): stream for stream, _name in streams}
    if len(parts) != len(streams) or "sdn" not in parts or "" in parts:
        raise InputError(
            "of several files one is sdn.csv, the others alt.csv and add.csv", file=name
        )
    return "ofac_sdn", read_ofac(
        parts["sdn"], alt=parts.get("alt"), add=parts.get("add"), file=name, limits=DEFAULT
    )


def _collect(
    items: Iterable[Message | Defect], list_id: str, source_id: str
) -> tuple[dict[str, tuple[ListEntry, Provenance]], tuple[Defect, ...]]:
    entries: dict[str, tuple[ListEntry, Provenance]] = {}
    defects: list[Defect] = []
    for item in items:
        if isinstance(item, Defect):
            defects.append(item)
            continue
        defects += item.defects
        for entry in item.statements:
            if isinstance(entry, ListEntry):
                named = msgspec.structs.replace(entry, list_id=list_id)
                entries[named.uid] = (named, _provenance(item, source_id))
    return entries, tuple(defects)


def _provenance(message: Message, source: str) -> Provenance:
    return Provenance(
        source=source,
        format=message.format,
        message=message.reference,
        offset=message.offset,
        length=message.length,
    )


def _withdrawals(
    connection: sa.Connection, gone: Iterable[str], old: dict[str, int],
    originator: str, label_id: int,
) -> list[Draft]:  # fmt: skip
    return [
        Draft(body=body, originator=originator, label_id=label_id, withdrawn=True)
        for body in records.bodies(connection, [old[name] for name in gone])
    ]
