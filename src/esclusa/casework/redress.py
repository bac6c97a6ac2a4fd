"""The rules of a redress case.

1. A step is allowed when ``redress_states.csv`` has a row for it from the present state.
2. ``officer`` steps anybody on the desk may make; ``lead`` steps a supervisor; ``second`` steps a
   supervisor who neither took the application nor saw the papers that the step rests on: two
   people stand behind each number. ``day`` steps are made by nobody: the last day has passed.
3. A renewal rests on papers that were seen since the number was granted or renewed last.
4. A person is vouched for with name, whole birth date and at least one document, and against the
   list entries named in the application: for nobody else and against nothing else.
5. A number never becomes another person's, and one that was revoked or given back stays so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Final

import msgspec

from esclusa.casework import tables
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.casework.reasons import check_words
from esclusa.codes import redress as numbers
from esclusa.errors import InputError, StateError, Term
from esclusa.model import Recorded, RedressEntry, RedressMove, RedressPerson

NONE: Final = "none"
GRANTED: Final = "granted"
ENDED: Final = frozenset({"refused", "withdrawn", "revoked"})
_LONG: Final = 2000
_SHORT: Final = 200
_LEAST: Final = {"statement": 10, "seen": 3, "ground": 10, "refuse_text": 10, "reason": 3,
                 "revoke_text": 10}  # fmt: skip
"""Characters that a written field has at least."""
_CODES: Final = frozenset({"refuse_code", "revoke_code"})
_MOST_DOCUMENTS: Final = 10
_MOST_ENTRIES: Final = 50
_BORN: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
DOCUMENTS: Final = ("passport", "id_card", "seafarer", "residence", "visa", "other")
"""Types of documents that can be vouched for."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A step that the table allows from one state."""

    move: str
    source: str
    target: str
    actor: str
    needs: tuple[str, ...]
    text_en: str
    text_es: str


class Word(msgspec.Struct, frozen=True):
    """A text in both languages."""

    en: str
    es: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A step with the state that it left."""

    move: RedressMove
    state: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A redress case after its steps. ``papers_by`` are those who took the application or saw the
    papers that the next grant would rest on; ``fresh`` tells that papers were seen since the last
    grant."""

    id: str
    state: str = NONE
    person: RedressPerson = RedressPerson()
    entries: tuple[RedressEntry, ...] = ()
    number: str = ""
    granted: str = ""
    until: str = ""
    partners: tuple[str, ...] = ()
    papers_by: frozenset[str] = frozenset()
    fresh: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def version(self) -> str:
        """Return a word that changes with each step."""
        return str(len(self.steps))


@cache
def rows() -> Mapping[tuple[str, str], Row]:
    """Return the table of steps by step and state that it is made from."""
    return {
        (row["move"], row["from"]): Row(
            move=row["move"], source=row["from"], target=row["to"], actor=row["actor"],
            needs=tuple(row["needs"].split()), text_en=row["text_en"], text_es=row["text_es"],
        )
        for row in tables.table("redress_states.csv")
    }  # fmt: skip


@cache
def words(group: str) -> Mapping[str, Word]:
    """Return the words of a group by code, in the order of the table."""
    return {
        row["code"]: Word(row["en"], row["es"])
        for row in tables.table("redress_words.csv") if row["group"] == group
    }  # fmt: skip


@cache
def move_words() -> Mapping[str, Word]:
    """Return the names of the steps."""
    return {row.move: Word(row.text_en, row.text_es) for row in rows().values()}


def replay(moves: Iterable[RedressMove], today: str) -> Case:
    """Return a case after its steps.

    :param moves: of one case, at least one, in any order.
    :param today: ``YYYY-MM-DD`` (UTC); a number whose last day is before is expired.
    """
    ordered = sorted(moves, key=lambda move: move.number)
    first = ordered[0]
    now = Case(id=first.case)
    if first.number > 1:  # what came before it was erased in its time
        sources = [row.source for row in rows().values() if row.move == first.move]
        now = msgspec.structs.replace(now, state=next(iter(sources), NONE))
    for move in ordered:
        now = _after(_aged(now, move.at[:10]), move)
    return _aged(now, today)


def _aged(now: Case, today: str) -> Case:
    if now.state == GRANTED and now.until < today:
        return msgspec.structs.replace(now, state="expired")
    return now


def _after(now: Case, move: RedressMove) -> Case:
    row = rows().get((move.move, now.state))
    if row is None:
        return now
    change: dict[str, object] = {"state": row.target}
    if move.move in ("apply", "papers"):
        change["papers_by"] = now.papers_by | {_plain(move.by)}
        change["fresh"] = move.move == "papers"
    if move.person.name:
        change["person"] = move.person
    if move.entries:
        change["entries"] = move.entries
    if move.move in ("grant", "renew"):
        change |= {
            "number": move.redress, "granted": move.at, "until": move.until,
            "partners": move.partners, "fresh": False, "papers_by": frozenset(),
        }  # fmt: skip
    step = Step(move=move, state=row.target)
    return msgspec.structs.replace(now, steps=(*now.steps, step), **change)


def allowed(now: Case, by: str, *, supervisor: bool) -> tuple[Row, ...]:
    """Return the steps that a person can make now, in the order of the table."""
    return tuple(
        row for row in rows().values()
        if row.source == now.state and not _person_fault(now, row, by, supervisor=supervisor)
    )  # fmt: skip


