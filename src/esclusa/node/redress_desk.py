"""The redress desk: an application, papers, a number that a second person grants, and its end.

A case is kept here alone. What other nodes get of it is the grant: the number, whom it vouches for
and which list entries it speaks of, as the agreement says, field by field. It takes effect at once
on every record that states the number, here and, when it arrives, there.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.redress import Case, next_move, rows
from esclusa.errors import EsclusaError, InputError, NotFound, StateError
from esclusa.ledger import audit, records, redress, ties
from esclusa.ledger.records import Draft
from esclusa.model import (
    RedressEntry,
    RedressMove,
    RedressPerson,
)
from esclusa.node import redress_rows as held
from esclusa.node.exchange import Exchange
from esclusa.node.match_desk import MatchDesk
from esclusa.node.pipeline import Pipeline
from esclusa.node.redress_granting import Granting, drawn
from esclusa.node.redress_numbers import Numbers
from esclusa.node.redress_rows import MISSING, Kept
from esclusa.sharing import redress_views as views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import PAGE_LIMIT, Gate

_NAME: Final = 8
"""Bytes of a case's name: random, so that it tells neither how many there are nor what of."""
_TRIES: Final = 20
_USES_SHOWN: Final = 100
_KEPT: Final = 1827
"""Days that a step is kept where settings say nothing."""


