"""A form of the yard understood: what is wrong with it, and the examination that it states.

Nothing is repaired and nothing is filled in: outcomes are measured by what stands here. Each field
that is missing or wrong is named; a form without a mistake makes an examination that can stand
(:func:`esclusa.codes.examination.faults` has the last word).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
import uuid
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from esclusa.casework.reasons import check_words
from esclusa.codes.examination import FOUND, NOT_PERFORMED, NOTHING_FOUND, faults, lists
from esclusa.errors import InputError
from esclusa.model import Examination, Finding, Place
from esclusa.sharing.yard_views import Filled

LONG: Final = 2_000
"""Characters of the remarks."""
SHORT: Final = 200
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_SKEW: Final = dt.timedelta(minutes=10)
"""How far the clock on the officer's wrist may be ahead of the node's."""
_SPACE: Final = uuid.UUID("5b1c7c26-1f0e-5d2a-8a53-7a8d3f2b9c41")
"""Root of the numbers of examinations; a change would give each form sent again a second one."""
_MOST: Final = 1e9
"""More than that of anything in one box is a slip of the keyboard."""


class FormMistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field: ``missing``, ``code``, ``moment``, ``twice`` (the clock shows
    that time twice or never), ``future``, ``order``, ``number``, ``long``, ``damaged``, ``idle``
    (this belongs to another result), ``zone``, ``id``, or of photographs ``photo`` (it is none),
    ``many``, ``large`` or ``other`` (than the form names)."""

    field: str
    problem: str


_SENTENCES: Final = {
    "missing": "must be filled in", "code": "is not a code of its list",
    "moment": "is not a date and time such as 2026-11-28 10:00",
    "twice": "is shown twice or never by the clocks of that zone; write it in UTC",
    "future": "is after now", "order": "is before the start",
    "number": "is not a number above 0", "long": "is too long",
    "damaged": "has a character that is no text", "idle": "does not go with that result",
    "zone": "is not a time zone that this node knows", "id": "is not a UUID",
    "photo": "is no JPEG or PNG photograph", "many": "are too many", "large": "is too large",
    "other": "are others than the form names",
}  # fmt: skip


class FormMistakes(InputError):
    """Fields of a form are missing or wrong; nothing was recorded."""

    def __init__(self, mistakes: tuple[FormMistake, ...]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(map(sentence_of, mistakes)))


def sentence_of(mistake: FormMistake) -> str:
    """Return what is wrong with one field as an English sentence."""
    return f"{mistake.field} {_SENTENCES[mistake.problem]}"


def cleaned(filled: Filled) -> Filled:
    """Return a form with blanks taken off, an id in its one form, each method once, in order."""
    texts = {
        name: value.replace("\r\n", "\n").strip()
        for name, value in msgspec.structs.asdict(filled).items() if isinstance(value, str)
    }  # fmt: skip
    texts["id"] = texts["id"].lower()
    return msgspec.structs.replace(filled, **texts, methods=tuple(sorted(set(filled.methods))))


def digest_of(filled: Filled, sheet: str) -> str:
    """Return the SHA-256 of what a cleaned form says about a sheet, in hexadecimal digits."""
    said = msgspec.to_builtins(filled)
    if not filled.photos:  # as before there were any: an id of a device may be older than they are
        del said["photos"]
    return hashlib.sha256(msgspec.json.encode([sheet, said], order="sorted")).hexdigest()


def examination(
    filled: Filled, *, agency: str, by: str, now: dt.datetime, lane: str, probability: float | None,
    selection: str, carrier: str, bill: str, port: str,
) -> Examination:  # fmt: skip
    """Return the examination that a cleaned form states.

    :param by: the account that sends it.
    :param now: aware; what the officer writes may not be after it.
    :param carrier: with ``bill``, the bill of the box on the sheet.
    :param lane: by what the box came on the sheet, with the chance it had there; None where it was
        put on by hand.
    :raises FormMistakes: naming each field that is missing or wrong.
    """
    moments: dict[str, str] = {}
    mistakes = tuple(_mistakes(filled, now, moments))
    if mistakes:
        raise FormMistakes(mistakes)
    made = Examination(
        agency=agency, number=number_of(filled, by), result=filled.result, equipment=filled.box,
        carrier=carrier if bill else "", bills=(bill,) if bill else (), port=_place(port),
        started=moments["started"], completed=moments["completed"],
        reported=max(_text(now), moments["completed"]),
        methods=filled.methods, cause=filled.cause, findings=_findings(filled), lane=lane,
        probability=probability, selection=selection, new_seal=filled.new_seal,
        remarks=filled.remarks,
    )  # fmt: skip
    if left := faults(made):
        raise InputError("; ".join(left))
    return made


