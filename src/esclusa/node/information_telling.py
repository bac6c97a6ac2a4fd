"""Requests for information as faces see them: rows, history, clocks, the forms of moves allowed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from esclusa.casework.forms import Field, Need
from esclusa.casework.information import Request, Step
from esclusa.casework.information_moves import Agreed, allowed
from esclusa.casework.information_rates import rates as counted_rates
from esclusa.casework.information_words import codes, fields, final, rows, words
from esclusa.model import InformationMove
from esclusa.node import move_telling as telling
from esclusa.node.information_rows import Kept
from esclusa.node.move_telling import Who, text_of
from esclusa.sharing import information_views as views
from esclusa.sharing.agreement.lists import clocks

_OURS: Final = {
    "requester": frozenset({"need_more"}),
    "answerer": frozenset({"asked", "acknowledged", "escalated", "expired"}),
}
"""States in which the next move is a side's. A question past its time still waits for an answer."""
_SETTLED: Final = frozenset({"answered_in_part", "nothing_known", "refused"})
"""Ends for people, though the lead may still escalate."""
_NEVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)
_ABOUT: Final = ("subject_kind", "subject_name", "subject_number", "subject_more")

Find = Callable[[str], tuple[str, str]]
"""From the name that both sides know to a record's id and title here; "" where it is not here."""


def word(group: str, code: str) -> views.WordView:
    """Return a word of the data with its texts; an unknown code, of a newer partner, as it is."""
    return telling.word(words(group), code)


def reason(code: str) -> views.WordView:
    """Return why something stays: a word of ours, or of the terms of release."""
    return telling.reason(words("stays"), code)


def coded(name: str, value: str) -> views.WordView:
    """Return a code of a list with its text; an unknown one as it is, "" as a dash."""
    return telling.coded(codes(name), value)


def is_open(state: str) -> bool:
    """Tell whether anybody still has something to do."""
    return state not in _closed()


@cache
def _closed() -> frozenset[str]:
    return final() | _SETTLED


def is_among(state: str, wanted: str) -> bool:
    """Tell whether a state is one of those asked for: ``open``, ``all``, or one by its code."""
    return wanted in ("all", state) or (wanted == "open" and is_open(state))


def urgency(it: Request, us: str) -> tuple[bool, bool, dt.datetime, str]:
    """Return what sorts what waits for us first, by what is due; what is settled last."""
    waits = it.state in _OURS.get(it.side(us), ())
    return not waits, not is_open(it.state), it.due or _NEVER, it.id


def row(kept: Kept, us: str, now: dt.datetime, level: int) -> views.RequestRow:
    """Return a request as a row of the desk's list.

    :param now: aware.
    """
    it = kept.request
    return views.RequestRow(
        id=it.id, side=it.side(us), requester=it.requester, answerer=it.answerer,
        subject=it.subject, kind=coded("subject", it.subject.kind), state=word("state", it.state),
        open=is_open(it.state), ours=it.state in _OURS.get(it.side(us), ()), clock=clock(it, now),
        last=it.steps[-1].move.at if it.steps else "", level=level, incomplete=bool(it.waiting),
    )  # fmt: skip


