"""Kept mappings: add them, show them, and choose the one that a table is read with.

A mapping carries no marking: whoever may take files in may read all of them, so that he can choose.
It says what columns are called, and never what stands in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, BinaryIO, Final

import msgspec

from esclusa.errors import FormatError, InputError, NotFound
from esclusa.formats import DEFAULT, fitting, open_stream, propose, table_of
from esclusa.formats.files import HEAD
from esclusa.formats.tabular.mapping import MAPPING_BYTES, Mapping, load_mapping
from esclusa.formats.tabular.writing import proposal_toml
from esclusa.ledger import audit, mappings
from esclusa.ledger.custody import Vault
from esclusa.ledger.store import Store
from esclusa.model import Defect, Severity
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import MappingVersion, MappingView

TAKEN_IN: Final = ("consignment", "examination", "ownership", "traveller")
"""What tables that are taken in speak of."""

LISTED: Final = ("list_entry",)
"""What tables that are loaded as watchlists speak of."""


class Kept(msgspec.Struct, frozen=True):
    """A kept mapping, ready to be used, and the reference that files point to it with."""

    ref: str
    mapping: Mapping


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a file is read with, None for no mapping, and what is to be told of the choice."""

    kept: Kept | None = None
    notes: tuple[Defect, ...] = ()

    @property
    def ref(self) -> str:
        """The reference that the file's row holds, "" for no mapping."""
        return self.kept.ref if self.kept else ""


def add(store: Store, reader: Reader, name: str, stream: BinaryIO) -> MappingView:
    """Keep a mapping file; a new text under a known id is its new version.

    Raises :class:`~esclusa.errors.FormatError` naming what is wrong with it, and
    :class:`~esclusa.errors.LimitError` when it is too large.
    """
    reader.require(Action.MAPPING_WRITE)
    data = stream.read(MAPPING_BYTES + 1)
    mapping = load_mapping(data, file=name)
    with store.write() as connection:
        version, fresh = mappings.add(
            connection, identity=mapping.id, body=data.decode("utf-8-sig"), by=reader.name
        )
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose,
            action=Action.MAPPING_WRITE, subject=mapping.id,
            detail=f"version={version}" if fresh else "known already",
        )  # fmt: skip
        return _view(mappings.find(connection, mapping.id))


def show_all(store: Store) -> tuple[MappingView, ...]:
    """Return the newest version of every mapping, by id, without its text."""
    with store.read() as connection:
        rows = mappings.newest(connection)
    return tuple(msgspec.structs.replace(_view(row), text="") for row in rows)


def show(store: Store, identity: str, digest: str) -> MappingView:
    """Return a mapping with its text: the newest version, or the newest whose digest so begins.

    Raises :class:`~esclusa.errors.NotFound`.
    """
    with store.read() as connection:
        rows = mappings.versions(connection, identity)
    found = [row for row in rows if row.digest.startswith(digest)]
    if not found:
        raise NotFound("no such mapping")
    return msgspec.structs.replace(
        _view(found[0]),
        versions=tuple(
            MappingVersion(
                version=row.version, digest=row.digest, added=row.added, added_by=row.added_by
            )
            for row in rows
        ),
    )


def by_name(store: Store, identity: str, targets: Sequence[str]) -> Kept | None:
    """Return the newest version of the mapping that a person named, None when he named none ("").

    Raises :class:`~esclusa.errors.InputError` when none has the id, or it is not for one of the
    targets.
    """
    if not identity:
        return None
    with store.read() as connection:
        row = mappings.find(connection, identity)
    if row is None:
        reason = f"no mapping is called {identity[:64]!r}"
        raise InputError(reason, field="mapping", problem="nobody")
    kept = _kept(row)
    if kept.mapping.target not in targets:
        wanted = " or ".join(filter(None, (", ".join(targets[:-1]), targets[-1])))
        reason = f"mapping {row.id} is for {kept.mapping.target}, {wanted} was expected here"
        raise InputError(reason, field="mapping", problem="kind")
    return kept


