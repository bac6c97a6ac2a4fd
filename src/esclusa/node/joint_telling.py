"""Joint cases as faces see them: rows, one history, things, for one reader of one side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from esclusa.casework.case_words import NONE, codes, fields
from esclusa.casework.joint import ELSEWHERE, SHARE, Joint, JointStep, JointThing, is_given
from esclusa.model import JointItem, Marking
from esclusa.node import move_telling as telling
from esclusa.node.case_telling import word
from esclusa.node.shown_names import PEOPLE
from esclusa.sharing import joint_views as views
from esclusa.sharing.referral_views import RecordedView, WordView

Find = Callable[[JointItem], tuple[str, str]]
"""From what both sides know to its id and title here; two "" where the reader has none."""


def row(it: Joint, us: str, *, level: int, case: str = "") -> views.JointRow:
    """Return a joint case as a row of the list."""
    side = it.side(us)
    return views.JointRow(
        id=it.id, owner=it.owner, guest=it.guest, side=side, partner=it.other(us),
        title=it.said("title"), state=_state(it.states[0]), theirs=_state(it.states[1]),
        last=max((step.move.at for step in it.steps), default=""), level=level, case=case,
        missing=it.missing,
    )  # fmt: skip


def _state(code: str) -> WordView:
    return word("joint", "not_taken_up") if code == NONE else word("state", code)


class Telling:
    """A joint case put into words for a reader of one side.

    :param us: the side whose reader it is.
    :param find: what the reader has of things that both sides know.
    :param may: the reader can say of a task that our service was given that it is done.
    :param who: the person behind what our side showed of itself.
    """

    def __init__(
        self, it: Joint, us: str, find: Find, *, may: bool = False,
        who: telling.Who = lambda _agency, by: by,
    ) -> None:  # fmt: skip
        self._it = it
        self._us = us
        self._find = find
        self._may = may
        self._who = who

    def view(self, line: views.JointRow, marking: Marking) -> views.JointView:
        """Return the joint case, without what the exchange says of it."""
        it, kinds = self._it, ("task", "note", "item", "evidence")
        things = {kind: tuple(self._things(kind)) for kind in kinds}
        first = next((s for s in it.steps if s.move.move == SHARE), None)
        return views.JointView(
            row=line, version=it.version, summary=it.said("summary"),
            reason=first.said("reason") if first else "",
            agreement=first.said("agreement") if first else "", marking=marking,
            steps=tuple(map(self._step, it.steps)), tasks=things["task"], notes=things["note"],
            items=things["item"], evidence=things["evidence"],
        )  # fmt: skip

    def _things(self, kind: str) -> Iterator[views.JointThingView]:
        for one in self._it.things:
            if one.kind == kind:
                yield self._thing(one)

    def _thing(self, one: JointThing) -> views.JointThingView:
        move, file = one.made.move, one.made.move.file
        item, elsewhere = self._item(one.made)
        given = one.state == "waiting" and is_given(one, self._us)
        return views.JointThingView(
            name=one.name, kind=one.kind, agency=move.agency, title=self._title(one),
            state=word("of_state", one.state), by=self._who(move.agency, move.by), at=move.at,
            steps=tuple(map(self._step, (one.made, *one.steps))),
            person=self._who(move.agency, one.said("member")),
            due=one.said("due"), result=one.said("result"), what=one.made.said("what"),
            source=one.made.said("source"), sha256=file.sha256 if file else "",
            size=file.size if file else 0, elsewhere=elsewhere, item=item,
            ours=given and self._may and move.agency != self._us,
        )  # fmt: skip

    def _title(self, one: JointThing) -> str:
        if one.kind == "item":
            item, _elsewhere = self._item(one.made)
            return item.title if item else ""
        if one.kind == "evidence":
            return one.made.move.file.name if one.made.move.file else ""
        return one.made.said("task" if one.kind == "task" else "text")

    def _item(self, step: JointStep) -> tuple[views.JointItemView | None, bool]:
        """Return what a step put in, as the reader has it, and whether he has none of it: then
        neither kind nor name is told."""
        if step.move.move != "put":
            return None, step.move.of == ELSEWHERE
        id_, title = self._find(step.move.item)
        if not id_:
            return None, True
        kind = word("item", step.move.item.kind)
        return views.JointItemView(kind=kind, id=id_, title=title), False

    def _step(self, step: JointStep) -> views.JointStepView:
        move = step.move
        item, elsewhere = self._item(step)
        about, apart = self._about(move.of)
        return views.JointStepView(
            step=move.step, agency=move.agency, move=word("move", move.move),
            by=self._who(move.agency, move.by), at=move.at,
            recorded=tuple(_recorded(step, self._who)), item=item,
            elsewhere=elsewhere or apart, about=about,
            lost=word("lost", step.lost) if step.lost else None,
        )  # fmt: skip

    def _about(self, of: str) -> tuple[str, bool]:
        thing = self._it.thing(of) if of else None
        if thing is None or thing.kind == "note":
            return "", of == ELSEWHERE
        return self._title(thing), thing.kind == "item" and not self._title(thing)


def _recorded(step: JointStep, who: telling.Who) -> Iterator[RecordedView]:
    file = step.move.file
    if file is not None:
        yield RecordedView(field=WordView(code="file", en="File", es="Archivo"), value=file.name)
        yield RecordedView(
            field=WordView(code="sha256", en="SHA-256", es="SHA-256"), value=file.sha256
        )
    for item in step.move.recorded:
        field = fields().get(item.name)
        listed = codes(field.list) if field and field.list else {}
        value = who(step.move.agency, item.value) if item.name in PEOPLE else item.value
        yield telling.recorded(item.name, value, field, listed)
