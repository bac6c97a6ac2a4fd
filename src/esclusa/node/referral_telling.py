"""Referrals as faces see them: rows, history, clocks, and the forms of the moves allowed now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from esclusa.casework.referral_moves import allowed
from esclusa.casework.referral_rates import rates as counted_rates
from esclusa.casework.referral_words import Field, Need, codes, fields, final, rows, words
from esclusa.casework.referrals import Referral, Step
from esclusa.ledger.indexing import RECORD_REFERRED
from esclusa.model import ReferralMove
from esclusa.node.referral_rows import Kept
from esclusa.sharing import referral_views as views
from esclusa.sharing.terms import reasons

_OURS: Final = {
    "requester": frozenset({"draft", "need_info", "declined"}),
    "host": frozenset(
        {"requested", "accepted", "scanning", "scan_clear", "scan_anomaly", "not_possible",
         "physical", "escalated"}
    ),
}  # fmt: skip
"""States in which the next move is a side's."""
_SETTLED: Final = frozenset({"expired", "waived"})
"""Ends for people, though a deleted bill still makes them void."""


def word(group: str, code: str) -> views.WordView:
    """Return a word of the data with its texts; an unknown code, of a newer partner, as it is."""
    found = words(group).get(code)
    text = (found.text_en, found.text_es) if found else (code, code)
    return views.WordView(code=code, en=text[0], es=text[1])


def reason(code: str) -> views.WordView:
    """Return why something stays: a word of ours, or of the terms of release."""
    if code in words("stays"):
        return word("stays", code)
    said = reasons()[code]
    return views.WordView(code=code, en=said.en, es=said.es)


def is_open(state: str) -> bool:
    """Tell whether anybody still has something to do."""
    return state not in final() | _SETTLED


def is_among(state: str, wanted: str) -> bool:
    """Tell whether a state is one of those asked for: ``open``, ``all``, or one by its code."""
    return wanted in ("all", state) or (wanted == "open" and is_open(state))


def urgency(it: Referral, us: str) -> tuple[bool, str, str]:
    """Return what sorts what waits for us first, by what is due."""
    waits = it.state in _OURS.get(it.side(us), ())
    return not waits, text_of(it.due) if it.due else "9", it.id


def row(kept: Kept, us: str, now: dt.datetime, level: int) -> views.ReferralRow:
    """Return a referral as a row of the desk's list.

    :param now: aware.
    """
    it = kept.referral
    last = [*it.drafts, *(step.move for step in it.steps)]
    return views.ReferralRow(
        id=it.id, side=it.side(us), requester=it.requester, host=it.host, subject=it.subject,
        state=word("state", it.state), open=is_open(it.state),
        ours=it.state in _OURS.get(it.side(us), ()), do_not_load=it.do_not_load,
        clock=clock(it, now), last=last[-1].at if last else "", level=level,
        incomplete=bool(it.waiting),
    )  # fmt: skip


def clock(it: Referral, now: dt.datetime) -> views.ClockView:
    """Return the host's clock at a moment."""
    if it.cut_off is None or it.due is None:
        return views.ClockView()
    left = it.left(now)
    return views.ClockView(
        cut_off=text_of(it.cut_off), due=text_of(it.due),
        rested_minutes=int(it.rested.total_seconds() // 60),
        resting_since=text_of(it.resting) if it.resting else "",
        left_minutes=int(left.total_seconds() // 60) if left is not None else None,
        after_cut_off=now > it.cut_off,
    )  # fmt: skip


def text_of(moment: dt.datetime) -> str:
    """Return an aware moment in UTC as moves write it: to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def rates(side: str, referrals: Iterable[Referral]) -> views.RatesView:
    """Return how referrals of one side ended."""
    found = counted_rates(referrals)
    return views.RatesView(
        side=side, asked=found.asked, waiting=found.waiting, due=found.due,
        answered=found.answered, silent=found.silent, waived=found.waived, void=found.void,
        declined=tuple(
            views.GroundView(word=_code("decline", code), count=count)
            for code, count in found.declined.items()
        ),
        found=found.found, nothing_found=found.nothing_found,
    )  # fmt: skip


def _code(name: str, value: str) -> views.WordView:
    known = codes(name).get(value)
    texts = (known.text_en, known.text_es) if known else (value or "–", value or "–")
    return views.WordView(code=value, en=texts[0], es=texts[1])


def steps(it: Referral) -> tuple[views.StepView, ...]:
    """Return the history, oldest first, with what does not count and why."""
    return tuple(_step(it, step) for step in it.steps)


def drafts(it: Referral) -> tuple[views.StepView, ...]:
    """Return the steps on the draft."""
    after = {"open": "draft", "amend": "draft", "discard": "discarded"}
    return tuple(
        _step(it, Step(move=move, state=after.get(move.move, "draft"))) for move in it.drafts
    )


def _step(it: Referral, step: Step) -> views.StepView:
    move = step.move
    return views.StepView(
        move=word("move", move.move), agency=move.agency, side=it.side(move.agency), by=move.by,
        at=move.at, after=word("state", step.state), recorded=tuple(_recorded(move)),
        lost=word("lost", step.lost) if step.lost else None,
    )  # fmt: skip


def _recorded(move: ReferralMove) -> Iterator[views.RecordedView]:
    if move.cut_off:
        yield _said("cut_off", move.cut_off)
    for item in move.recorded:
        if item.name != RECORD_REFERRED:
            yield _said(item.name, item.value)


def _said(name: str, value: str) -> views.RecordedView:
    field = fields().get(name)
    code = codes(field.list).get(value) if field and field.list else None
    return views.RecordedView(
        field=_name(field) if field else views.WordView(code=name, en=name, es=name), value=value,
        text=views.WordView(code=value, en=code.text_en, es=code.text_es) if code else None,
    )  # fmt: skip


def _name(field: Field) -> views.WordView:
    return views.WordView(code=field.name, en=field.text_en, es=field.text_es)


def moves(
    it: Referral, us: str, by: str, *, supervisor: bool, at: str
) -> tuple[views.MoveView, ...]:
    """Return the moves that a person can make now, with their forms."""
    can = allowed(it, us, by, supervisor=supervisor, at=at)
    filled = held(it.drafts[-1:]) if it.state == "draft" else {}
    return tuple(
        views.MoveView(move=word("move", row.move), fields=form(row.needs, filled)) for row in can
    )


def held(last: Sequence[ReferralMove]) -> dict[str, str]:
    """Return what a draft holds, by field."""
    found = {item.name: item.value for move in last for item in move.recorded}
    for move in last:
        found["cut_off"] = move.cut_off
    return found


def opening() -> tuple[views.FieldView, ...]:
    """Return the form of a new referral: what a request must record."""
    return form(rows()["request", "draft"].needs, {})


def form(needs: Iterable[Need], filled: Mapping[str, str]) -> tuple[views.FieldView, ...]:
    """Return the fields that a move records."""
    return tuple(
        _field(fields()[name], need, filled.get(name, ""))
        for need in needs for name in need.fields
    )  # fmt: skip


def _field(field: Field, need: Need, value: str) -> views.FieldView:
    needed = "no" if need.optional else "yes" if len(need.fields) == 1 else "one_of"
    return views.FieldView(
        word=_name(field), type=field.type, needed=needed, most=field.most, value=value,
        codes=tuple(
            views.CodeView(
                word=views.WordView(code=code.code, en=code.text_en, es=code.text_es),
                meaning_en=code.meaning_en, meaning_es=code.meaning_es,
            )
            for code in codes(field.list).values()
        ) if field.list else (),
    )  # fmt: skip
