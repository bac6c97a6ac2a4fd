"""Make a value coarser. What cannot be made coarser with certainty is not given at all."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from esclusa.sharing.agreement.rules import Action

Value = str | int | float | bool

HIDDEN: Final = "…"
"""Stands for any number of hidden characters; it does not say how many."""

_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ].*)?)?)?\Z")
_HEADING: Final = re.compile(r"\d{4,12}\Z")
_LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}\Z")
_COUNTRY: Final = re.compile(r"[A-Z]{2,3}\Z")
_PARTS: Final = {"year": 1, "month": 2, "day": 3}


def transformed(action: Action, value: Value) -> Value | None:
    """Return what goes of a single value, None when nothing can."""
    if action.do == "keep":
        return value
    if action.do == "mask" and isinstance(value, str):
        return masked(value, action.amount)
    if action.do != "generalise":
        return None
    if action.to == "step":
        return stepped(value, action.amount)
    if not isinstance(value, str):
        return None
    if action.to in _PARTS:
        return dated(value, _PARTS[action.to])
    return value[:4] if action.to == "heading" and _HEADING.match(value) else None


def masked(text: str, last: int) -> str:
    """Return the last characters of a text; at least as many others stay hidden, or all of it."""
    if not text:
        return ""
    text = text.strip()
    return HIDDEN + text[-last:] if len(text) >= 2 * last else HIDDEN


def stepped(value: Value, step: int) -> int | float | None:
    """Return the multiple of ``step`` at or below a number, of the number's own type."""
    if isinstance(value, bool | str) or not math.isfinite(value):
        return None
    return value // step * step


def dated(text: str, parts: int) -> str | None:
    """Return year, month or day of an ISO 8601 date; a date that is coarser already stays."""
    match = _DATE.match(text)
    if match is None:
        return None
    return "-".join(part for part in match.groups()[:parts] if part)


def country_of(place: dict[str, Any]) -> str | None:
    """Return the country of a place by its code; a name is never looked up."""
    code, scheme = place.get("code", ""), place.get("scheme", "")
    if scheme == "unlocode" and _LOCODE.match(code):
        return str(code[:2])
    return code if scheme == "country" and _COUNTRY.match(code) else None