def number_of(filled: Filled, by: str) -> str:
    """Return the examination's own number. It is made of the account and the form's id, as the
    form's record is: whoever sends an id that is another's reaches nothing of his."""
    return f"YARD-{uuid.uuid5(_SPACE, f'{by}/{filled.id}')}"


def _place(port: str) -> Place:
    return Place(code=port, scheme="unlocode") if port else Place()


def _findings(filled: Filled) -> tuple[Finding, ...]:
    if not filled.category:
        return ()
    quantity = float(filled.quantity) if filled.quantity else None
    return (
        Finding(category=filled.category, what=filled.what, quantity=quantity, unit=filled.unit),
    )


def _mistakes(
    filled: Filled, now: dt.datetime, moments: dict[str, str]
) -> Iterator[FormMistake]:  # fmt: skip
    yield from _odd(filled)
    yield from _codes(filled)
    yield from _needed(filled)
    yield from _moments(filled, now, moments)
    if filled.quantity and not _is_number(filled.quantity):
        yield FormMistake(field="quantity", problem="number")


def _odd(filled: Filled) -> Iterator[FormMistake]:
    try:
        uuid.UUID(filled.id)
    except ValueError:
        yield FormMistake(field="id", problem="id")
    for name, value in msgspec.structs.asdict(filled).items():
        for text in (value,) if isinstance(value, str) else value:
            most = LONG if name == "remarks" else SHORT
            if len(text) > most:
                yield FormMistake(field=name, problem="long")
                continue
            try:
                check_words(name, text, limit=most)
            except InputError:
                yield FormMistake(field=name, problem="damaged")


def _codes(filled: Filled) -> Iterator[FormMistake]:
    known = lists()
    if filled.result not in known.result:
        yield FormMistake(field="result", problem="code" if filled.result else "missing")
    if filled.cause and filled.cause not in known.cause:
        yield FormMistake(field="cause", problem="code")
    if any(method not in known.method for method in filled.methods):
        yield FormMistake(field="methods", problem="code")
    if filled.category and filled.category not in known.category:
        yield FormMistake(field="category", problem="code")


def _needed(filled: Filled) -> Iterator[FormMistake]:
    """What a result needs, and what it cannot have."""
    if not filled.result:
        return
    find = bool(filled.category or filled.what or filled.quantity or filled.unit)
    empty, skipped = (NOTHING_FOUND, NOT_PERFORMED), filled.result == NOT_PERFORMED
    there = {
        "cause": bool(filled.cause), "methods": bool(filled.methods),
        "completed": bool(filled.completed), "category": bool(filled.category),
    }  # fmt: skip
    needed = ["cause"] if skipped else ["methods", "completed"]
    if filled.result == FOUND or (find and filled.result not in empty):
        needed.append("category")
    yield from (FormMistake(field=name, problem="missing") for name in needed if not there[name])
    if there["methods" if skipped else "cause"]:
        yield FormMistake(field="methods" if skipped else "cause", problem="idle")
    if find and filled.result in empty:
        yield FormMistake(field="category", problem="idle")


def _moments(
    filled: Filled, now: dt.datetime, moments: dict[str, str]
) -> Iterator[FormMistake]:  # fmt: skip
    zone = _zone(filled.zone)
    if zone is None:
        yield FormMistake(field="zone", problem="zone")
        return
    read: dict[str, dt.datetime] = {}
    for name, text in (("started", filled.started), ("completed", filled.completed)):
        moments[name] = ""
        if not text:
            continue
        found = _read(text, zone)
        if isinstance(found, str):
            yield FormMistake(field=name, problem=found)
        elif found > now + _SKEW:
            yield FormMistake(field=name, problem="future")
        else:
            read[name], moments[name] = found, _text(found)
    if len(read) == 2 and read["completed"] < read["started"]:
        yield FormMistake(field="completed", problem="order")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _read(text: str, zone: ZoneInfo) -> dt.datetime | str:
    """Return the moment, or what is wrong with it."""
    if not _MOMENT.fullmatch(text):
        return "moment"
    try:
        plain = dt.datetime.fromisoformat(text)
        early, late = (plain.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() != late.utcoffset():
            return "twice"  # an hour that is set back, or one that is left out
        return early.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return "moment"


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_number(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and 0 < value <= _MOST
