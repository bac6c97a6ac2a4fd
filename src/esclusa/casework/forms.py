"""What a move must record, as data: fields, codes and words, and what is wrong with what was typed.

Each life cycle has four tables of one prefix: ``_states``, ``_fields``, ``_codes`` and ``_words``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from esclusa.casework.reasons import check_words
from esclusa.casework.tables import table
from esclusa.errors import InputError

_HEAVIEST: Final = 1e7
"""Kilograms; more is a slip of the keyboard."""
_YEARS: Final = range(2000, 2200)
"""A moment outside of them is a slip or a trap."""


class Need(msgspec.Struct, frozen=True):
    """What a move records: one of these fields must be filled, unless it is ``optional``."""

    fields: tuple[str, ...]
    optional: bool = False


class MoveRow(msgspec.Struct, frozen=True, kw_only=True):
    """A move that a table allows from one state (``source``): where it leads, who makes it, by
    which rules, and what it records."""

    move: str
    source: str
    target: str
    actor: str
    rules: frozenset[str]
    needs: tuple[Need, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field that it records, in the order of the table."""
        return tuple(name for need in self.needs for name in need.fields)


R = TypeVar("R", bound=MoveRow)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a move. ``type``: ``text``, ``long``, ``number``, ``moment`` (ISO 8601 with a
    zone) or ``code`` of ``list``; ``least`` and ``most`` are characters."""

    name: str
    type: str
    list: str
    least: int
    most: int
    text_en: str
    text_es: str


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code of a closed list with its text and what it means."""

    list: str
    code: str
    text_en: str
    text_es: str
    meaning_en: str = ""
    meaning_es: str = ""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A state, a move, or a reason why a move does not count, for people."""

    group: str
    code: str
    text_en: str
    text_es: str


def needs_of(text: str) -> Iterator[Need]:
    """Yield what a column ``needs`` says: blank-separated, ``a|b`` one of them, ``?a`` optional."""
    for word in text.split():
        yield Need(tuple(word.removeprefix("?").split("|")), word.startswith("?"))


def rows_of(name: str, type_: type[R]) -> dict[tuple[str, str], R]:
    """Return the moves of a data file by (move, state)."""
    return {
        (item["move"], item["from"]): type_(
            move=item["move"], source=item["from"], target=item["to"], actor=item["actor"],
            rules=frozenset(item["rules"].split()), needs=tuple(needs_of(item["needs"])),
        )
        for item in table(name)
    }  # fmt: skip


def states_of(rows: Iterable[MoveRow]) -> tuple[str, ...]:
    """Return every state that moves lead to, in the order of their table."""
    return tuple(dict.fromkeys(row.target for row in rows))


def final_of(rows: Iterable[MoveRow]) -> frozenset[str]:
    """Return the states that no move leaves."""
    known = tuple(rows)
    return frozenset(states_of(known)) - {row.source for row in known}


def fields_of(name: str) -> dict[str, Field]:
    """Return the fields of a data file by name."""
    return {row["name"]: msgspec.convert(row, Field, strict=False) for row in table(name)}


def codes_of(name: str, chosen: str) -> dict[str, Code]:
    """Return one list of a data file of codes by code; empty when there is no such list."""
    return {row["code"]: Code(**row) for row in table(name) if row["list"] == chosen}


def words_of(name: str, group: str) -> dict[str, Word]:
    """Return one group of a data file of words by code."""
    return {row["code"]: Word(**row) for row in table(name) if row["group"] == group}


class FieldMistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field: ``problem`` is a word of :data:`PROBLEMS`, and ``expected``
    what would do, the same in every language: ``0–4``."""

    field: str
    problem: str
    expected: str = ""


