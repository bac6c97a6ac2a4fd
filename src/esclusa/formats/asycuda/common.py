"""What the XML of manifests and of declarations share: texts, numbers, dates, parties, places."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

from msgspec.structs import replace

from esclusa.codes import country
from esclusa.formats import values
from esclusa.formats.codemap import load_map
from esclusa.formats.dates import iso_moment
from esclusa.formats.reading import Notes, snippet
from esclusa.formats.xml_batches import Node, Part
from esclusa.formats.xml_moulds import Texts
from esclusa.formats.xml_shapes import UnplacedError
from esclusa.model import Conveyance, GoodsItem, Identifier, Party, Place, Severity

CODES: Final = load_map("esclusa.formats.asycuda", "code_map.csv")

Fields = dict[str, str | None]
"""Tag → text of the children of one group, as it stands: None or white space when it has none."""

NO_CITY: Final = "-"
"""Stands in the line before a country where no city is known."""

NOBODY: Final = "-"
"""Stands in the first line of a party of whom only the address is known."""

_LISTED: Final = frozenset({"carrier", "agent"})
"""Roles whose code is that of a list of the installation; traders go by their tax number."""

_PLAIN: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,12})?")
_DATE: Final = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})")
_DIGITS: Final = 16
"""Length from which digits are looked at more closely: a float holds fifteen."""

_NUMBER: Final = 40
"""Length of a text that may be a number or a date, twice that of the longest one."""

_CACHED: Final = 400
"""Longest text worth remembering; real names and addresses stay under it."""


def fields(group: Node | None) -> Fields:
    """Return the texts of a group's children; one that stands twice gives its last."""
    return {} if group is None else {leaf.tag: leaf.text for leaf in group}


def said(found: Fields, tag: str) -> str:
    """Return a text without blanks at its ends, runs of white space made one blank."""
    return line(found.get(tag))


def line(text: str | None) -> str:
    """Return a text as it stands without blanks at its ends, runs of white space made one blank."""
    if text is None:
        return ""
    return text if text.isalnum() else " ".join(text.split())


def word(table: str, text: str | None) -> str:
    """Return Esclusa's word for a code of a table of :data:`CODES`, "" for another."""
    return CODES[table].get(line(text), "")


def children(group: Node | None) -> dict[str, Node]:
    """Return the children of a group by tag; of those that stand twice the last."""
    return {} if group is None else {str(child.tag): child for child in group}


def picked(group: Node | None, tags: tuple[str, ...]) -> Texts:
    """Return the texts of a group's children; of those that stand twice the last."""
    found = fields(group)
    return tuple([found.get(tag) for tag in tags])


def words(group: Node | None, tags: tuple[str, ...]) -> list[str]:
    """Return them as :func:`line` does."""
    return [line(text) for text in picked(group, tags)]


class Reading:
    """One element with its notes, while it is read."""

    __slots__ = ("notes", "part")

    def __init__(self, part: Part, notes: Notes) -> None:
        self.part = part
        self.notes = notes

    def number(self, found: Fields, tag: str, path: str, group: Node) -> float | None:
        """Return a number; None and a defect at the element when it is none."""
        return self.figure(found.get(tag), tag, path, group)

    def figure(self, text: str | None, tag: str, path: str, group: Node) -> float | None:
        """Return the number that a child's text is; None and a defect at it when it is none."""
        if text is None:
            return None
        if len(text) < _DIGITS and text.isdigit() and text.isascii():
            return float(text)
        value = _short_number(text) if len(text) < _NUMBER else None
        return self._odd(text, tag, path, group) if value is None else value

    def _odd(self, text: str, tag: str, path: str, group: Node) -> float | None:
        spot = self.part.spot(group, tag)
        return values.number(text.strip(), self.notes, spot, f"{path}/{tag}")

    def count(self, found: Fields, tag: str, path: str, group: Node) -> int | None:
        """Return a count; None and a defect at the element when it is negative or not whole."""
        return self.whole(found.get(tag), tag, path, group)

    def whole(self, text: str | None, tag: str, path: str, group: Node) -> int | None:
        """Return the count that the text of a child is, as :meth:`count`."""
        if text is None:
            return None
        if len(text) < _DIGITS and text.isdigit() and text.isascii():
            return int(text)
        value = _short_number(text) if len(text) < _NUMBER else None
        if value is not None and value.is_integer():
            return int(value)
        if text.isspace():
            return None
        spot = self.part.spot(group, tag)
        return values.whole(text.strip(), self.notes, spot, f"{path}/{tag}")

    def date(self, found: Fields, tag: str, path: str, group: Node) -> str:
        """Return a date as ISO 8601; "" and a defect when it is none."""
        text = said(found, tag)
        # What is longer is no date, and is not to be kept by the cache.
        value = "" if not text else date(text) if len(text) < _NUMBER else None
        if value is None:
            reason = f"{snippet(text)} is not a date"
            self.add("value.date", Severity.ERROR, reason, group.find(tag), f"{path}/{tag}")
        return value or ""

    def add(
        self, code: str, severity: Severity, reason: str, node: Node | None, path: str = ""
    ) -> None:
        self.notes.add(code, severity, reason, self.part.spot(node), path)


def plain_number(text: str | None) -> float | None:
    """Return the number that a text is, None for none.

    Raises :class:`~esclusa.formats.xml_shapes.UnplacedError` where a defect may have to be noted.
    """
    if not text:
        return None
    if text.isdigit() and len(text) < _DIGITS and text.isascii():
        return float(text)
    value = _short_number(text) if len(text) < _NUMBER else None
    if value is None:
        raise UnplacedError
    return value


