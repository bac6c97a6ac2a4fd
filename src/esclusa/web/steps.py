"""What pages with forms of steps share: what a form records, and what is said when it was refused.

A step that cannot be made leaves everything on the page that was typed: what is wrong stands at its
field, and where somebody was faster the page shows what has changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final, TypeVar

import msgspec

from esclusa.casework.forms import Field, FieldMistake, MoveMistakes
from esclusa.errors import EsclusaError, InputError, StateError
from esclusa.web.advice import SILENT, Why, sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.visit import Visit

PROBLEMS: Final = {
    "missing": _("Fill this in."),
    "one_of": _("Fill in this or the field beside it."),
    "short": _("This says too little."),
    "long": _("This is too long."),
    "damaged": _("This has a character that is no text."),
    "code": _("Choose from the list."),
    "number": _("Write a number above 0, with a point for decimals."),
    "moment": _("Write date and time like 2026-11-28 10:00."),
    "past": _("This is not after now."),
    "sooner": _("This is not after the moment that stands, or more than a year away."),
    "unagreed": _("The agreement with this partner does not list it."),
    "day": _("Write a whole date, such as 1971-05-12."),
    "bounds": _("This day is too early or too late."),
    "document": _("Write one document a line, such as passport:PA1234567."),
    "hour": _("Write a time of day, such as 07:00."),
    "mail": _("Write one mail address, such as ana@customs.example."),
    "empty": _("This file is empty."),
    "password": _("A password has at least 12 characters."),
    "message": _("Paste a message or choose a file."),
    "period": _("Write a month or a year:"),
    "unknown": _("This step does not record that."),
    "refused": _("This cannot be used."),
    "whole": _("Write a whole number."),
    "taken": _("This is taken already."),
    "zone": _("Write the name of a time zone, such as America/Panama."),
    "above": _("This is above your own clearance."),
    "partner": _("This is no partner of this node."),
    "confirm": _("Tick this to confirm."),
    "order": _("The last day is before the first, or the period is too long."),
    "file": _("Choose a file."),
    "kind": _("This is of another kind than what was expected."),
    "name": _("This is not written as such a name is."),
    "twice": _("This is named twice."),
    "nobody": _("There is no such thing, or none that you may know of."),
    "box": _("This is no container number: its check digit is wrong."),
    "future": _("This is after now."),
    "signs": _("Letters, digits, dots, hyphens and underscores alone."),
}
FILES: Final = "files"
"""What a form calls its field of files."""
_WITHOUT_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
"""A moment without its zone is UTC, as the page says. It is a field of text, because a browser's
own field for date and time writes 11/12 for one day here and another there."""


def require(visit: Visit, *names: str) -> None:
    """Refuse a form whose named fields are not all filled in; raises ``MoveMistakes``."""
    missing = [name for name in names if not visit.form.get(name, "").strip()]
    if missing:
        raise MoveMistakes(
            tuple(
                FieldMistake(field=name, problem="file" if name == FILES else "missing")
                for name in missing
            )
        )


def no_file() -> MoveMistakes:
    """Return the error for a form that needs a file and has none."""
    return MoveMistakes((FieldMistake(field=FILES, problem="file"),))


def unsure() -> MoveMistakes:
    """Return the error for a step that was not confirmed with a tick."""
    return MoveMistakes((FieldMistake(field="sure", problem="confirm"),))


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was not made: which, what was typed, what is wrong.

    ``mistakes`` are texts by field; ``why`` is a sentence of the program, ``said`` one of
    the page; ``faster`` tells that the thing has changed since the form was drawn.
    """

    move: str = ""
    typed: Mapping[str, str] = {}
    mistakes: Mapping[str, str] = {}
    why: Why = SILENT
    said: str = ""
    faster: bool = False


T = TypeVar("T", bound=Tried)


def typed(visit: Visit, own: Collection[str]) -> dict[str, str]:
    """Return what was typed into a form, by field.

    :param own: fields of the form that are no facts to record.
    """
    return {
        name: value.replace("\r\n", "\n").strip()
        for name, value in visit.form.items() if name not in own
    }  # fmt: skip


def given(visit: Visit, own: Collection[str], fields: Mapping[str, Field]) -> dict[str, str]:
    """Return what a form records, by field; a moment without a zone is UTC, as the form says.

    :param own: as for :func:`typed`.
    :param fields: that moves of the life cycle record.
    """
    moments = {name for name, field in fields.items() if field.type == "moment"}
    return {
        name: value + "Z" if name in moments and _WITHOUT_ZONE.fullmatch(value) else value
        for name, value in typed(visit, own).items()
    }


def mistaken(
    error: EsclusaError, language: str, problems: Mapping[str, str] = PROBLEMS
) -> tuple[dict[str, str], Why]:
    """Return why a step was not made: texts by field, or one sentence of the program in a language.

    An error that names one field which is none of the step's own is raised again: the door of the
    pages draws the form with it (:mod:`esclusa.web.refused`).
    """
    if isinstance(error, MoveMistakes):
        return {one.field: problems[one.problem] for one in error.mistakes}, SILENT
    if isinstance(error, InputError) and error.field:
        raise error
    return {}, sentence(error, language)


def status(error: EsclusaError) -> int:
    """Return the status of a page that is drawn again: 409 when the thing has changed, else 422."""
    return 409 if isinstance(error, StateError) else 422


def against(visit: Visit, tried: T, version: str) -> T:
    """Return a step that was not made, for a thing as it is now: when its version is another than
    the form's, that says why."""
    if (tried.why or tried.said) and visit.form.get("version", version) != version:
        return msgspec.structs.replace(tried, faster=True, why=SILENT, said="")
    return tried