def by_reference(store: Store, ref: str) -> Mapping | None:
    """Return the mapping that a file is read with, None for "".

    Raises :class:`~esclusa.errors.InputError` when it cannot be used.
    """
    if not ref:
        return None
    with store.read() as connection:
        row = mappings.by_reference(connection, ref)
    if row is None:
        raise InputError(f"mapping {ref} is not kept here", field="mapping", problem="nobody")
    return _parsed(row.body)


def choose(
    store: Store, named: Kept | None, stream: BinaryIO, name: str, targets: Sequence[str]
) -> Choice:
    """Return the mapping that received bytes are read with.

    The one that a person named; else the only kept one all of whose headings stand in the table;
    else none, and the reader guesses. Never raises for bad bytes: reading them will tell.
    """
    try:
        opened = open_stream(stream, name, DEFAULT)
        if named:
            table = table_of(opened.peek(HEAD)[:HEAD], name)
            return Choice(kept=named) if table else Choice(notes=(_no_table(named),))
        candidates = {kept.mapping.id: kept for kept in _usable(store, targets)}
        if not candidates:
            return Choice()
        found = fitting(opened, name, [kept.mapping for kept in candidates.values()])
    except InputError:
        return Choice()
    if len(found) == 1:
        kept = candidates[found[0].id]
        return Choice(kept=kept, notes=(_found(kept),))
    return Choice(notes=(_several(found),) if found else ())


def proposed(vault: Vault, row: Any) -> str:
    """Return the mapping that is guessed for a source's bytes as TOML.

    Raises :class:`~esclusa.errors.InputError` when it is no table, or nothing can be guessed.
    """
    if row.redacted:
        raise InputError("the received bytes were erased", file=row.name)
    with vault.open(row.sha256) as raw:
        proposal = propose(open_stream(raw, row.name, DEFAULT), row.name)
    if proposal.mapping is None:
        raise FormatError(proposal.reason, file=row.name)
    return proposal_toml(proposal, row.name)


def _usable(store: Store, targets: Sequence[str]) -> list[Kept]:
    """Return the newest versions for the targets that this version of Esclusa can read."""
    with store.read() as connection:
        rows = mappings.newest(connection)
    found = []
    for row in rows:
        try:
            kept = _kept(row)
        except FormatError:
            continue
        if kept.mapping.target in targets:
            found.append(kept)
    return found


def _kept(row: Any) -> Kept:
    return Kept(mappings.reference(row.id, row.digest), _parsed(row.body))


@lru_cache(maxsize=512)
def _parsed(body: str) -> Mapping:
    return load_mapping(body.encode(), file="mapping")


def _view(row: Any) -> MappingView:
    """Return a mapping's row for people; one that can no longer be read has no target."""
    try:
        mapping = _parsed(row.body)
    except FormatError:
        mapping = None
    return MappingView(
        id=row.id,
        title=mapping.title if mapping else "",
        target=mapping.target if mapping else "",
        columns=len(mapping.columns) if mapping else 0,
        version=row.version,
        digest=row.digest,
        added=row.added,
        added_by=row.added_by,
        text=row.body,
    )


def _no_table(named: Kept) -> Defect:
    reason = f"mapping {named.mapping.id} was named, but the file is no table; it is not used"
    return _note("table.mapping.unused", reason)


def _found(kept: Kept) -> Defect:
    reason = (
        f"no mapping was named; the table has every column heading of the kept mapping "
        f"{kept.mapping.id} and of no other, and is read with it"
    )
    return _note("table.mapping.found", reason)


def _several(found: Sequence[Mapping]) -> Defect:
    ids = ", ".join(mapping.id for mapping in found[:5]) + (" …" if len(found) > 5 else "")
    reason = f"no mapping was named and {len(found)} kept ones fit this table ({ids}); none is used"
    return _note("table.mapping.several", reason)


def _note(code: str, reason: str) -> Defect:
    return Defect(code=code, severity=Severity.NOTE, reason=reason, offset=0)
