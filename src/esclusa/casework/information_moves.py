"""A move on a request for information: who may make it now, what it must record, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from esclusa.casework import forms
from esclusa.casework.forms import FieldMistake, MoveMistakes, moment
from esclusa.casework.information import HOME, LONGEST, NONE, Request, is_longer, refusal
from esclusa.casework.information_words import (
    ANSWERS,
    LEAD,
    SYSTEM,
    Row,
    codes,
    fields,
    rows,
    words,
)
from esclusa.errors import InputError, StateError, Term
from esclusa.model import InformationMove, InformationSubject, Recorded

_SUBJECT: Final = {
    "subject_kind": "kind", "subject_name": "name", "subject_number": "number",
    "subject_more": "more",
}  # fmt: skip
_ASIDE: Final = frozenset({*_SUBJECT, "clock", "until"})
"""Fields that a move has a place of its own for."""
MOST_RECORDS: Final = 50
"""Records that one answer may point to."""


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What the agreement with the partner says about requests: ids of clocks, grounds for refusing,
    and the purposes for which questions go."""

    clocks: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()

    def of(self, name: str) -> tuple[str, ...] | None:
        """Return what was agreed of a list of codes, None where any code will do."""
        return {"clock": self.clocks, "ground": self.refusals, "purpose": self.purposes}.get(name)


def allowed(now: Request, agency: str, *, supervisor: bool, at: str) -> tuple[Row, ...]:
    """Return the moves that a person of an agency can make now, in the order of the table.

    :param at: ISO 8601 UTC.
    """
    side = now.side(agency)
    far = now.due and (now.due + LONGEST).isoformat()
    found = []
    for row in rows().values():
        if row.source != now.state or not row.may(side, system=False):
            continue
        if row.actor == LEAD and not supervisor:
            continue
        asked = InformationMove(
            request=now.id, requester=now.requester, answerer=now.answerer, agency=agency,
            number=1, seen=0, move=row.move, by="-", at=at, due=far or "", clock=now.clock,
        )  # fmt: skip
        # How far an extension may reach is said when the moment is known.
        if refusal(now, asked) in ("", "sooner"):
            found.append(row)
    return tuple(found)


def next_move(
    now: Request, asked: InformationMove, given: Mapping[str, str], agreed: Agreed | None,
    *, supervisor: bool, version: str = "",
) -> InformationMove:  # fmt: skip
    """Return the move that follows from the history, or refuse it.

    :param now: the request as its agency knows it; of a new one, with its two sides alone.
    :param asked: agency, person, moment, subject and records of the move asked for.
    :param given: what is recorded, by field; what a move does not record is refused.
    :param agreed: what the agreement in force says about requests, None where there is none.
    :param version: of the request as the person saw it; "" to make the move on any.
    :raises StateError: when state, side, person or time does not allow it, or somebody was faster.
    :raises MoveMistakes: when a field is missing, wrong or not agreed; each is named.
    """
    if version and version != now.version:
        raise StateError("somebody was faster: the request has changed since you opened it")
    row = rows().get((asked.move, now.state))
    if row is None:
        raise _no_such(now.state, asked.move)
    if not row.may(now.side(asked.agency), system=asked.by == SYSTEM):
        raise _whose(row)
    if row.actor == LEAD and not supervisor:
        raise StateError("a request is escalated by somebody who leads the team: a supervisor")
    _check_records(row, asked.records)
    if "in_time" in row.rules and (lost := refusal(now, asked)) == "late":
        raise _refused(lost, now)
    recorded = filled(now, row, given, asked.at, agreed)
    made = _made(now, asked, recorded)
    if lost := refusal(now, made):
        raise _refused(lost, now)
    return made