class MoveMistakes(InputError):
    """Fields of a move are missing or wrong; nothing was recorded."""

    def __init__(self, mistakes: tuple[FieldMistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(map(_sentence, mistakes)))


def mistakes_of(error: Exception) -> tuple[FieldMistake, ...]:
    """Return what an error says is wrong, field by field; empty when it names no field."""
    if isinstance(error, MoveMistakes):
        return error.mistakes
    if isinstance(error, InputError) and error.field:
        made = FieldMistake(field=error.field, problem=error.problem, expected=error.expected)
        return (made,)
    return ()


_SENTENCES: Final = {
    "missing": "must be filled in", "one_of": "or one of its alternatives must be filled in",
    "short": "says too little", "long": "is too long",
    "damaged": "has a character that is no text", "code": "is not a code of its list",
    "number": "is not a number above 0", "past": "is not after now",
    "moment": "is not a date and time with its zone, such as 2026-11-28T10:00Z",
    "sooner": "is not after the moment that stands, or more than a year after the request",
    "unagreed": "is not one that the agreement with this partner lists",
    "day": "is not a whole date such as 1971-05-12", "unknown": "is nothing that this step records",
    "box": "is not a container number with its check digit",
    "future": "is after now", "signs": "has other signs than letters, digits and . - _",
    "bounds": "is not a day within its bounds",
    "document": "is not one document a line, such as passport:PA1234567",
    "hour": "is not a time of day such as 07:00", "mail": "is not one mail address",
    "message": "or a file must be given",
    "period": "is no month such as 2026-11, and no year such as 2026",
    "refused": "cannot be used", "empty": "is an empty file",
    "password": "has at least 12 characters", "whole": "is not a whole number within its bounds",
    "taken": "is taken already", "zone": "is not the name of a time zone",
    "above": "is above your own clearance", "partner": "is no partner of this node",
    "confirm": "must be ticked", "order": "ends before it begins, or is too wide",
    "file": "needs a file", "kind": "is of another kind than what was expected",
    "name": "is not a name as it is written here", "twice": "is named twice",
    "nobody": "is not there, or not there for this reader",
}  # fmt: skip
PROBLEMS: Final = frozenset(_SENTENCES)
"""The words for what can be wrong with a value; every face has a text for each."""


def _sentence(mistake: FieldMistake) -> str:
    return f"{mistake.field} {_SENTENCES[mistake.problem]}"


def filled(
    move: str, needs: Iterable[Need], fields: Mapping[str, Field],
    lists: Mapping[str, Mapping[str, Code]], given: Mapping[str, str], at: str,
) -> dict[str, str]:  # fmt: skip
    """Return what a move records, cleaned, in the order of its needs.

    :param lists: the codes of each list that its fields name.
    :param at: the moment of the move, ISO 8601 UTC.
    :raises InputError: when something is given that the move does not record.
    :raises MoveMistakes: naming each field that is missing or wrong.
    """
    known = tuple(needs)
    names = [name for need in known for name in need.fields]
    said = {name: value.strip() for name, value in given.items() if value.strip()}
    if unknown := sorted(set(said) - set(names)):
        raise InputError(
            f"the move {move!r} does not record {unknown[0][:40]!r}", field=unknown[0],
            problem="unknown",
        )  # fmt: skip
    mistakes = [*_missing(known, said)]
    for name, value in said.items():
        if problem := _problem(fields[name], lists, value, at):
            mistakes.append(FieldMistake(field=name, problem=problem))
    if mistakes:
        raise MoveMistakes(tuple(sorted(mistakes, key=lambda item: names.index(item.field))))
    return {name: _clean(fields[name], said[name]) for name in names if name in said}


def _missing(needs: Iterable[Need], said: Mapping[str, str]) -> Iterator[FieldMistake]:
    for need in needs:
        if need.optional or any(name in said for name in need.fields):
            continue
        problem = "missing" if len(need.fields) == 1 else "one_of"
        yield from (FieldMistake(field=name, problem=problem) for name in need.fields)


def _problem(field: Field, lists: Mapping[str, Mapping[str, Code]], value: str, at: str) -> str:
    if len(value) > field.most:
        return "long"
    try:
        check_words(field.name, value, limit=field.most)
    except InputError:
        return "damaged"
    if field.type == "code":
        return "" if value in lists[field.list] else "code"
    if field.type == "number":
        return "" if _number(value) is not None else "number"
    if field.type == "moment":
        return _moment_problem(value, at)
    return "short" if len(value) < field.least else ""


def _moment_problem(value: str, at: str) -> str:
    found, made = moment(value), moment(at)
    if found is None:
        return "moment"
    return "past" if made is not None and found <= made else ""


def _number(value: str) -> float | None:
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) and 0 < found < _HEAVIEST else None


def _clean(field: Field, value: str) -> str:
    if field.type == "moment" and (found := moment(value)) is not None:
        return found.isoformat().replace("+00:00", "Z")
    return value


def moment(text: str) -> dt.datetime | None:
    """Return an ISO 8601 moment with a zone as UTC, None when it is not one."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None or found.year not in _YEARS:
        return None
    return found.astimezone(dt.UTC)
