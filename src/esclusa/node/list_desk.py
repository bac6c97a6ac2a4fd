"""What people see and do about watchlists: each method takes the reader and leaves an audit line.

A list that a reader may not see answers like one that is not there. Counts of kept records and
alerts are of those he may see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import audit, custody, records, retro, watchlists
from esclusa.model import Marking
from esclusa.node import kept_mappings, list_loading
from esclusa.node.kept_mappings import LISTED, Choice, Kept
from esclusa.node.list_loading import Loaded, NewEdition
from esclusa.node.lists import ListFile, read_list
from esclusa.node.partner_entries import is_partners
from esclusa.node.pipeline import Pipeline
from esclusa.node.retro import Retro
from esclusa.sharing import list_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate
from esclusa.sharing.views import ListView

PAGE_ROWS: Final = 50
COMPARED_ROWS: Final = 1000
"""Differences shown of files that are only compared; all are counted."""
_TEXT: Final = 500
"""Characters of a source or a reason, at most."""

Keep = Callable[..., tuple[ListFile, Choice, bool]]
Files = Sequence[tuple[str, BinaryIO]]


def key_of(marking: Marking) -> str:
    """Return what tells lists of one id apart: eight digits made from the marking alone."""
    return hashlib.sha256(marking.canonical()).hexdigest()[:8]


class ListDesk:
    """Watchlists for people: show, add, compare, confirm, discard."""

    def __init__(self, gate: Gate, vault: custody.Vault, pipeline: Pipeline, keep: Keep) -> None:
        """:param keep: takes a file into custody, as :meth:`Node._keep` does."""
        self._gate = gate
        self._vault = vault
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._keep = keep
        self.retro = Retro(pipeline)

    # --- reading ------------------------------------------------------------------------------

    def lists(self, reader: Reader) -> tuple[ListView, ...]:
        """Return the watchlists in force."""
        reader.require(Action.LIST_READ)
        with self._gate.reading(reader) as (connection, visible):
            rows = watchlists.all_lists(connection, visible)
            held = watchlists.held(connection, visible)
        self._gate.note(reader, Action.LIST_READ, detail=f"rows={len(rows)}")
        return tuple(self._view(row, (row.id, row.label_id) in held) for row in rows)

    def show(self, reader: Reader, list_id: str, *, key: str = "") -> views.ListDetail:
        """Return a list with its editions, newest first; raises ``NotFound``."""
        reader.require(Action.LIST_READ)
        with self._gate.reading(reader) as (connection, visible):
            rows = self._editions(connection, visible, list_id, key)
            counts = retro.counts(connection, visible, list_id, rows[0].label_id) if rows else {}
            lists = watchlists.all_lists(connection, visible)
        self._found(reader, rows, list_id)
        now = [row for row in lists if (row.id, row.label_id) == (list_id, rows[0].label_id)]
        held = rows[0].state == watchlists.HELD
        return views.ListDetail(
            id=list_id,
            key=self._key(rows[0].label_id),
            title=rows[0].title,
            editions=tuple(_edition(row, counts) for row in rows),
            list=self._view(now[0], held) if now else None,
        )

    def report(
        self, reader: Reader, list_id: str, number: int = 0, *, key: str = "", what: str = "",
        page: int = 1,
    ) -> views.ListReport:  # fmt: skip
        """Return one page of what an edition changes: of the newest that was not discarded, if
        ``number`` is 0; raises ``NotFound``. ``what`` is ``added``, ``changed``, ``removed`` or ""
        for all."""
        reader.require(Action.LIST_READ)
        if what not in ("", "added", "changed", "removed") or page < 1:
            raise InputError(
                "a report shows added, changed or removed entries, by page from 1",
                field="page" if page < 1 else "what", problem="whole" if page < 1 else "code",
            )  # fmt: skip
        with self._gate.reading(reader) as (connection, visible):
            rows = [
                row
                for row in self._editions(connection, visible, list_id, key)
                if row.number == number or (not number and row.state != watchlists.DISCARDED)
            ][:1]
            counts = retro.counts(connection, visible, list_id, rows[0].label_id) if rows else {}
            changed = (
                self._changes(connection, visible, reader, rows[0], what, page) if rows else ()
            )
        self._found(reader, rows, list_id)
        edition = _edition(rows[0], counts)
        return views.ListReport(
            id=list_id, key=self._key(rows[0].label_id), title=rows[0].title,
            entries=edition.entries, added=edition.added, changed=edition.changed,
            removed=edition.removed, rows=changed, what=what, page=page,
            pages=_pages(edition, what), why=edition.why, edition=edition,
        )  # fmt: skip

    def diff(
        self, reader: Reader, list_id: str, files: Files, *, key: str = "", mapping: str = ""
    ) -> views.ListReport:
        """Return what files would change, and keep nothing of them.

        :raises NotFound: when there is no such list.
        :raises InputError: when they cannot be read to their end.
        """
        reader.require(Action.LIST_WRITE)
        row = self._ours(reader, list_id, key)
        named = kept_mappings.by_name(self._store, mapping, LISTED)
        used = named or self._mapping_for(files)
        content = read_list(
            [(stream, name) for name, stream in files], list_id,
            agency=self._settings.agency, mapping=used.mapping if used else None,
        )  # fmt: skip
        with self._gate.reading(reader) as (connection, _visible):
            old = list_loading.in_force(connection, list_id, row.label_id)
        changes = list_loading.differences(old, content)
        self._gate.note(
            reader, Action.LIST_READ, subject=list_id, detail=f"compared={len(changes)}"
        )
        counted = [change.what for change in changes]
        names = {name: str(getattr(body, "name", "")) for name, (_seq, body) in old.items()}
        return views.ListReport(
            id=list_id, key=self._key(row.label_id), title=row.title,
            entries=len(content.entries), added=counted.count("added"),
            changed=counted.count("changed"), removed=counted.count("removed"),
            rows=tuple(
                _change(change, change.name or names.get(change.record_id, ""), change.fields)
                for change in changes[:COMPARED_ROWS]
            ),
            why=list_loading.judged(changes, old, content, self._settings),
        )  # fmt: skip

    # --- writing ------------------------------------------------------------------------------

    def add(
        self, reader: Reader, list_id: str, title: str, files: Files, *,
        marking: Marking | None = None, mapping: str = "", source: str = "", compare: bool = True,
    ) -> Loaded:  # fmt: skip
        """Bring a new edition of a list into force, whole or not at all.

        Kept records are compared with it at once. An edition that drops or changes more than the
        settings allow is held for a person, and the one in force stays.

        :param files: (name, stream); the list first, its companion files after.
        :param mapping: id of the kept mapping to read a table with; as for :meth:`Node.receive`.
        :param source: where it came from, as a person says it: an office, an address.
        :param compare: False leaves kept records to :meth:`compare_waiting`.
        :raises InputError: when it cannot be read to its end; the edition in force stays.
        """
        reader.require(Action.LIST_WRITE)
        if not list_id.replace("_", "").isalnum() or not list_id.islower():
            raise InputError(
                "a list id has small letters, digits and underscores", field="list_id",
                problem="name", expected="a–z 0–9 _",
            )  # fmt: skip
        if not files:
            raise InputError("a list needs a file", field="files", problem="file")
        named = kept_mappings.by_name(self._store, mapping, LISTED)
        chosen = marking or self._settings.list_marking()
        label = self._labels.intern(self._settings.agency, chosen)
        if label not in self._gate.visible(reader):
            reason = "a list cannot be marked beyond what its loader may read"
            raise InputError(reason, field="level", problem="above")
        targets = LISTED if len(files) == 1 else ()
        kept = [
            self._keep(reader, name, stream, chosen, named, targets, state="done")
            for name, stream in files
        ]
        new = self._read(
            list_id, title or list_id, _line(source, "the source"), label,
            [file for file, _choice, _fresh in kept], named or kept[0][1].kept,
        )  # fmt: skip
        return self._bring(reader, new, compare=compare)

    def update(
        self, reader: Reader, list_id: str, files: Files, *, key: str = "", mapping: str = "",
        source: str = "", compare: bool = True,
    ) -> Loaded:  # fmt: skip
        """Bring a new edition of a list that is in force, under its title and marking.

        :param source: "" for that of the edition in force. All else as for :meth:`add`.
        :raises NotFound: when there is no such list.
        """
        reader.require(Action.LIST_WRITE)
        row = self._ours(reader, list_id, key)
        return self.add(
            reader, list_id, row.title, files, marking=self._labels.get(row.label_id).marking,
            mapping=mapping, source=source or row.source, compare=compare,
        )  # fmt: skip

    def confirm(
        self, reader: Reader, list_id: str, *, reason: str, key: str = "", compare: bool = True
    ) -> Loaded:
        """Bring the edition that is held into force.

        :param reason: why, in the person's own words.
        :raises StateError: when none is held.
        :raises InputError: without a reason, or when its files were erased meanwhile.
        """
        row = self._held(reader, list_id, key)
        reason = _line(reason, "the reason")
        if not reason:
            raise InputError("a person who confirms says why", field="reason", problem="missing")
        files = [ListFile(sha256=s, source_id=i, name=n) for s, i, n in _files(row)]
        mapping = kept_mappings.by_reference(self._store, row.mapping)
        new = self._read(
            list_id, row.title, row.source, row.label_id, files,
            Kept(row.mapping, mapping) if mapping else None,
        )  # fmt: skip
        again = msgspec.structs.replace(
            new, edition=row.edition, loaded=row.loaded, loaded_by=row.loaded_by, reason=reason
        )
        return self._bring(reader, again, compare=compare, held=row.number)

    def discard(self, reader: Reader, list_id: str, *, reason: str = "", key: str = "") -> None:
        """Let the edition that is held go; the one in force stays.

        :raises StateError: when none is held.
        """
        row = self._held(reader, list_id, key)
        reason = _line(reason, "the reason")
        with self._store.write() as connection:
            done = watchlists.change_state(
                connection, list_id, row.label_id, watchlists.HELD, watchlists.DISCARDED,
                by=reader.name, reason=reason,
            )  # fmt: skip
            if not done:
                raise StateError("no edition of this list is held")
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=Action.LIST_WRITE, subject=list_id, detail="held edition discarded",
            )  # fmt: skip

    def compare_waiting(self) -> None:
        """Compare kept records with every edition that has come into force and was not yet compared
        with all of them; safe to repeat and to interrupt."""
        self.retro.run()

    # --- inside -------------------------------------------------------------------------------

    def _bring(self, reader: Reader, new: NewEdition, *, compare: bool, held: int = 0) -> Loaded:
        algebra = self._pipeline.analyst.algebra
        for item in self._labels.all():  # what another process takes in now needs no new label
            algebra.join(item.id, new.label_id)
        with self._store.write() as connection:
            if held:
                taken = watchlists.take_held(connection, new.list_id, new.label_id)
                if taken is None or taken.number != held:
                    raise StateError("no edition of this list is held")
            loaded = list_loading.load(
                connection, new, by=reader, agency=self._settings.agency, settings=self._settings
            )
        if compare and not loaded.held:
            self.compare_waiting()
        return msgspec.structs.replace(loaded, key=self._key(new.label_id))

    def _read(
        self, list_id: str, title: str, source: str, label: int, files: Sequence[ListFile],
        kept: Kept | None,
    ) -> NewEdition:  # fmt: skip
        with ExitStack() as stack:
            content = read_list(
                [(stack.enter_context(self._open(file)), file.name) for file in files], list_id,
                agency=self._settings.agency, source_id=files[0].source_id,
                mapping=kept.mapping if kept else None,
            )  # fmt: skip
        return NewEdition(
            list_id=list_id, title=title, source=source, label_id=label, files=tuple(files),
            content=content, mapping=kept.ref if kept else "",
            mapping_id=kept.mapping.id if kept else "",
        )  # fmt: skip

    def _open(self, file: ListFile) -> Any:
        with self._store.read() as connection:
            row = custody.find(connection, file.source_id, None)
        if row is None or row.redacted:
            raise InputError("the received bytes were erased", file=file.name)
        return self._vault.open(file.sha256)

    def _mapping_for(self, files: Files) -> Kept | None:
        if len(files) != 1:
            return None
        name, stream = files[0]
        choice = kept_mappings.choose(self._store, None, stream, name, LISTED)
        stream.seek(0)
        return choice.kept

    def _in_force(self, reader: Reader, list_id: str, key: str) -> Any:
        with self._gate.reading(reader) as (connection, visible):
            rows = watchlists.all_lists(connection, visible)
        return self._one([row for row in rows if row.id == list_id], key)

    def _ours(self, reader: Reader, list_id: str, key: str) -> Any:
        """Return a list in force that people here may change."""
        row = self._in_force(reader, list_id, key)
        if is_partners(label := self._labels.get(row.label_id)):
            raise InputError(
                "this list is {originator}'s; it changes with what they share",
                originator=label.originator,
            )  # fmt: skip
        return row

    def _held(self, reader: Reader, list_id: str, key: str) -> Any:
        reader.require(Action.LIST_WRITE)
        with self._gate.reading(reader) as (connection, visible):
            rows = watchlists.editions(connection, visible, list_id)
        if not rows:
            raise NotFound("no such list")
        held = [row for row in rows if row.state == watchlists.HELD]
        if not held:
            raise StateError("no edition of this list is held")
        return self._one(held, key)

    def _one(self, rows: Sequence[Any], key: str) -> Any:
        found = [row for row in rows if key in ("", self._key(row.label_id))]
        if not found:
            raise NotFound("no such list")
        if len(found) > 1:
            keys = ", ".join(sorted(self._key(row.label_id) for row in found))
            raise InputError(
                "lists under several markings are called so; name one of {keys}", keys=keys
            )
        return found[0]

    def _editions(
        self, connection: sa.Connection, visible: Collection[int], list_id: str, key: str
    ) -> list[Any]:
        """Return the editions of one list, newest first: of the least restricted, if lists under
        several markings have its id and no key tells which."""
        rows = watchlists.editions(connection, visible, list_id)
        labels = {row.label_id for row in rows if key in ("", self._key(row.label_id))}
        chosen = min(labels, key=self._rank, default=0)
        return sorted((row for row in rows if row.label_id == chosen), key=lambda row: -row.number)

    def named(
        self, connection: sa.Connection, visible: Collection[int], list_id: str, key: str
    ) -> Any:
        """Return the newest edition of one list as :meth:`show` finds it; raises ``NotFound``."""
        rows = self._editions(connection, visible, list_id, key)
        if not rows:
            raise NotFound("no such list")
        return rows[0]

    def _rank(self, label: int) -> tuple[int, str]:
        return int(self._labels.get(label).marking.level), self._key(label)

    def _key(self, label: int) -> str:
        return key_of(self._labels.get(label).marking)

    def _found(self, reader: Reader, rows: Sequence[Any], list_id: str) -> None:
        """Write the audit line; what was typed in place of an id that exists is not written."""
        if not rows:
            self._gate.note(reader, Action.LIST_READ, detail="not found")
            raise NotFound("no such list")
        self._gate.note(reader, Action.LIST_READ, subject=list_id)

    def _changes(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, row: Any,
        what: str, page: int,
    ) -> tuple[views.ListChange, ...]:  # fmt: skip
        found = watchlists.changes(
            connection, visible, row.id, row.label_id, row.number, what=what,
            start=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS,
        )  # fmt: skip
        content = reader.may(Action.RECORD_READ) or reader.may(Action.LIST_WRITE)
        seqs = [seq for item in found for seq in (item.before, item.after) if seq]
        bodies = records.bodies_by_seq(connection, visible, seqs) if content else {}
        return tuple(
            _change(item, name if content else "", tuple(item.fields.split()))
            for item, name in watchlists.named(found, bodies)
        )

    def _view(self, row: Any, held: bool) -> ListView:
        marking = self._labels.get(row.label_id).marking
        return ListView(
            id=row.id, title=row.title, format=row.format, edition=row.edition,
            entries=row.entries, loaded=row.loaded, loaded_by=row.loaded_by, number=row.number,
            source=row.source, prepared=row.prepared, key=key_of(marking),
            level=int(marking.level), releasable_to=tuple(sorted(marking.releasable_to)),
            held=held,
        )  # fmt: skip


def _edition(row: Any, counts: dict[int, retro.Counts]) -> views.EditionView:
    given = counts.get(row.number, retro.Counts())
    compared = views.RetroView(
        state=row.retro, compared=given.compared, changed=given.changed, ended=given.ended,
        started=row.retro_started, finished=row.retro_finished,
    )  # fmt: skip
    return views.EditionView(
        number=row.number, edition=row.edition, state=row.state, why=row.why, entries=row.entries,
        added=row.added, changed=row.changed, removed=row.removed, loaded=row.loaded,
        loaded_by=row.loaded_by, prepared=row.prepared, source=row.source, format=row.format,
        decided=row.decided, decided_by=row.decided_by, reason=row.reason, retro=compared,
    )  # fmt: skip


def _change(row: Any, name: str, fields: tuple[str, ...]) -> views.ListChange:
    at = row.record_id if row.before or row.after else ""
    return views.ListChange(what=row.what, uid=row.uid, name=name, fields=fields, record_id=at)


def _pages(edition: views.EditionView, what: str) -> int:
    each = {"added": edition.added, "changed": edition.changed, "removed": edition.removed}
    rows = each[what] if what else sum(each.values())
    return max(1, -(-rows // PAGE_ROWS))


def _files(row: Any) -> list[tuple[str, str, str]]:
    return msgspec.json.decode(row.files, type=list[tuple[str, str, str]])


def _line(text: str, what: str) -> str:
    """Return a person's words as one line; raises ``InputError`` when there are too many."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(plain) > _TEXT:
        raise InputError(
            f"{what} has more than {_TEXT} characters", field=what.removeprefix("the "),
            problem="long", expected=f"≤ {_TEXT}",
        )  # fmt: skip
    return plain