def clock(it: Request, now: dt.datetime) -> views.RequestClockView:
    """Return the clock of a question at a moment."""
    left, profile = it.left(now), clocks().get(it.clock)
    return views.RequestClockView(
        profile=coded("clock", it.clock), hours=profile.hours if profile else 0,
        asked=text_of(it.asked) if it.asked else "", due=text_of(it.due) if it.due else "",
        rested_minutes=int(it.rested.total_seconds() // 60),
        resting_since=text_of(it.resting) if it.resting else "", extended=it.extended,
        left_minutes=int(left.total_seconds() // 60) if left is not None else None,
    )  # fmt: skip


def rates(side: str, requests: Iterable[Request]) -> views.InformationRatesView:
    """Return how requests of one side ended."""
    found = counted_rates(requests)
    return views.InformationRatesView(
        side=side, asked=found.asked, waiting=found.waiting, due=found.due, in_time=found.in_time,
        late=found.late, silent=found.silent, withdrawn=found.withdrawn, full=found.full,
        part=found.part, nothing_known=found.nothing_known, extended=found.extended,
        escalated=found.escalated,
        refused=tuple(
            views.GroundView(word=coded("ground", code), count=count)
            for code, count in found.refused.items()
        ),
    )  # fmt: skip


def steps(it: Request, find: Find, who: Who) -> tuple[views.InformationStepView, ...]:
    """Return the history, oldest first, with what does not count and why."""
    return tuple(_step(it, step, find, who) for step in it.steps)


def _step(it: Request, step: Step, find: Find, who: Who) -> views.InformationStepView:
    move = step.move
    pointed = ((name, *find(name)) for name in move.records)
    return views.InformationStepView(
        move=word("move", move.move), agency=move.agency, side=it.side(move.agency),
        by=who(move.agency, move.by), at=move.at, after=word("state", step.state),
        recorded=tuple(_recorded(move)),
        records=tuple(views.PointedView(name=n, id=i, title=t) for n, i, t in pointed),
        lost=word("lost", step.lost) if step.lost else None, late=step.late,
    )  # fmt: skip


def _recorded(move: InformationMove) -> Iterator[views.RecordedView]:
    subject = move.subject
    for name, value in zip(
        _ABOUT, (subject.kind, subject.name, subject.number, subject.more), strict=True
    ):
        if value:
            yield _said(name, value)
    for item in move.recorded:
        yield _said(item.name, item.value)
    if move.clock:
        yield _said("clock", move.clock)
    if move.due:
        yield _said("until", move.due)


def _said(name: str, value: str) -> views.RecordedView:
    field = fields().get(name)
    listed = codes(field.list) if field and field.list else {}
    return telling.recorded(name, value, field, listed)


def unagreed(it: Request, us: str, agreed: Agreed | None) -> tuple[views.WordView, ...]:
    """Return the clock and the grounds of the other side that the agreement in force lacks."""
    if agreed is None:
        return ()
    theirs = [step.move for step in it.steps if not step.lost and step.move.agency != us]
    said = [("clock", move.clock) for move in theirs if move.clock]
    said += [("ground", item.value) for move in theirs for item in move.recorded
             if item.name == "ground"]  # fmt: skip
    wrong = ((name, value) for name, value in said if value not in (agreed.of(name) or ()))
    return tuple(coded(name, value) for name, value in dict.fromkeys(wrong))


def moves(
    it: Request, us: str, agreed: Agreed | None, *, supervisor: bool, at: str
) -> tuple[views.MoveView, ...]:
    """Return the moves that a person can make now, with their forms."""
    return tuple(
        views.MoveView(move=word("move", row.move), fields=form(row.needs, agreed, {}))
        for row in allowed(it, us, supervisor=supervisor, at=at)
    )


def opening(filled: Mapping[str, str], clock_codes: Iterable[str]) -> tuple[views.FieldView, ...]:
    """Return the form of a new question.

    :param filled: what is known already, by field.
    :param clock_codes: the urgencies that any partner's agreement lists.
    """
    listed = Agreed(clocks=tuple(clock_codes), purposes=tuple(codes("purpose")))
    return form(rows()["ask", "none"].needs, listed, filled)


def form(
    needs: Iterable[Need], agreed: Agreed | None, filled: Mapping[str, str]
) -> tuple[views.FieldView, ...]:
    """Return the fields that a move records; of agreed lists only what was agreed."""
    return tuple(
        _field(fields()[name], need, agreed, filled.get(name, ""))
        for need in needs for name in need.fields
    )  # fmt: skip


def _field(field: Field, need: Need, agreed: Agreed | None, value: str) -> views.FieldView:
    listed = agreed.of(field.list) if agreed is not None and field.list else None
    every = codes(field.list).values() if field.list else ()
    offered = (code for code in every if listed is None or code.code in listed)
    return telling.form_field(field, need, offered, value)