class RedressDesk:
    """Redress cases and numbers of one node, for people and for the node's own tick."""

    def __init__(
        self, gate: Gate, pipeline: Pipeline, exchange: Exchange, match_desk: MatchDesk
    ) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._exchange = exchange
        self._match_desk = match_desk
        self._us = pipeline.settings.agency
        self._granting = Granting(pipeline, exchange)
        self._numbers = Numbers(gate, pipeline)
        self.number = self._numbers.number
        self.counts = self._numbers.counts
        self.settle = self._numbers.settle
        self.erased = self._numbers.erased
        self.screen = self._numbers.screen

    # --- reading -------------------------------------------------------------------------------

    def cases(self, reader: Reader, *, state: str = "all", limit: int = 100) -> views.CasePage:
        """Return the cases that the reader may see, open ones first, then the newest step first.

        :param state: ``open``, ``all``, or one state of the table.
        """
        reader.require(Action.REDRESS_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self._gate.reading(reader) as (connection, visible):
            found = [self._row(item) for item in held.kept(connection, visible, self._today())]
        rows = [row for row in found if state in ("all", row.state.code)
                or (state == "open" and row.open)]  # fmt: skip
        rows.sort(key=lambda row: row.last, reverse=True)
        rows.sort(key=lambda row: not row.open)
        self._gate.note(reader, Action.REDRESS_READ, detail=f"rows={len(rows[:limit])}")
        return views.CasePage(rows=tuple(rows[:limit]), more=len(rows) > limit)

    def show(self, reader: Reader, name: str) -> views.CaseView:
        """Return a case with its history and what the reader can do now; ``NotFound``."""
        reader.require(Action.REDRESS_READ)
        with self._gate.reading(reader) as (connection, visible):
            item = held.one(connection, visible, self._today(), name)
            view = self._view(connection, visible, reader, item) if item else None
        self._gate.note(reader, Action.REDRESS_READ, subject=name if view else "",
                        detail="" if view else "not found")  # fmt: skip
        if view is None or item is None:
            raise NotFound(MISSING)
        return msgspec.structs.replace(view, stays=tuple(self._granting.stays(item)))

    def start(self, reader: Reader, match: str = "") -> views.StartView:
        """Return what a form for an application needs.

        :param match: the match in which the person was taken for somebody else; "" for none.
        :raises NotFound: when there is no such match that the reader may see.
        """
        reader.require(Action.REDRESS_MOVE)
        person, entries, label = (
            RedressPerson(),
            tuple[RedressEntry, ...](),
            self._granting.home(()),
        )
        if match:
            person, entries, label = self._of_match(reader, match)
        with self._gate.reading(reader) as (connection, visible):
            seen = held.entries(connection, self._labels, visible, self._us, entries)
        self._gate.note(reader, Action.REDRESS_READ, subject=match, detail="start")
        marking = self._labels.get(label)
        return views.StartView(
            match=match, person=person, entries=seen,
            fields=held.form(rows()["apply", "none"]), marking=marking.marking,
            originator=marking.originator,
        )  # fmt: skip

    def paper(self, reader: Reader, name: str, *, pdf: bool = False) -> bytes:
        """Return what the person receives, in both languages: text in UTF-8, or PDF.

        :raises NotFound: when there is no such case, or none that the reader may know of.
        :raises StateError: when no number is granted.
        """
        from esclusa.node.redress_paper import paper_pdf, paper_text  # reportlab takes its time

        reader.require(Action.REDRESS_READ)
        with self._gate.reading(reader) as (connection, visible):
            item = self._found(connection, visible, name)
        service = self._settings.title or self._us
        made = paper_pdf(item.case, service) if pdf else paper_text(item.case, service).encode()
        self._gate.note(reader, Action.REDRESS_READ, subject=name, detail="paper")
        return made

    # --- moving --------------------------------------------------------------------------------

    def apply(
        self, reader: Reader, person: RedressPerson, given: Mapping[str, str], *, match: str = "",
        entries: Sequence[str] = (),
    ) -> views.CaseView:  # fmt: skip
        """Take a person's application.

        :param person: who is to be vouched for.
        :param match: the match in which the person was taken for somebody else.
        :param entries: ids of further list entries that the person is not.
        :raises NotFound: when there is no such match or entry that the reader may see.
        :raises InputError: when it names entries of several services: a case of a partner's entries
            goes with them, and with nothing else.
        :raises MoveMistakes: when a field is missing or wrong; nothing is kept.
        """
        reader.require(Action.REDRESS_MOVE)
        named, labels = list[RedressEntry](), list[int]()
        if match:
            _person, of_match, label = self._of_match(reader, match)
            named += of_match
            labels.append(label)
        with self._gate.reading(reader) as (connection, visible):
            for name in entries:
                entry, label = self._granting.entry(connection, visible, name)
                named.append(entry)
                labels.append(label)
        label = self._granting.home(labels)
        if self._labels.get(label).supplier and len({one.list_id for one in named}) > 1:
            raise InputError(
                "a case speaks of entries of our own lists, or of those of one partner",
                field="entries", problem="refused",
            )  # fmt: skip
        asked = RedressMove(
            case=secrets.token_hex(_NAME), number=0, move="apply", by=reader.name, at=self._at(),
            person=_clean(person), entries=tuple(dict.fromkeys(named)),
        )  # fmt: skip
        made = self._next(reader, Case(id=asked.case), asked, given, known=())
        with self._store.write() as connection:
            self._write(connection, reader, made, label, asked.entries)
        return self.show(reader, made.case)

    def move(
        self, reader: Reader, name: str, move: str, given: Mapping[str, str], *,
        person: RedressPerson | None = None, partners: Sequence[str] = (), version: str = "",
    ) -> views.CaseView:  # fmt: skip
        """Make a step and return the case as it stands after it.

        :param person: with ``papers``: who is vouched for, as the papers say.
        :param partners: with a grant or renewal: who is told of the number.
        :param version: of the case as the reader saw it; "" to make the step on any.
        :raises NotFound: when there is no such case, or none that the reader may know of.
        :raises StateError: when it is not allowed now, or somebody was faster.
        :raises InputError: when one of ``partners`` is none; :class:`MoveMistakes` for fields.
        """
        reader.require(Action.REDRESS_MOVE)
        visible = self._gate.visible(reader)
        self._require_partners(partners)
        with self._store.read() as connection:
            item = self._found(connection, visible, name)
            if partners and self._labels.get(item.label).supplier:
                raise StateError("a number that speaks of a partner's entry is told to nobody else")
            concerned = redress.stating(connection, {item.case.number} - {""})
            labels = ties.labels_of(connection, concerned)
        for label in labels:
            self._pipeline.analyst.refresh(label)
        wanted = {self._granting.label(item.label, item.case.partners)}
        wanted.add(self._granting.label(item.label, partners))
        with self._store.write() as connection:
            item = self._found(connection, visible, name)
            asked = RedressMove(
                case=name, number=0, move=move, by=reader.name, at=self._at(),
                person=_clean(person) if person and move == "papers" else RedressPerson(),
                partners=tuple(sorted(set(partners))),
            )  # fmt: skip
            made = self._next(reader, item.case, asked, given, known=(), version=version)
            made = self._granting.fresh(connection, made, item.case)
            self._write(connection, reader, made, item.label, item.case.entries)
            self._granting.write(connection, item, made)
        self._publish()
        return self.show(reader, name)

    # --- inside --------------------------------------------------------------------------------

    def _today(self) -> str:
        return f"{self._pipeline.analyst.now():%Y-%m-%d}"

    def _last_day(self, days: int = 0) -> str:
        """Return the last day of a number that is given today for so many days; without any, that
        of one whose granting person names none."""
        day = self._pipeline.analyst.now().date()
        return f"{day + dt.timedelta(days=days or self._settings.match_days)}"

    def _at(self) -> str:
        return self._pipeline.analyst.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _next(
        self, reader: Reader, case: Case, asked: RedressMove, given: Mapping[str, str], *,
        known: Collection[str], version: str = "",
    ) -> RedressMove:  # fmt: skip
        today = self._pipeline.analyst.now().date()
        row = rows().get((asked.move, case.state))
        if row is not None and "until" in row.needs:
            given = {"until": self._last_day(), **given}
        return next_move(
            case, asked, given, supervisor=reader.role is Role.SUPERVISOR, version=version,
            bounds=(today, today + dt.timedelta(days=self._settings.match_days_most)),
            drawn=drawn(), known=known,
        )  # fmt: skip

    def _write(
        self, connection: sa.Connection, reader: Reader, made: RedressMove, label: int,
        entries: Sequence[RedressEntry],
    ) -> None:  # fmt: skip
        draft = Draft(
            body=made, originator=self._us, label_id=label, valid_time=made.at,
            derived_from=self._granting.copies(label, entries),
            retain_until=self._until(made.until or self._today()),
        )  # fmt: skip
        records.append(connection, [draft])
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose,
            action=Action.REDRESS_MOVE, subject=made.case, detail=made.move,
        )  # fmt: skip

    def _until(self, day: str, *, days: int | None = None) -> str:
        kept = self._settings.retention_days.get(held.KIND, _KEPT) if days is None else days
        return (dt.date.fromisoformat(day[:10]) + dt.timedelta(days=kept)).isoformat()

    def _of_match(
        self, reader: Reader, match: str
    ) -> tuple[RedressPerson, tuple[RedressEntry, ...], int]:
        view = self._match_desk.match(reader, match)
        with self._gate.reading(reader) as (connection, visible):
            entry, label = self._granting.entry(connection, visible, view.entry_id)
        under = self._labels.intern(view.originator, view.marking)
        person = RedressPerson(
            name=view.party.name, birth_date=view.party.birth_date,
            nationality=view.party.nationality, documents=view.party.identifiers,
        )  # fmt: skip
        return person, (entry,), self._pipeline.analyst.algebra.join(under, label)

    def _require_partners(self, partners: Sequence[str]) -> None:
        if partners and (unknown := sorted(set(partners) - set(self._partners()))):
            raise InputError(
                f"{unknown[0][:40]!r} is no partner of this node", field="partners",
                problem="partner",
            )  # fmt: skip

    def _partners(self) -> tuple[str, ...]:
        self._exchange.state()
        return tuple(sorted(self._exchange.partners.known))

    def _found(self, connection: sa.Connection, visible: Collection[int], name: str) -> Kept:
        item = held.one(connection, visible, self._today(), name)
        if item is None:
            raise NotFound(MISSING)
        return item

    def _publish(self) -> None:
        # The step is written, whatever becomes of this; the next tick tries again.
        with suppress(EsclusaError):
            self._exchange.publish()

    def _row(self, item: Kept) -> views.CaseRow:
        return held.row(item, int(self._labels.get(item.label).marking.level))

    def _view(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, item: Kept
    ) -> views.CaseView:
        case, label = item.case, self._labels.get(item.label)
        can = held.moves(
            case, reader.name, supervisor=reader.role is Role.SUPERVISOR, until=self._last_day()
        )
        may = reader.may(Action.REDRESS_MOVE)
        return views.CaseView(
            row=self._row(item), version=case.version, person=case.person,
            entries=held.entries(connection, self._labels, visible, self._us, case.entries),
            granted=case.granted, steps=held.steps(case), moves=can if may else (),
            marking=label.marking, originator=label.originator, partners=case.partners,
            can_share=self._partners() if may and not label.supplier else (),
            uses=self._numbers.uses(connection, visible, case.number),
            last_day=self._last_day(self._settings.match_days_most),
        )  # fmt: skip


def _clean(person: RedressPerson) -> RedressPerson:
    return RedressPerson(
        name=" ".join(person.name.split()), birth_date=person.birth_date.strip(),
        nationality=person.nationality.strip().upper(),
        documents=tuple(dict.fromkeys(text.strip() for text in person.documents if text.strip())),
    )  # fmt: skip
