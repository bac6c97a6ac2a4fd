"""Cases as faces see them: rows, items, tasks, evidence with its custody, history, forms."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from esclusa.casework.case_moves import allowed, allowed_on, lists
from esclusa.casework.case_words import Row, codes, fields, words
from esclusa.casework.cases import Case, Step, Thing
from esclusa.casework.forms import Code, Field, Need
from esclusa.model import Level
from esclusa.node import move_telling as telling
from esclusa.node.case_rows import Kept
from esclusa.sharing import case_views as views
from esclusa.sharing.referral_views import FieldView, MoveView, RecordedView, WordView

_LATEST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)
"""Sorts what has no deadline behind what has one."""
_ELSEWHERE: Final = frozenset(
    {"open", "name", "put", "take_in", "read", "export", "share", "take_up"}
)
"""Moves that have a form or a button of their own."""


def word(group: str, code: str) -> WordView:
    """Return a word of the data with its texts; an unknown code, of a newer program, as it is."""
    return telling.word(words(group), code)


def text_of(moment: dt.datetime | None) -> str:
    """Return an aware moment in UTC as moves write it: to the second; "" for none."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else ""


def is_among(it: Case, wanted: str) -> bool:
    """Tell whether a case is one of those asked for: ``open``, ``all``, or one state by its
    code."""
    return wanted in ("all", it.state) or (wanted == "open" and it.state != "closed")


def row(kept: Kept, by: str, now: dt.datetime, level: int) -> views.CaseRow:
    """Return a case as a row of the room, for a person at an aware moment."""
    it, dues = kept.case, kept.dues
    return views.CaseRow(
        id=it.id, title=it.title, state=word("state", it.state), open=it.state != "closed",
        lead=it.lead, mine=by in it.members, waiting=len(dues), overdue=bisect_left(dues, now),
        due=text_of(dues[0]) if dues else "", until=text_of(it.until),
        over=it.rests_over(now), last=it.steps[-1].move.at, level=level,
    )  # fmt: skip


def urgency(kept: Kept, now: dt.datetime) -> tuple[bool, bool, bool, dt.datetime, str]:
    """Return what sorts overdue tasks first, then suspensions that are over, then deadlines; at an
    aware moment."""
    it = kept.case
    first = kept.dues[0] if kept.dues else _LATEST
    return first >= now, not it.rests_over(now), it.state == "closed", first, it.id


