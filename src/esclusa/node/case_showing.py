"""Cases put together for a reader: what his labels show, who else holds the same matter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable

import sqlalchemy as sa

from esclusa.casework.case_words import codes
from esclusa.casework.cases import Case
from esclusa.ledger.labels import Labels
from esclusa.model import Level, Marking
from esclusa.node import case_rows
from esclusa.node import case_telling as telling
from esclusa.node.case_items import Items
from esclusa.node.case_rows import Kept
from esclusa.node.case_writing import Writing
from esclusa.sharing import case_views as views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.referral_views import WordView


class Showing:
    """Draws cases of one node.

    :param now: the present moment, aware.
    """

    def __init__(
        self, labels: Labels, items: Items, writing: Writing, now: Callable[[], dt.datetime]
    ) -> None:
        self._labels = labels
        self._items = items
        self._writing = writing
        self._now = now
        self._memory = case_rows.Memory()

    def all(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        """Return all cases under these labels, oldest first."""
        return self._memory.all(connection, visible)

    def level(self, number: int) -> Level:
        """Return the level of a label."""
        return Level(self._labels.get(number).marking.level)

    def row(self, kept: Kept, reader: Reader) -> views.CaseRow:
        """Return a case as a row of the room."""
        level = max(map(self.level, set(kept.labels.values())))
        return telling.row(kept, reader.name, self._now(), int(level))

    def held_by(
        self, connection: sa.Connection, visible: frozenset[int], names: tuple[str, ...]
    ) -> list[Kept]:
        """Return the open cases that hold any of these: a thing, and the same matter under another
        id."""
        return _holding(self._open(connection, visible, names), names)

    def _open(
        self, connection: sa.Connection, visible: frozenset[int], items: Collection[str]
    ) -> list[Kept]:
        """Return the open cases that any of these items was ever put into."""
        names = case_rows.holding(connection, visible, items)
        every = self.all(connection, visible) if names else ()
        return [kept for kept in every if kept.case.id in names and kept.case.state != "closed"]

    def _elsewhere(
        self, connection: sa.Connection, visible: frozenset[int], reader: Reader, it: Case
    ) -> dict[str, list[views.CaseRow]]:
        """Return other open cases by the id of the item that they hold as well."""
        things = [one for one in it.of("item") if one.item and one.state == "in"]
        items = [(one.made.move.item, one.item) for one in things]
        akin = self._items.akin(connection, visible, items)
        ids = {one for some in akin.values() for one in some}
        others = [k for k in self._open(connection, visible, ids) if k.case.id != it.id]
        return {
            name: [self.row(kept, reader) for kept in _holding(others, same)]
            for name, same in akin.items()
        }

    def view(
        self, connection: sa.Connection, visible: frozenset[int], reader: Reader, kept: Kept
    ) -> views.CaseView:
        """Return a case with its history and the steps that the reader can make now."""
        it = kept.case
        things = [(one.made.move.item, one.item) for one in it.of("item") if one.item]
        told = telling.Telling(
            kept, by=reader.name, supervisor=reader.role is Role.SUPERVISOR,
            may_move=reader.may(Action.CASE_MOVE), now=self._now(),
            levels={step: self.level(number) for step, number in kept.labels.items()},
            titles=self._items.titles(connection, visible, reader, things),
            people=self._writing.people(kept.base),
        )  # fmt: skip
        base = self._labels.get(kept.base)
        return views.CaseView(
            row=self.row(kept, reader), version=it.version, summary=it.said("name", "summary"),
            outcome=_outcome(it), members=it.members, opened_by=it.steps[0].move.by,
            opened=it.steps[0].move.at, marking=self._marking(kept), base=base.marking,
            originator=base.originator, several=len(set(kept.labels.values())) > 1,
            items=told.items(self._elsewhere(connection, visible, reader, it)),
            tasks=told.tasks(), notes=told.notes(), evidence=told.evidence(), steps=told.steps(),
            moves=(*told.form_of("name"), *told.moves(), *told.form_of("take_in")),
            may_export=told.may("export") and reader.may(Action.CASE_EXPORT),
            shares=told.shares(),
            may_share=told.may("share") and reader.may(Action.CASE_SHARE),
        )  # fmt: skip

    def _marking(self, kept: Kept) -> Marking:
        """Return the join of all that is shown of a case."""
        marking = self._labels.get(kept.base).marking
        for number in sorted(set(kept.labels.values())):
            marking = marking.join(self._labels.get(number).marking)
        return marking


def _holding(cases: Iterable[Kept], akin: Collection[str]) -> list[Kept]:
    return [kept for kept in cases if any(map(kept.case.holds, akin))]


def _outcome(it: Case) -> WordView | None:
    code = codes("outcome").get(it.outcome)
    return WordView(code=code.code, en=code.text_en, es=code.text_es) if code else None