def plain_count(text: str | None) -> int | None:
    """Return the count that a text is, as :func:`plain_number`."""
    if not text:
        return None
    if len(text) < _DIGITS and text.isdigit() and text.isascii():
        return int(text)
    value = plain_number(text)
    if value is None or not value.is_integer():
        raise UnplacedError
    return int(value)


def add_split(items: list[GoodsItem], item: GoodsItem) -> None:
    """Add an item of a split; one without packages and mass names a further container of the item
    before it."""
    if items and item.equipment and item.packages == 0 and item.gross_mass_kg == 0:
        items[-1] = replace(items[-1], equipment=(*items[-1].equipment, *item.equipment))
    else:
        items.append(item)


def gross(goods: float | None, tare: float | None) -> float | None:
    """Goods and box together; in decimals, so that no figure grows a tail."""
    if goods is None or not tare:
        return goods
    if goods.is_integer() and tare.is_integer():
        return goods + tare
    return float(Decimal(repr(goods)) + Decimal(repr(tare)))


@lru_cache(maxsize=8192)
def _short_number(text: str) -> float | None:
    plain = text.strip()
    return float(plain) if _PLAIN.fullmatch(plain) else None


@lru_cache(maxsize=1024)
def date(text: str) -> str | None:
    """Return a date in any of the notations of installations as ISO 8601; None when it is none.

    ``2026-04-18``, ``18/04/2026`` (day first, with a year of four digits) and ``4/18/26`` (month
    first, with a year of two: the short form in which declarations are exported). Where the two
    numbers can only be meant the other way, they are.
    """
    found = _DATE.fullmatch(text.partition("T")[0].strip()) if len(text) < 40 else None
    if found is None:
        return iso_moment(text, "YYYYMMDD", year=2026) if len(text) == 8 else None
    first, second, third = found.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    else:
        year = third if len(third) == 4 else f"20{third:0>2}"
        day, month = (first, second) if len(third) == 4 else (second, first)
        if int(month) > 12 >= int(day):
            day, month = month, day
    return iso_moment(f"{year}{month:0>2}{day:0>2}", "YYYYMMDD", year=2026)


def place(code: str | None, name: str | None = None) -> Place:
    """Return a place of the texts as they stand; the form of the code says whose it is."""
    if len(code or "") + len(name or "") > _CACHED:
        return _place.__wrapped__(code, name)
    return _place(code, name)


@lru_cache(maxsize=8192)
def _place(text: str | None, words: str | None) -> Place:
    code, name = " ".join((text or "").split()), " ".join((words or "").split())
    scheme = ""
    if len(code) == 5 and code.isascii() and code.isupper() and code.isalnum():
        scheme = "unlocode" if code[:2].isalpha() else ""
    elif len(code) == 2 and code.isalpha():
        scheme = "country"
    elif len(code) == 3 and code.isalpha() and code.isupper():
        scheme = "iata"
    return Place(code=code, name=name, scheme=scheme)


def party(role: str, code: str | None, name: str | None, address: str | None) -> Party | None:
    """Return a party of the texts as they stand, None when nothing is said of it.

    ``address`` is lines as sent. Where the last one is a country's code of two capitals, it is the
    country and the line before it the city (``-`` when there is none).
    """
    number: tuple[Identifier, ...] = ()
    if code and (code := line(code)):
        number = (Identifier(scheme="other" if role in _LISTED else "tax", value=code),)
    name = line(name)
    lines, city, nation = address_of(address) if address else ([], "", "")
    if not (number or name or lines or nation):
        return None
    return Party(
        role=role,
        name=name,
        address=", ".join(lines),
        city=city,
        country=nation,
        identifiers=number,
    )


def address_of(text: str) -> tuple[list[str], str, str]:
    """Return the lines of an address but for city and country; those, "" where there are none."""
    lines = _lines(text)
    if len(lines) < 2 or not is_nation(lines[-1]):
        return lines, "", ""
    nation, city = lines.pop(), lines.pop()
    return lines, "" if city == NO_CITY else city, nation


def _lines(text: str) -> list[str]:
    """Return the lines that say something, each as :func:`line`; mostly they are so already."""
    if " ".join(text.split()) == text.replace("\n", " "):
        return text.split("\n")
    return [words for each in text.split("\n") if (words := line(each))]


def is_nation(text: str) -> bool:
    """Answer whether a text is a country's code of two capitals (ISO 3166-1 alpha-2)."""
    return len(text) == 2 and _is_nation(text)


@lru_cache(maxsize=1024)
def _is_nation(text: str) -> bool:
    return text.isupper() and country.by_alpha2(text) is not None


@cache
def nations() -> frozenset[str]:
    """Return the codes that :func:`is_nation` knows."""
    codes = [each.alpha2 for each in country.all_countries()]
    return frozenset(filter(is_nation, codes))


def ship(reading: Reading, found: Fields, tag: str, path: str, group: Node) -> Conveyance:
    """Return the conveyance of a number that is an IMO number or a registration."""
    text = said(found, tag)
    digits = text.upper().removeprefix("IMO").strip()
    if not (len(digits) == 7 and digits.isascii() and digits.isdigit()):
        return Conveyance(registration=text)
    spot = reading.part.spot(group, tag)
    number, valid = values.ship_number(digits, reading.notes, spot, f"{path}/{tag}")
    return Conveyance(imo=number, imo_valid=valid)
