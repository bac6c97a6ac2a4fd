"""Referrals as faces see them: rows, history, clocks, and the forms of the moves allowed now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from esclusa.casework import waiver_exceptions
from esclusa.casework.forms import Need
from esclusa.casework.referral_moves import allowed
from esclusa.casework.referral_rates import WRITTEN
from esclusa.casework.referral_rates import rates as counted_rates
from esclusa.casework.referral_rates import version as rates_version
from esclusa.casework.referral_words import codes, fields, final, rows, words
from esclusa.casework.referrals import Referral, Step
from esclusa.casework.report_periods import span
from esclusa.ledger.indexing import RECORD_REFERRED
from esclusa.model import ReferralMove
from esclusa.node import move_telling as telling
from esclusa.node.move_telling import Who, text_of
from esclusa.node.referral_rows import Kept
from esclusa.sharing import referral_views as views

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
    return telling.word(words(group), code)


def reason(code: str) -> views.WordView:
    """Return why something stays: a word of ours, or of the terms of release."""
    return telling.reason(words("stays"), code)


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


def rates(
    side: str, referrals: Iterable[Referral], *, since: str = "", until: str = ""
) -> views.RatesView:
    """Return how referrals of one side ended that were asked for from one day to another ("" for no
    bound); raises ``InputError`` for what is no day."""
    first, end = span(since, until)
    found = counted_rates(referrals, since=first, until=end)
    return views.RatesView(
        side=side, asked=found.asked, waiting=found.waiting, due=found.due,
        answered=found.answered, silent=found.silent, waived=found.waived, void=found.void,
        declined=tuple(
            views.GroundView(word=telling.coded(codes("decline"), code), count=count)
            for code, count in found.declined.items()
        ),
        exceptions=tuple(exception(key, count) for key, count in found.exceptions.items()),
        found=found.found, nothing_found=found.nothing_found, since=since, until=until,
        version=rates_version(),
    )  # fmt: skip


def exception(key: str, count: int) -> views.ExceptionView:
    """Return how many waivers were asked for by one version of an exception, with its text.

    :param key: ``relief_goods@1``, the code alone for one that this node does not know,
        ``WRITTEN`` or "" as in :class:`~esclusa.casework.referral_rates.Ending`.
    """
    code, _, version = key.partition("@")
    found = waiver_exceptions.of_step(code, version, "") if version else None
    if found is None:
        said = word("waiver", key or "kept_back") if key in ("", WRITTEN) else None
        return views.ExceptionView(
            word=said or views.WordView(code=key, en=key, es=key), count=count
        )
    return views.ExceptionView(
        word=views.WordView(code=found.code, en=found.text_en, es=found.text_es), count=count,
        version=found.version, since=found.since, until=found.until, meaning_en=found.meaning_en,
        meaning_es=found.meaning_es,
    )  # fmt: skip


def steps(it: Referral, who: Who) -> tuple[views.StepView, ...]:
    """Return the history, oldest first, with what does not count and why."""
    return tuple(_step(it, step, who) for step in it.steps)


def drafts(it: Referral, who: Who) -> tuple[views.StepView, ...]:
    """Return the steps on the draft."""
    after = {"open": "draft", "amend": "draft", "discard": "discarded"}
    return tuple(
        _step(it, Step(move=move, state=after.get(move.move, "draft")), who) for move in it.drafts
    )


def _step(it: Referral, step: Step, who: Who) -> views.StepView:
    move = step.move
    return views.StepView(
        move=word("move", move.move), agency=move.agency, side=it.side(move.agency),
        by=who(move.agency, move.by), at=move.at, after=word("state", step.state),
        recorded=tuple(_recorded(move)),
        lost=word("lost", step.lost) if step.lost else None,
    )  # fmt: skip


def _recorded(move: ReferralMove) -> Iterator[views.RecordedView]:
    if move.cut_off:
        yield _said("cut_off", move.cut_off)
    said = {item.name: item.value for item in move.recorded}
    for item in move.recorded:
        if item.name == waiver_exceptions.FIELD:
            yield _exception(item.value, said.get(waiver_exceptions.VERSION, ""), move.at)
        elif item.name not in (RECORD_REFERRED, waiver_exceptions.VERSION):
            yield _said(item.name, item.value)


def _exception(code: str, version: str, at: str) -> views.RecordedView:
    """Return the exception that a waiver was asked for by, in its words of that day."""
    found = waiver_exceptions.of_step(code, version, at)
    listed = {code: found.coded()} if found else {}
    return telling.recorded(
        waiver_exceptions.FIELD, code, fields()[waiver_exceptions.FIELD], listed
    )


def _said(name: str, value: str) -> views.RecordedView:
    field = fields().get(name)
    listed = codes(field.list) if field and field.list else {}
    return telling.recorded(name, value, field, listed)


def moves(
    it: Referral, us: str, by: str, *, supervisor: bool, at: str
) -> tuple[views.MoveView, ...]:
    """Return the moves that a person can make now, with their forms."""
    can = allowed(it, us, by, supervisor=supervisor, at=at)
    filled = held(it.drafts[-1:]) if it.state == "draft" else {}
    return tuple(
        views.MoveView(move=word("move", row.move), fields=form(row.needs, filled, day=at[:10]))
        for row in can
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


def form(
    needs: Iterable[Need], filled: Mapping[str, str], *, day: str = ""
) -> tuple[views.FieldView, ...]:
    """Return the fields that a move records on a day ("" for the newest codes)."""
    return tuple(
        telling.form_field(field, need, codes(field.list, day).values() if field.list else (),
                           filled.get(name, ""))
        for need in needs for name in need.fields for field in (fields()[name],)
    )  # fmt: skip
