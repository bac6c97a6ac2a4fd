"""Segments that the typed X12 writers share: the way back from what ``common`` reads.

Lengths are those of release 004010. A text is cut or broken so that reading joins it again; a word
that is longer than its element is written whole, because to lose it would cost more.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Final

from esclusa.formats.codemap import load_map
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.write_common import lines, number, one_line, refused
from esclusa.formats.x12.drafting import segment
from esclusa.model import Conveyance, Party, Voyage

_MAP: Final = load_map("esclusa.formats.x12", "write_map.csv")
CODE: Final = {table: {word: code for code, word in rows.items()} for table, rows in _MAP.items()}
"""List → Esclusa's word → the code written for it."""

NAME: Final = 60
"""Length of a name: N102 (93) and PER02."""

_MOMENT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?", re.ASCII
)


def text(value: str) -> str:
    """Return a text in which line breaks and tabs, which no element can hold, are blanks."""
    return one_line(value).strip()


def amount(value: float | None, what: str) -> str:
    """Return a number as text, "" for None.

    :raises WritingError: it is not finite.
    """
    return "" if value is None else number(value, what)


def count(value: int | None) -> str:
    """Return a count as text, "" for None."""
    return "" if value is None else str(value)


def total(values: Iterable[float | None]) -> float | None:
    """Return the sum of the values that are known, None when none is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def moment(value: str, what: str) -> tuple[str, str, str]:
    """Return an ISO 8601 moment as CCYYMMDD, HHMM or HHMMSS, and the time code (623).

    The time and its code are "" where the moment has none; the code is ``UT`` for a moment with a
    zone, which is turned into universal time.

    :raises WritingError: it is no such moment, or none of the calendar.
    """
    found = _MOMENT.fullmatch(value)
    try:
        known = dt.datetime.fromisoformat(value) if found else None
    except ValueError:
        raise refused("a moment is none of the calendar", what) from None
    if known is None or found is None:
        raise refused("a moment is not written as a day or a day and a time of ISO 8601", what)
    if not found[4]:
        return f"{known:%Y%m%d}", "", ""
    if known.tzinfo is not None:
        known = known.astimezone(dt.UTC)
    form = "%H%M%S" if found[6] else "%H%M"
    return f"{known:%Y%m%d}", f"{known:{form}}", "UT" if found[7] else ""


def day(value: str, what: str) -> str:
    """Return the day of a moment as CCYYMMDD, "" for none."""
    return moment(value, what)[0] if value else ""


# -- texts ----------------------------------------------------------------------------------------


def cut(value: str, width: int) -> list[str]:
    """Return a text in lines of ``width`` or less that ``common.joined`` joins to the same text.

    A full line is joined without a blank, a shorter one with one. So a line ends inside a word or
    at a blank that reading puts back; of several blanks at a cut one stays.
    """
    rest, found = text(value), []
    while len(rest) > width:
        line = rest[:width]
        if line[-1] == " ":
            line = line.rstrip()
        elif rest[width] == " " and " " in line.strip():
            line = line[: line.rindex(" ")].rstrip()
        found.append(line)
        rest = rest[len(line) :]
        if len(line) < width:
            rest = rest.lstrip()
    return [*found, rest] if rest else found


# -- the voyage -----------------------------------------------------------------------------------


def mark(found: Conveyance) -> tuple[str, str]:
    """Return the vessel code and its qualifier (597): one number, the IMO number first."""
    if found.imo:
        return found.imo, "L"
    if found.call_sign:
        return found.call_sign, "C"
    return found.registration, ""


def m10(voyage: Voyage, kind: str, bills: int = 0) -> Segment:
    """Return M10; ``kind`` is the manifest type (256), ``bills`` how many it has."""
    found = voyage.conveyance
    code, qualifier = mark(found)
    return segment(
        "M10", voyage.carrier, CODE["mode"].get(found.mode, ""), found.flag, code, text(found.name),
        voyage.reference, "", str(bills) if bills else "", kind, qualifier,
    )  # fmt: skip


# -- parties --------------------------------------------------------------------------------------


def party(found: Party, *, contacts: bool) -> Iterator[Segment]:
    """Yield N1, N3 and N4 of a party, and PER where the set has a place for it."""
    number_code, value = _number(found)
    yield segment("N1", CODE["role"].get(found.role, "ZZ"), text(found.name), number_code, value)
    for pair in _streets(found.address):
        yield segment("N3", *pair)
    if found.city or found.country:
        yield segment("N4", text(found.city), "", "", found.country)
    if contacts:
        yield from _contacts(found.contact)


def _number(found: Party) -> tuple[str, str]:
    """The first number that is known by its scheme, else the first."""
    codes = CODE["party_number"]
    for each in found.identifiers:
        if each.scheme in codes:
            return codes[each.scheme], each.value
    return ("ZZ", found.identifiers[0].value) if found.identifiers else ("", "")


def _streets(address: str) -> list[list[str]]:
    """At most two pairs of lines that reading joins by commas; the last takes what is left."""
    plain = text(address)
    parts = plain.split(", ", 3)
    if not all(part and part == part.strip() for part in parts):
        parts = [plain] if plain else []
    return [parts[at : at + 2] for at in range(0, len(parts), 2)]


def _contacts(value: str) -> Iterator[Segment]:
    """Yield PER: a name opens one, and two numbers have room in it."""
    words = [word for each in value.split("; ") if (word := text(each))]
    while words:
        name = words.pop(0) if not _channel(words[0]) else ""
        numbers: list[str] = []
        while words and len(numbers) < 4 and (kind := _channel(words[0])):
            numbers += [kind, words.pop(0)]
        yield segment("PER", "IC", name, *numbers)


def _channel(word: str) -> str:
    """Element 365 of a text: electronic mail, telephone, or "" for a name."""
    if "@" in word:
        return "EM"
    return "TE" if sum(map(str.isdigit, word)) * 2 >= len(word) else ""


# -- equipment ------------------------------------------------------------------------------------

_CONTAINER: Final = re.compile(r"([A-Z]{4})(\d{7})", re.ASCII)


def initials(box: str) -> tuple[str, str]:
    """Return the letters and the digits of a container number; another number has no letters."""
    found = _CONTAINER.fullmatch(box)
    return (found[1], found[2]) if found else ("", box)


def seals(numbers: list[str]) -> Iterator[Segment]:
    """Yield M7, four seals each."""
    for at in range(0, len(numbers), 4):
        yield segment("M7", *numbers[at : at + 4])


def marks(value: str, width: int) -> list[str]:
    """Return marks and numbers in lines that reading joins by blanks."""
    return lines(text(value), width)
