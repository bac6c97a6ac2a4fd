"""What a report of a seizure must hold, and what is wrong with one."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

import msgspec

from esclusa.casework import tables
from esclusa.casework.forms import FieldMistake, MoveMistakes, moment
from esclusa.casework.reasons import check_words
from esclusa.codes import iso6346
from esclusa.errors import InputError
from esclusa.model import Seizure

_TEXTS: Final = {"agency": 32, "number": 64, "event": 64, "equipment": 20, "carrier": 10,
                 "bill": 60, "concealment": 300, "examination": 64, "referral": 64, "why": 2000,
                 "place": 10, "what": 200, "unit": 3}  # fmt: skip
"""Characters of each field."""
_MOST_ITEMS: Final = 50
_HEAVIEST: Final = 1e9
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_WHY_LEAST: Final = 3
_EVENT: Final = re.compile(r"[A-Za-z0-9._-]+")
"""An event's number stands in addresses and is read out on the telephone."""


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A class of goods with its texts and where the class comes from."""

    code: str
    text_en: str
    text_es: str
    meaning_en: str
    meaning_es: str
    source: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part that a service can have in a seizure."""

    code: str
    text_en: str
    text_es: str


@cache
def categories() -> Mapping[str, Category]:
    """Return the categories by code, in the order of the table."""
    return {row["code"]: Category(**row) for row in tables.table("seizure_categories.csv")}


@cache
def parts() -> Mapping[str, Part]:
    """Return the parts by code, in the order of the table."""
    return {row["code"]: Part(**row) for row in tables.table("seizure_parts.csv")}


def event_of(text: str) -> str:
    """Return a number as an event may bear it: other signs become hyphens."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text.strip()).strip("-")[: _TEXTS["event"]]


def checked(made: Seizure, *, now: dt.datetime, correction: bool) -> Seizure:
    """Return a report as it can be kept: numbers in their own form, blanks off.

    :param now: aware; what was seized was seized before.
    :param correction: it corrects an earlier version, and says why.
    :raises MoveMistakes: naming each field that is missing or wrong.
    """
    clean = msgspec.structs.replace(
        made, agency=made.agency.strip(), number=made.number.strip(), event=made.event.strip(),
        equipment=iso6346.normalise(made.equipment) if made.equipment.strip() else "",
        bill=made.bill.strip().upper(), carrier=made.carrier.strip().upper(),
    )  # fmt: skip
    mistakes = tuple(_mistakes(clean, now, correction=correction))
    if mistakes:
        raise MoveMistakes(mistakes)
    return clean


def _mistakes(made: Seizure, now: dt.datetime, *, correction: bool) -> Iterator[FieldMistake]:
    for name in ("agency", "number", "event", "seized"):
        if not getattr(made, name):
            yield FieldMistake(field=name, problem="missing")
    for name, most in _TEXTS.items():
        if isinstance(text := getattr(made, name, ""), str) and (problem := _word(text, most)):
            yield FieldMistake(field=name, problem=problem)
    if made.event and not _EVENT.fullmatch(made.event):
        yield FieldMistake(field="event", problem="signs")
    if made.seized and (problem := _seized(made.seized, now)):
        yield FieldMistake(field="seized", problem=problem)
    if made.part not in parts():
        yield FieldMistake(field="part", problem="code")
    # What an examination speaks of is as its papers have it, whatever the check digit.
    if made.equipment and not made.examination and not iso6346.is_valid(made.equipment):
        yield FieldMistake(field="equipment", problem="box")
    if correction and len(made.why.strip()) < _WHY_LEAST:
        yield FieldMistake(field="why", problem="short" if made.why.strip() else "missing")
    yield from _items(made)


def _items(made: Seizure) -> Iterator[FieldMistake]:
    if not made.items:
        yield FieldMistake(field="items", problem="missing")
    if len(made.items) > _MOST_ITEMS:
        yield FieldMistake(field="items", problem="long")
    for place, item in enumerate(made.items[:_MOST_ITEMS]):
        at = f"items[{place}]."
        if item.category not in categories():
            yield FieldMistake(field=at + "category", problem="code")
        for name in ("what", "unit"):
            if problem := _word(getattr(item, name), _TEXTS[name]):
                yield FieldMistake(field=at + name, problem=problem)
        number = item.quantity
        if number is not None and not (math.isfinite(number) and 0 < number < _HEAVIEST):
            yield FieldMistake(field=at + "quantity", problem="number")
        if (number is None) != (not item.unit):
            yield FieldMistake(
                field=at + ("unit" if number is not None else "quantity"), problem="missing"
            )


def _word(text: str, most: int) -> str:
    if len(text) > most:
        return "long"
    try:
        check_words("it", text, limit=most)
    except InputError:
        return "damaged"
    return ""


def _seized(text: str, now: dt.datetime) -> str:
    if _DAY.fullmatch(text):
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            return "moment"
        return "future" if day > now.date() else ""
    found = moment(text)
    if found is None:
        return "moment"
    return "future" if found > now else ""