def next_move(
    now: Case, asked: RedressMove, given: Mapping[str, str], *, supervisor: bool,
    bounds: tuple[dt.date, dt.date], drawn: Sequence[int], known: Collection[str] = (),
    version: str = "",
) -> RedressMove:  # fmt: skip
    """Return the step that follows, or refuse it.

    :param now: the case; of a new one, its name alone.
    :param asked: step, person, moment, who is vouched for, entries and partners.
    :param given: what is recorded, by field.
    :param bounds: first and last day that a number may end on.
    :param drawn: ten random numbers from 0 to 31, for a new number.
    :param known: numbers given before; a new one is none of them.
    :param version: of the case as the person saw it; "" to make the step on any.
    :raises StateError: when state or person does not allow it, or somebody was faster.
    :raises MoveMistakes: when a field is missing or wrong; each is named.
    """
    if version and version != now.version:
        raise StateError("somebody was faster: the case has changed since you opened it")
    row = rows().get((asked.move, now.state))
    if row is None:
        raise _no_such(now.state, asked.move)
    if fault := _person_fault(now, row, asked.by, supervisor=supervisor):
        raise fault
    mistakes = [*_person_mistakes(row, asked), *_mistakes(row, given, bounds)]
    if mistakes:
        raise MoveMistakes(tuple(mistakes))
    said = {name: given[name].strip() for name in row.needs}
    made = msgspec.structs.replace(
        asked, case=now.id, number=len(now.steps) + 1, until=said.pop("until", ""),
        recorded=tuple(Recorded(name=name, value=value) for name, value in said.items()),
    )  # fmt: skip
    if row.actor == "second" or row.move == "papers":
        # Each says whom and what it is about, so that the case stands when older steps are erased.
        who = made.person if made.person.name else now.person
        made = msgspec.structs.replace(made, person=who, entries=now.entries)
    if row.actor == "second":
        number = now.number or numbers.made(drawn)
        if not now.number and number in known:
            raise StateError("this number is given already; draw another one")
        return msgspec.structs.replace(made, redress=number)
    return msgspec.structs.replace(made, redress="", partners=())


def _plain(name: str) -> str:
    return name.strip().casefold()


def _no_such(state: str, name: str) -> StateError:
    known = move_words().get(name)
    move = Term(name[:40], es=known.es if known else name[:40])
    if state == NONE:
        return StateError(
            "a redress case that is not there yet does not allow the step {move!r}", move=move
        )
    return StateError(
        "a redress case that is {state} does not allow the step {move!r}",
        move=move,
        state=Term(state, es=words("state")[state].es),
    )


def _person_fault(now: Case, row: Row, by: str, *, supervisor: bool) -> StateError | None:
    if row.actor == "day":
        return StateError("this follows from time alone; nobody can make it by hand")
    if row.actor in ("lead", "second") and not supervisor:
        return StateError("somebody who leads the team decides this: a supervisor")
    if row.actor == "second" and not now.fresh:
        return StateError("papers must be seen first: record them")
    if row.actor == "second" and _plain(by) in now.papers_by:
        return StateError("you took the application or saw the papers; a second person decides")
    return None


def _person_mistakes(row: Row, asked: RedressMove) -> Iterable[FieldMistake]:
    """Say what is wrong with who is vouched for, and against what."""
    who = asked.person
    if row.move == "papers" and not who.name:
        return  # as in the application
    if row.move not in ("apply", "papers"):
        return
    if not who.name.strip():
        yield FieldMistake(field="name", problem="missing")
    yield from _word("name", who.name)
    if not who.birth_date:
        yield FieldMistake(field="birth_date", problem="missing")
    elif not _is_day(who.birth_date):
        yield FieldMistake(field="birth_date", problem="day")
    yield from _word("nationality", who.nationality)
    if not who.documents:
        yield FieldMistake(field="documents", problem="missing")
    if len(who.documents) > _MOST_DOCUMENTS or not all(map(_is_document, who.documents)):
        yield FieldMistake(field="documents", problem="document")
    if row.move == "apply" and not asked.entries:
        yield FieldMistake(field="entries", problem="missing")
    if len(asked.entries) > _MOST_ENTRIES:
        yield FieldMistake(field="entries", problem="long")


def _word(field: str, text: str) -> Iterable[FieldMistake]:
    if len(text) > _SHORT:
        yield FieldMistake(field=field, problem="long")
    elif _damaged(text):
        yield FieldMistake(field=field, problem="damaged")


def _damaged(text: str) -> bool:
    try:
        check_words("it", text, limit=_LONG)
    except InputError:
        return True
    return False


def _is_day(text: str) -> bool:
    if not _BORN.fullmatch(text):
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_document(text: str) -> bool:
    kind, _, number = text.partition(":")
    return kind in DOCUMENTS and 0 < len(number.strip()) <= _SHORT and not _damaged(number)


def _mistakes(
    row: Row, given: Mapping[str, str], bounds: tuple[dt.date, dt.date]
) -> Iterable[FieldMistake]:
    for name in row.needs:
        if problem := _problem(name, given.get(name, "").strip(), bounds):
            yield FieldMistake(field=name, problem=problem)
    for name in sorted({name for name, value in given.items() if value.strip()} - set(row.needs)):
        yield FieldMistake(field=name[:40], problem="unknown")


def _problem(name: str, value: str, bounds: tuple[dt.date, dt.date]) -> str:
    if not value:
        return "missing"
    if name in _CODES:
        return "" if value in words(name) else "code"
    if name == "until":
        if not _is_day(value):
            return "day"
        return "" if bounds[0] <= dt.date.fromisoformat(value) <= bounds[1] else "bounds"
    if len(value) > _LONG:
        return "long"
    if len(value) < _LEAST[name]:
        return "short"
    return "damaged" if _damaged(value) else ""