class Telling:
    """A case put into words for one reader, at one aware moment.

    :param levels: of its steps by name.
    :param titles: what items (kind, id) are called for the reader.
    :param people: who may be made a member or lead.
    """

    def __init__(
        self, kept: Kept, *, by: str, supervisor: bool, may_move: bool, now: dt.datetime,
        levels: Mapping[str, Level], titles: Mapping[tuple[str, str], str],
        people: Collection[str] = (),
    ) -> None:  # fmt: skip
        self.kept = kept
        self.it = kept.case
        self._by = by
        self._supervisor = supervisor
        self._may = may_move
        self._now = now
        self._levels = levels
        self._titles = titles
        self._people = people

    # --- things --------------------------------------------------------------------------------

    def items(self, elsewhere: Mapping[str, Sequence[views.CaseRow]]) -> tuple[views.ItemView, ...]:
        """Return what was put in; ``elsewhere`` are other cases that hold an item, by its id."""
        return tuple(self._item(one, elsewhere) for one in self.it.of("item"))

    def _item(self, one: Thing, elsewhere: Mapping[str, Sequence[views.CaseRow]]) -> views.ItemView:
        move = one.made.move
        return views.ItemView(
            name=one.name, kind=word("item", move.item), id=one.item, title=self.title_of(one),
            state=word("of_state", one.state), by=move.by, at=move.at, erased=one.erased,
            level=self._level(one.made), moves=self._moves_on(one),
            also_in=tuple(elsewhere.get(one.item, ())) if one.state == "in" else (),
        )  # fmt: skip

    def title_of(self, one: Thing) -> str:
        """Return what a thing is called: the item's title, the task, the file's name; "" once that
        is erased or not here any more."""
        if one.kind == "item":
            return self._titles.get((one.made.move.item, one.item), "")
        if one.kind == "evidence":
            return one.file.name if one.file else ""
        return one.made.said("task" if one.kind == "task" else "text")

    def tasks(self) -> tuple[views.TaskView, ...]:
        """Return the tasks: overdue first, then those that wait by deadline, then the rest."""
        told = [self._task(one) for one in self.it.of("task")]
        return tuple(sorted(told, key=_first))

    def _task(self, one: Thing) -> views.TaskView:
        move = one.made.move
        return views.TaskView(
            name=one.name, task=self.title_of(one), person=one.said("member"),
            due=text_of(one.due), state=word("of_state", one.state),
            overdue=one.is_overdue(self._now), by=move.by, at=move.at, erased=one.erased,
            level=self._level(one.made), belongs=self._belongs(one), moves=self._moves_on(one),
        )  # fmt: skip

    def shares(self) -> tuple[views.CaseShareView, ...]:
        """Return with whom the case is or was shared."""
        return tuple(
            views.CaseShareView(
                name=one.name, partner=one.made.said("partner"), joint=one.made.said("joint"),
                ours=one.made.move.move == "share", state=word("of_state", one.state),
                by=one.made.move.by, at=one.made.move.at, why=one.made.said("reason"),
                agreement=one.made.said("agreement"), moves=self._moves_on(one),
            )
            for one in self.it.of("share")
        )  # fmt: skip

    def evidence(self) -> tuple[views.EvidenceView, ...]:
        """Return the files of evidence with their chains of custody."""
        return tuple(self._file(one) for one in self.it.of("evidence"))

    def _file(self, one: Thing) -> views.EvidenceView:
        file = one.file
        return views.EvidenceView(
            name=one.name, file=file.name if file else "", sha256=file.sha256 if file else "",
            size=file.size if file else 0, what=one.made.said("what"),
            source=one.made.said("source"), state=word("of_state", one.state),
            seal=one.said("seal") if one.state == "sealed" else "", level=self._level(one.made),
            custody=tuple(map(self._step, (one.made, *one.steps))), erased=one.erased,
            belongs=self._belongs(one), moves=self._moves_on(one),
        )  # fmt: skip

    def notes(self) -> tuple[views.CaseStepView, ...]:
        """Return the notes, oldest first."""
        return tuple(self._step(one.made) for one in self.it.of("note"))

    def _belongs(self, one: Thing) -> str:
        about = self.it.thing(one.made.move.of)
        return self.title_of(about) if about else ""

    # --- history -------------------------------------------------------------------------------

    def steps(self) -> tuple[views.CaseStepView, ...]:
        """Return the history, oldest first."""
        return tuple(map(self._step, self.it.steps))

    def _step(self, step: Step) -> views.CaseStepView:
        move = step.move
        about = self.it.thing(move.of or move.step)
        return views.CaseStepView(
            step=move.step, move=word("move", move.move), by=move.by, at=move.at,
            after=word("state", step.state), recorded=tuple(recorded(step)),
            level=self._level(step), of=move.of,
            about=self.title_of(about) if about and about.kind != "note" else "",
            record=self.kept.written.get(move.step, ""), erased=step.erased,
        )  # fmt: skip

    def _level(self, step: Step) -> int:
        return int(self._levels[step.move.step])

    # --- forms ---------------------------------------------------------------------------------

    def moves(self) -> tuple[MoveView, ...]:
        """Return the moves on the case that the reader can make now, but for those with a form of
        their own."""
        can = allowed(self.it, self._by, supervisor=self._supervisor) if self._may else ()
        return tuple(self._form(one) for one in can if one.move not in _ELSEWHERE)

    def may(self, move: str) -> bool:
        """Tell whether the reader can make a move on the case now."""
        can = allowed(self.it, self._by, supervisor=self._supervisor) if self._may else ()
        return move in {one.move for one in can}

    def form_of(self, move: str) -> tuple[MoveView, ...]:
        """Return the form of one move on the case, nothing where it cannot be made now."""
        can = allowed(self.it, self._by, supervisor=self._supervisor) if self._may else ()
        return tuple(self._form(one) for one in can if one.move == move)

    def _moves_on(self, thing: Thing) -> tuple[MoveView, ...]:
        if not self._may or thing.erased:
            return ()
        can = allowed_on(self.it, thing, self._by, supervisor=self._supervisor)
        return tuple(self._form(one) for one in can)

    def _form(self, one: Row) -> MoveView:
        filled = {"title": self.it.title, "summary": self.it.said("name", "summary")}
        return form(one, lists(self.it, one.move, self._people), filled if self.it.title else {})


def _first(task: views.TaskView) -> tuple[bool, bool, str]:
    return not task.overdue, task.state.code != "waiting", task.due


def recorded(step: Step) -> Iterator[RecordedView]:
    """Yield what a step recorded and wrote down, and the file that it took in."""
    file = step.words.file if step.words else None
    if file is not None:
        yield RecordedView(field=WordView(code="file", en="File", es="Archivo"), value=file.name)
        yield RecordedView(
            field=WordView(code="sha256", en="SHA-256", es="SHA-256"), value=file.sha256
        )
    written = step.words.recorded if step.words else ()
    for item in (*step.move.recorded, *written):
        field = fields().get(item.name)
        listed = codes(field.list) if field and field.list else {}
        yield telling.recorded(item.name, item.value, field, listed)


def form(
    one: Row, chosen: Mapping[str, Mapping[str, Code]], filled: Mapping[str, str] | None = None
) -> MoveView:
    """Return the form of a move; ``chosen`` are the lists that its fields choose from."""
    values = filled or {}
    return MoveView(
        move=word("move", one.move),
        fields=tuple(_fields(one.needs, chosen, values)),
    )


def _fields(
    needs: Iterable[Need], chosen: Mapping[str, Mapping[str, Code]], filled: Mapping[str, str]
) -> Iterator[FieldView]:
    for need in needs:
        for name in need.fields:
            field = fields()[name]
            listed = _list(field, chosen)
            yield telling.form_field(field, need, listed, filled.get(name, ""))


def _list(field: Field, chosen: Mapping[str, Mapping[str, Code]]) -> tuple[Code, ...]:
    return tuple(chosen.get(field.list, {}).values()) if field.list else ()