def _made(now: Request, asked: InformationMove, recorded: Mapping[str, str]) -> InformationMove:
    said = {place: recorded.get(name, "") for name, place in _SUBJECT.items()}
    subject = msgspec.structs.replace(asked.subject, **said)
    return msgspec.structs.replace(
        asked, request=now.id, requester=now.requester, answerer=now.answerer,
        number=now.known(asked.agency) + 1, seen=now.known(now.other(asked.agency)),
        clock=recorded.get("clock", ""), due=recorded.get("until", ""),
        subject=subject if asked.move == "ask" else InformationSubject(),
        recorded=tuple(
            Recorded(name=name, value=value)
            for name, value in recorded.items() if name not in _ASIDE
        ),
    )  # fmt: skip


def about(asked: InformationMove, name: str, field: str) -> InformationMove:
    """Return the note on what a request is about here, which stays at home.

    :param name: the record's id; ``field`` is the name under which it is kept.
    """
    return msgspec.structs.replace(
        asked, number=HOME, seen=0, move="about", clock="", due="", records=(),
        subject=InformationSubject(), recorded=(Recorded(name=field, value=name),),
    )  # fmt: skip


def _check_records(row: Row, records: Iterable[str]) -> None:
    count = len(tuple(records))
    if count and row.move not in ANSWERS:
        raise InputError(
            f"the move {row.move!r} points to no records", field="records", problem="unknown"
        )
    if count > MOST_RECORDS:
        raise InputError(
            f"{count} records are named; an answer points to {MOST_RECORDS} at most",
            field="records", problem="long", expected=f"≤ {MOST_RECORDS}",
        )  # fmt: skip


def _no_such(state: str, name: str) -> StateError:
    known = words("move").get(name)
    move = Term(name[:40], es=known.text_es if known else name[:40])
    if state == NONE:
        return StateError(
            "a request that is not there yet does not allow the move {move!r}", move=move
        )
    told = Term(state.replace("_", " "), es=words("state")[state].text_es)
    return StateError(
        "a request that is {state} does not allow the move {move!r}", state=told, move=move
    )


def _whose(row: Row) -> StateError:
    if row.actor == "answerer":
        return StateError("this belongs to the service that is asked, and to nobody else")
    if row.actor == "system":
        return StateError("this follows from time alone; nobody can make it by hand")
    return StateError("this belongs to the service that asked")


def _refused(lost: str, now: Request) -> StateError:
    due = now.due.isoformat(timespec="minutes") if now.due else ""
    if lost == "late":
        return StateError(
            "the answer was due at {due}; that has passed, and no time can be added", due=due
        )
    if lost == "early":
        return StateError("the answer is due at {due} only", due=due)
    if lost == "once":
        return StateError("it has been escalated once already")
    return StateError("the move is not allowed")


def filled(
    now: Request, row: Row, given: Mapping[str, str], at: str, agreed: Agreed | None
) -> dict[str, str]:
    """Return what a move records, cleaned, in the order of the table.

    :param at: the moment of the move, ISO 8601 UTC.
    :param agreed: what the agreement says, None to look at the fields alone.
    :raises MoveMistakes: naming each field that is missing, wrong or not agreed.
    """
    known = fields()
    lists = {field.list: codes(field.list) for field in known.values() if field.list}
    mistakes: tuple[FieldMistake, ...] = ()
    found: dict[str, str] = {}
    try:
        found = forms.filled(row.move, row.needs, known, lists, given, at)
    except MoveMistakes as error:
        mistakes = error.mistakes
    wrong = {mistake.field for mistake in mistakes}
    said = {name: given[name].strip() for need in row.needs for name in need.fields
            if name in given and name not in wrong and given[name].strip()}  # fmt: skip
    mistakes += tuple(_of_this_request(now, said, agreed))
    if mistakes:
        raise MoveMistakes(mistakes)
    return found


def _of_this_request(
    now: Request, said: Mapping[str, str], agreed: Agreed | None
) -> Iterable[FieldMistake]:
    for name, value in said.items():
        known = agreed.of(fields()[name].list) if agreed is not None else None
        if known is not None and value not in known:
            yield FieldMistake(field=name, problem="unagreed")
    until = moment(said.get("until", ""))
    if until is not None and not is_longer(now, until):
        yield FieldMistake(field="until", problem="sooner")
