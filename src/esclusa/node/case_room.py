"""The case room: cases as their readers may see them, and the steps that people make on them.

Every step is written under the label of what it rests on, and read under the labels that a reader
may see. So a case has as many faces as it has classes of readers, and each is that of a world
without the rest: state, counts, versions and last moments too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import BinaryIO, Final

import sqlalchemy as sa

from esclusa.casework.case_moves import FASTER, Asked, refusal
from esclusa.casework.case_words import ITEMS, rows
from esclusa.casework.cases import Case
from esclusa.errors import InputError, NotFound, StateError
from esclusa.model import EVERYONE, EvidenceFile, Level
from esclusa.node import case_evidence, case_rows
from esclusa.node import case_telling as telling
from esclusa.node.case_items import Item, Items
from esclusa.node.case_rows import MISSING, Kept
from esclusa.node.case_showing import Showing
from esclusa.node.case_writing import Wanted, Writing, new_name
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.people import People
from esclusa.node.pipeline import Pipeline
from esclusa.sharing import case_views as views
from esclusa.sharing.keys import KeyRing, Signer
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate

_BESIDE: Final = frozenset({"read", "export", "share", "unshare", "take_up"})
"""Steps that do more than is written, and are made by services of their own."""
_LISTED: Final = 50
"""Cases offered to put a thing into, those worked on last first."""


class CaseRoom:
    """Cases of one node.

    :ivar now: the present moment, aware; tests hand in their own.
    :ivar new_name: a name for a case or a step, that nobody can guess; the same.
    """

    def __init__(
        self, gate: Gate, pipeline: Pipeline, entities: EntityDesk, people: People
    ) -> None:
        self._gate = gate
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._vault = pipeline.vault
        self._settings = pipeline.settings
        self._items = Items(pipeline.labels, entities, pipeline.settings.agency)
        self._writing = Writing(pipeline, people)
        self._showing = Showing(pipeline.labels, self._items, self._writing, self._moment)
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
        self.new_name: Callable[[], str] = new_name
        self._swept = dt.date.min
        self.shared: Callable[[str], None] = lambda _name: None
        """Told the name of a case that is shared, after each step on it."""
        self.signer: Callable[[], Signer | None] = lambda: None
        """What signs packages, None where the node has no keys."""
        self.own_keys: Callable[[], KeyRing] = KeyRing
        """The keys that packages of this node may be signed with."""

    def _moment(self) -> dt.datetime:
        return self.now()

    # --- reading -------------------------------------------------------------------------------

    def cases(
        self, reader: Reader, *, state: str = "open", mine: bool = False, limit: int = 100
    ) -> views.CasePage:
        """Return the cases that a reader may see: those with overdue tasks first.

        :param state: ``open``, ``all``, or one state of the table.
        :param mine: only those that the reader is a member of.
        """
        reader.require(Action.CASE_READ)
        with self._gate.reading(reader) as (connection, visible):
            every = self._showing.all(connection, visible)
        now = self.now()
        chosen = [
            kept for kept in every
            if telling.is_among(kept.case, state)
            and (not mine or reader.name in kept.case.members)
        ]  # fmt: skip
        chosen.sort(key=lambda kept: telling.urgency(kept, now))
        told = tuple(self._showing.row(kept, reader) for kept in chosen[:limit])
        self._gate.note(reader, Action.CASE_READ, detail=f"rows={len(told)}")
        return views.CasePage(rows=told, more=len(chosen) > limit)

    def show(self, reader: Reader, name: str) -> views.CaseView:
        """Return a case with its history and what the reader can do now; raises ``NotFound``."""
        reader.require(Action.CASE_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = case_rows.one(connection, visible, name)
            view = self._showing.view(connection, visible, reader, kept) if kept else None
        detail = "" if view else "not found"
        self._gate.note(
            reader, Action.CASE_READ, subject=view.row.id if view else "", detail=detail
        )
        if view is None:
            raise NotFound(MISSING)
        return view

    def start(self, reader: Reader, kind: str = "", name: str = "") -> views.CaseStartView:
        """Return what is needed to put a thing into a case, or to open one with nothing in it.

        :raises NotFound: when there is no such thing that the reader may see.
        :raises InputError: when things of this kind are not put into cases.
        """
        reader.require(Action.CASE_MOVE)
        with self._gate.reading(reader) as (connection, visible):
            item = self._items.find(connection, visible, reader, kind, name) if kind else None
            every = self._showing.all(connection, visible)
            held = self._showing.held_by(connection, visible, item.akin) if item else []
        supervisor = reader.role is Role.SUPERVISOR
        fit = [
            kept for kept in every
            if item and not kept.case.holds(item.id)
            and not refusal(kept.case, "put", reader.name, supervisor=supervisor)
        ]  # fmt: skip
        fit.sort(key=lambda kept: kept.case.steps[-1].move.at, reverse=True)
        if item:
            self._gate.note(reader, Action.CASE_READ, subject=item.id, detail="start")
        least = max(map(self._showing.level, item.rests_on)) if item else Level.OPEN
        return views.CaseStartView(
            kind=telling.word("item", kind) if kind else None, id=item.id if item else "",
            title=item.title if item else "",
            held_by=tuple(self._showing.row(kept, reader) for kept in held),
            cases=tuple(self._showing.row(kept, reader) for kept in fit[:_LISTED]),
            fields=telling.form(rows()["name"], {}),
            why=telling.form(rows()["put"], {}) if item else None,
            level=max(least, min(self._settings.intake_level, reader.clearance)),
            levels=tuple(n for n in Level if least <= n <= reader.clearance),
            compartments=tuple(sorted(reader.caveats - {EVERYONE})),
        )  # fmt: skip

    def of_item(self, reader: Reader, kind: str, name: str) -> views.OfItemView:
        """Return the open cases that hold a thing, or the same matter, for the thing's page."""
        if not reader.may(Action.CASE_READ):
            return views.OfItemView(cases=(), can_be_put=False)
        with self._gate.reading(reader) as (connection, visible):
            try:
                names = self._items.names_of(connection, visible, reader, kind, name)
            except NotFound:
                return views.OfItemView(cases=(), can_be_put=False)
            held = self._showing.held_by(connection, visible, names)
        told = tuple(self._showing.row(kept, reader) for kept in held)
        return views.OfItemView(cases=told, can_be_put=reader.may(Action.CASE_MOVE))

    # --- steps -----------------------------------------------------------------------------------

    def open(
        self, reader: Reader, given: Mapping[str, str], *, kind: str = "", item: str = "",
        why: str = "", level: int | None = None, caveats: Collection[str] = (),
    ) -> views.CaseView:  # fmt: skip
        """Open a case, with a thing in it where one is named; the reader leads it.

        :param given: what naming it records: ``title`` and ``summary``.
        :param level: of the case itself; that of the thing where it is higher.
        :param caveats: compartments that the readers of the case must hold.
        :raises MoveMistakes, InputError, NotFound: when something is missing or wrong; nothing is
            kept then.
        """
        reader.require(Action.CASE_MOVE)
        found = self._find(reader, kind, item) if kind else None
        rests_on = found.rests_on if found else ()
        base = self._writing.base_label(reader, rests_on, level, caveats)
        steps: list[tuple[Wanted, int, Item | None]] = [
            (Wanted(move="open"), base, None), (Wanted(move="name", given=given), base, None),
        ]  # fmt: skip
        if found:
            label = self._writing.join(base, found.rests_on)
            steps.append((Wanted(move="put", given={"why": why}), label, found))
        case = Case(id=self.new_name())
        with self._store.write() as connection:
            for wanted, label, thing in steps:
                asked = self._asked(reader, wanted, item=thing)
                case = self._writing.append(
                    connection, reader, case, asked, wanted, label, item=thing
                )
        return self.show(reader, case.id)

    def taken_up(
        self, reader: Reader, label: int, given: Mapping[str, str], wanted: Wanted,
        chosen: Mapping[str, Collection[str]], sources: Collection[str],
    ) -> str:  # fmt: skip
        """Open a case for one that a partner shares, and return its name.

        :param label: that of what the partner shares, under which the case stands at least.
        :param given: its title and what it is about; these are erased with ``sources``.
        :param wanted: the step that ties it to the joint case.
        """
        base = self._writing.base_label(reader, [label], wanted.level)
        case, named = Case(id=self.new_name()), Wanted(move="name", given=given)
        with self._store.write() as connection:
            for one in (Wanted(move="open"), named, wanted):
                case = self._writing.append(
                    connection, reader, case, self._asked(reader, one), one, base, chosen=chosen,
                    sources=sources if one is named else (),
                )  # fmt: skip
        self.shared(case.id)
        return case.id

    def step(
        self, reader: Reader, name: str, wanted: Wanted, chosen: Mapping[str, Collection[str]]
    ) -> Case:
        """Make a step that chooses from lists which no data file holds; else as :meth:`move`."""
        return self._write(reader, name, wanted, chosen=chosen)

    def kept_under(self, connection: sa.Connection, visible: Collection[int], name: str) -> Kept:
        """Return a case under some labels; raises ``NotFound``."""
        return self._found(connection, visible, name)

    def every(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        """Return all cases under some labels, oldest first."""
        return self._showing.all(connection, visible)

    def move(self, reader: Reader, name: str, wanted: Wanted) -> views.CaseView:
        """Make a step on a case and return the case as it stands after it.

        :raises NotFound: when there is no such case, or none that the reader may know of.
        :raises StateError: when it is not allowed now, or somebody was faster.
        :raises MoveMistakes: when a field is missing or wrong.
        """
        reader.require(Action.CASE_MOVE)
        row = rows().get(wanted.move)
        if row is None or row.makes in ("item", "evidence") or wanted.move in _BESIDE:
            raise InputError(
                f"{wanted.move[:40]!r} is not a step that is made like this", field="move",
                problem="code",
            )  # fmt: skip
        if wanted.move == "seal":
            self._require_intact(reader, name, wanted.of)
        self._write(reader, name, wanted)
        return self.show(reader, name)

    def put(
        self, reader: Reader, name: str, kind: str, item: str, *, why: str = "",
        under: str = "all", version: str = "",
    ) -> views.CaseView:  # fmt: skip
        """Put a thing into a case. All else as for :meth:`move`.

        :param under: ``case`` to let everybody know of it who may read the case and the least that
            the thing can be shown from; else it is as secret as all that the reader sees of it.
        :raises InputError: when things of this kind are not put into cases.
        """
        reader.require(Action.CASE_MOVE)
        found = self._find(reader, kind, item)
        wanted = Wanted(move="put", given={"why": why}, under=under, version=version)
        self._write(reader, name, wanted, item=found)
        return self.show(reader, name)

    # --- inside --------------------------------------------------------------------------------

    def _find(self, reader: Reader, kind: str, name: str) -> Item:
        if kind not in ITEMS:
            raise InputError(
                f"{kind[:40]!r} is not one of {', '.join(ITEMS)}", field="kind", problem="code"
            )
        with self._gate.reading(reader) as (connection, visible):
            return self._items.find(connection, visible, reader, kind, name)

    def _found(self, connection: sa.Connection, visible: Collection[int], name: str) -> Kept:
        kept = case_rows.one(connection, visible, name)
        if kept is None:
            raise NotFound(MISSING)
        return kept

    def _asked(
        self, reader: Reader, wanted: Wanted, *, item: Item | None = None,
        file: EvidenceFile | None = None,
    ) -> Asked:  # fmt: skip
        return Asked(
            step=self.new_name(), move=wanted.move, by=reader.name, at=telling.text_of(self.now()),
            of=wanted.of, kind=item.kind if item else "", item=item.id if item else "", file=file,
            home=wanted.under == "home",
        )  # fmt: skip

    def _write(
        self, reader: Reader, name: str, wanted: Wanted, *, item: Item | None = None,
        file: EvidenceFile | None = None, chosen: Mapping[str, Collection[str]] | None = None,
    ) -> Case:  # fmt: skip
        with self._gate.reading(reader) as (connection, visible):
            kept = self._found(connection, visible, name)
        rests_on = (item.least if wanted.under == "case" else item.rests_on) if item else ()
        label = self._writing.label_for(reader, kept, wanted, rests_on)
        people = self._writing.people(kept.base)
        with self._store.write() as connection:
            now = self._found(connection, visible, name)
            if set(now.labels.values()) - set(kept.labels.values()):
                raise StateError(FASTER)
            made = self._writing.append(
                connection, reader, now.case, self._asked(reader, wanted, item=item, file=file),
                wanted, label, people=people, item=item, chosen=chosen,
                sources=_sources(now, wanted),
            )  # fmt: skip
        if made.shared_with:
            self.shared(name)
        return made

    def _require_intact(self, reader: Reader, name: str, evidence: str) -> BinaryIO:
        with self._gate.reading(reader) as (connection, visible):
            thing = self._found(connection, visible, name).case.thing(evidence)
            if thing is None or thing.kind != "evidence":
                raise NotFound("no such file of evidence")
            return case_evidence.opened(connection, self._vault, thing)


def _sources(now: Kept, wanted: Wanted) -> tuple[str, ...]:
    """Return the record that a note, a task or a file about an item rests on: what the item's own
    step wrote down, which rests on the item."""
    row, thing = rows().get(wanted.move), now.case.thing(wanted.of)
    if row is None or not row.makes or thing is None or thing.name not in now.written:
        return ()
    return (now.written[thing.name],)
