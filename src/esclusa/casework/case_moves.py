"""A move on a case: who may make it now, what it must record, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from esclusa.casework.case_words import NONE, WRITTEN, Row, codes, fields, rows, words
from esclusa.casework.cases import Case, Thing
from esclusa.casework.forms import Code, filled
from esclusa.errors import InputError, StateError, Term
from esclusa.model import CaseMove, CaseWords, EvidenceFile, Recorded

_NOTHING: Final[Mapping[str, Collection[str]]] = {}
_KINDS: Final = {
    "item": "elemento", "note": "nota", "task": "tarea", "evidence": "prueba",
    "share": "envío compartido",
}  # fmt: skip
"""What can be in a case, in Spanish."""
FASTER: Final = "somebody was faster: the case has changed since you opened it"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A move as it is asked for: by whom, when (ISO 8601 UTC), under which new name ``step``.

    ``of`` is the thing that it is about, or the item that a note, a task or a file belongs to;
    ``item`` and ``kind`` are the id and kind of what is put in, ``file`` the evidence taken in.
    ``home``: partners are not told of it.
    """

    step: str
    move: str
    by: str
    at: str
    of: str = ""
    kind: str = ""
    item: str = ""
    file: EvidenceFile | None = None
    home: bool = False


def next_move(
    now: Case, asked: Asked, given: Mapping[str, str], *, supervisor: bool,
    people: Collection[str] = (), version: str = "",
    chosen: Mapping[str, Collection[str]] = _NOTHING,
) -> tuple[CaseMove, CaseWords | None]:  # fmt: skip
    """Return the move that follows from the history, with what it writes down, or refuse it.

    :param now: the case as the person sees it; of a new one its id alone.
    :param given: what is recorded, by field; what a move does not record is refused.
    :param people: who may be made a member or lead.
    :param chosen: what may be chosen of lists that no data file holds, by list.
    :param version: of the case as the person saw it; "" to make the move on any.
    :raises StateError: when state, person or thing does not allow it, or somebody was faster.
    :raises MoveMistakes: when a field is missing or wrong; each is named.
    """
    if version and version != now.version:
        raise StateError(FASTER)
    known = rows().get(asked.move)
    if asked.of and known and known.makes and now.thing(asked.of) is None:
        raise InputError("say which item of the case this belongs to", field="of", problem="nobody")
    if why := refusal(now, asked.move, asked.by, supervisor=supervisor, of=asked.of):
        raise why
    row = rows()[asked.move]
    said = filled(row.move, row.needs, fields(), lists(now, asked.move, people, chosen), given,
                  asked.at)  # fmt: skip
    _check_rules(now, row, asked)
    move = CaseMove(
        case=now.id, step=asked.step, move=asked.move, by=asked.by, at=asked.at,
        of="" if row.makes == "item" else asked.of,
        item=asked.kind if row.makes == "item" else "", home=asked.home and bool(row.makes),
        recorded=_recorded(said, written=False),
    )  # fmt: skip
    words = CaseWords(
        case=now.id, step=asked.step, item=asked.item if row.makes == "item" else "",
        file=asked.file if row.makes == "evidence" else None,
        recorded=_recorded(said, written=True),
    )  # fmt: skip
    empty = not (words.item or words.file or words.recorded)
    return move, None if empty else words


def refusal(
    now: Case, name: str, by: str, *, supervisor: bool, of: str = ""
) -> StateError | None:  # fmt: skip
    """Return why a person cannot make a move now, None when it can be made."""
    row = rows().get(name)
    if row is None:
        return StateError("there is no move {move!r} on a case", move=name[:40])
    if not row.allows(now.state):
        if now.state == NONE:
            return StateError(
                "a case that is not there yet does not allow the move {move!r}", move=_move(name)
            )
        state = Term(now.state.replace("_", " "), es=words("state")[now.state].text_es)
        return StateError(
            "a case that is {state} does not allow the move {move!r}",
            state=state,
            move=_move(name),
        )
    thing = now.thing(of) if row.about else None
    if row.about and (thing is None or thing.kind != row.about):
        return StateError(
            "say which {kind} of the case the move {move!r} is about",
            move=_move(name),
            kind=Term(row.about, es=_KINDS[row.about]),
        )
    if of and row.makes and not _is_in(now, of):
        return StateError("say which item of the case this belongs to")
    if thing is not None and thing.state not in row.of_sources:
        return StateError(
            "a thing that is {state!r} does not allow the move {move!r}",
            move=_move(name),
            state=Term(thing.state, es=words("of_state")[thing.state].text_es),
        )
    return None if supervisor else _not_theirs(now, row, by, thing)


