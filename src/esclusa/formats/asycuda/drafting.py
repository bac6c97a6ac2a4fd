"""Elements of ASYCUDA's XML as text: the way back from what ``common`` reads."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Final

from esclusa.formats.asycuda.common import NO_CITY
from esclusa.formats.codemap import load_map
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.heading import Refuse
from esclusa.formats.numbers import decimal
from esclusa.model import Conveyance, Message, Party

_MAP: Final = load_map("esclusa.formats.asycuda", "write_map.csv")
CODE: Final = {table: {word: code for code, word in rows.items()} for table, rows in _MAP.items()}
"""List → Esclusa's word → the code written for it."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FORBIDDEN: Final = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

Tree = tuple[str, "str | list[Tree]"]
"""A tag with its text or with the elements inside."""


def leaf(tag: str, text: str, always: bool = True) -> list[Tree]:
    """Return an element, none for an empty text that the schema lets out."""
    return [(tag, text)] if text or always else []


def group(tag: str, *parts: list[Tree], always: bool = True) -> list[Tree]:
    """Return an element of these, none when all are empty and the schema lets it out."""
    inside = [one for part in parts for one in part]
    return [(tag, inside)] if inside or always else []


def render(trees: Iterable[Tree], depth: int = 0) -> str:
    """Return elements as XML, one to a line.

    :raises WritingError: a text holds a character that XML has no place for.
    """
    return "".join(_lines(trees, " " * depth))


def _lines(trees: Iterable[Tree], indent: str) -> Iterator[str]:
    for tag, inside in trees:
        if not inside:
            yield f"{indent}<{tag}/>\n"
        elif isinstance(inside, str):
            yield f"{indent}<{tag}>{escaped(inside, tag)}</{tag}>\n"
        else:
            yield f"{indent}<{tag}>\n"
            yield from _lines(inside, indent + " ")
            yield f"{indent}</{tag}>\n"


def escaped(text: str, tag: str) -> str:
    found = _FORBIDDEN.search(text)
    if found is not None:
        raise WritingError(f"{found.group()!r} has no place in XML", segment=tag)
    return text.translate(_ESCAPES)


def number(value: float | None, tag: str) -> str:
    """Return a number with a point before at most twelve decimals, "" for None.

    :raises WritingError: it is not finite.
    """
    if value is None:
        return ""
    if not math.isfinite(value):
        raise WritingError("a number that is not finite cannot be written", segment=tag)
    return decimal(value)


def day(text: str, tag: str) -> str:
    """Return the day of a moment in ISO 8601; the time is another element's.

    :raises WritingError: it does not begin with a day.
    """
    if text and not _DAY.match(text):
        raise WritingError("a date is not written in ISO 8601, to the day", segment=tag)
    return text[:10]


def sum_of(values: Iterable[float | None]) -> float:
    """Return the sum in decimals, so that no figure grows a tail."""
    known = (value for value in values if value is not None and math.isfinite(value))
    return float(sum((Decimal(repr(value)) for value in known), Decimal()))


def code_of(party: Party) -> str:
    """Return the tax number, by which ASYCUDA knows a trader, else the first number there is."""
    numbers = sorted(party.identifiers, key=lambda one: one.scheme != "tax")
    return numbers[0].value if numbers else ""


def address(party: Party) -> str:
    """Return address, city and country as lines that ``common.party`` tells apart again."""
    if not party.country:
        return ", ".join(part for part in (party.address, party.city) if part)
    lines = (party.address, party.city or NO_CITY, party.country)
    return "\n".join(line for line in lines if line)


def registration(ship: Conveyance) -> str:
    """Return the first number that tells the conveyance."""
    return ship.imo or ship.registration or ship.call_sign


def kept(
    messages: Iterable[Message], make: Callable[[Message], None], refuse: Refuse | None
) -> None:
    """Make each message; one that cannot be written is told and left out.

    :raises WritingError: as said, when there is nobody to tell.
    """
    for message in messages:
        try:
            make(message)
        except WritingError as error:
            placed = WritingError(error.what, message=message.reference, segment=error.segment)
            if refuse is None:
                raise placed from None
            refuse(placed)