def _is_in(now: Case, name: str) -> bool:
    found = now.thing(name)
    return found is not None and found.kind == "item" and found.state == "in"


def _move(name: str) -> Term:
    known = words("move").get(name)
    return Term(name, es=known.text_es if known else name)


def _not_theirs(now: Case, row: Row, by: str, thing: Thing | None) -> StateError | None:
    if row.actor == "anyone" or by == now.lead:
        return None
    if by not in now.members:
        return StateError("this belongs to the members of the case; its lead takes members in")
    if row.actor == "lead":
        return StateError(
            "this belongs to the lead of the case, {lead}, or to a supervisor", lead=now.lead
        )
    if thing is None or row.actor == "member":
        return None
    own = {thing.made.move.by} | ({thing.said("member")} if row.actor == "assignee" else set())
    if by in own:
        return None
    return StateError("this belongs to whoever set the task, has it, or leads the case")


def allowed(now: Case, by: str, *, supervisor: bool) -> tuple[Row, ...]:
    """Return the moves on the case itself, and those that add a thing to it, that a person can make
    now, in the order of the table."""
    return tuple(
        row for row in rows().values()
        if not row.about and not refusal(now, row.move, by, supervisor=supervisor)
    )  # fmt: skip


def allowed_on(now: Case, thing: Thing, by: str, *, supervisor: bool) -> tuple[Row, ...]:
    """Return the moves about a thing of the case that a person can make now."""
    return tuple(
        row for row in rows().values()
        if row.about == thing.kind
        and not refusal(now, row.move, by, supervisor=supervisor, of=thing.name)
    )  # fmt: skip


def lists(
    now: Case, move: str, people: Collection[str],
    chosen: Mapping[str, Collection[str]] = _NOTHING,
) -> dict[str, Mapping[str, Code]]:  # fmt: skip
    """Return the lists that the fields of a move choose from, persons among them; a task can be
    given to a service that the case is shared with.

    :param people: who may be made a member or lead.
    :param chosen: what may be chosen of further lists.
    """
    others = sorted(set(people) - ({now.lead} if move == "hand_over" else set(now.members)))
    members = [name for name in now.members if move != "leave" or name != now.lead]
    if move in ("task", "assign"):
        members += [f"@{partner}" for partner in now.shared_with]
    more = {name: _named(name, sorted(values)) for name, values in chosen.items()}
    found = {name: codes(name) for name in {f.list for f in fields().values()} - {""}}
    named = {"people": _named("people", others), "members": _named("members", members)}
    return {**found, **more, **named}


def _named(name: str, people: Sequence[str]) -> dict[str, Code]:
    return {one: Code(list=name, code=one, text_en=one, text_es=one) for one in people}


def _check_rules(now: Case, row: Row, asked: Asked) -> None:
    waiting = sum(thing.state == "waiting" for thing in now.of("task"))
    if row.move == "close" and waiting:
        raise StateError(
            "tasks wait: {count}; a case is closed when they are done or dropped", count=waiting
        )
    if row.makes == "item":
        if not asked.item or not asked.kind:
            raise InputError(
                "say what is put into the case", field="item" if asked.kind else "kind",
                problem="missing",
            )  # fmt: skip
        if now.holds(asked.item):
            raise StateError("this is in the case already")
    if row.makes == "evidence" and asked.file is None:
        raise InputError("choose a file to take in", field="files", problem="file")


def _recorded(said: Mapping[str, str], *, written: bool) -> tuple[Recorded, ...]:
    return tuple(
        Recorded(name=name, value=value)
        for name, value in said.items() if (fields()[name].type in WRITTEN) == written
    )  # fmt: skip
