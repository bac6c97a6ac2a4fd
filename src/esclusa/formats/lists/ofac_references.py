"""What OFAC's advanced form names by number: words, places, papers, periods."""

from __future__ import annotations

from typing import Final, NamedTuple

from esclusa.formats.lists.dates import dated, list_date, period
from esclusa.formats.lists.draft import At, joined
from esclusa.formats.lists.xml_list import attribute
from esclusa.formats.xml import Element

_TAGS: Final = (
    "AliasType", "AreaCode", "Country", "DetailReference", "FeatureType", "IDRegDocType",
    "LegalBasis", "List", "LocPartType", "NamePartType", "PartySubType", "PartyType",
    "RelationType", "SanctionsType", "Validity",
)  # fmt: skip

_PARTS: Final = (
    "ADDRESS1", "ADDRESS2", "ADDRESS3", "CITY", "STATE/PROVINCE", "POSTAL CODE", "REGION",
)  # fmt: skip
"""Order of an address; a part of another kind comes after them."""


class Place(NamedTuple):
    """A place in words and its country, "" when it names none."""

    words: str
    country: str


class Paper(NamedTuple):
    """A numbered paper: what it is called, its number, who issued it, whether it is void."""

    label: str
    number: str
    country: str
    validity: str
    at: At


class References:
    """The words of the file by kind and number, its places by number, its papers by identity."""

    tags: Final = _TAGS

    def __init__(self) -> None:
        self._words: dict[tuple[str, str], str] = {}
        self._parents: dict[str, str] = {}
        self._places: dict[str, Place] = {}
        self._papers: dict[str, list[Paper]] = {}

    def take(self, element: Element) -> None:
        """Take one word of the reference sets."""
        number = attribute(element, "ID")
        text = element.text
        if element.tag == "AreaCode":
            text = attribute(element, "Description") or text
        elif element.tag == "Country":
            text = text or attribute(element, "ISO2")
        elif element.tag == "PartySubType":
            self._parents[number] = attribute(element, "PartyTypeID")
        self._words[element.tag, number] = text

    def word(self, kind: str, number: str) -> str:
        """Return the word of a kind with that number, "" when the file has none."""
        return self._words.get((kind, number), "")

    def party_type(self, number: str) -> str:
        """Return what kind of party a sub-type is: its own word, else that of its type."""
        word = self.word("PartySubType", number)
        if word.lower() in ("", "unknown"):
            word = self.word("PartyType", self._parents.get(number, ""))
        return word

    def place(self, element: Element) -> None:
        """Take one place, its parts in the order of an address."""
        parts: dict[str, list[str]] = {}
        for part in element.all("LocationPart"):
            kind = self.word("LocPartType", attribute(part, "LocPartTypeID"))
            parts.setdefault(kind.upper(), []).extend(
                value.get("Value") for value in part.all("LocationPartValue")
            )
        known = [text for kind in _PARTS for text in parts.pop(kind, [])]
        rest = [text for texts in parts.values() for text in texts]
        country = self._country(element)
        words = joined((*known, *rest, country), ", ")
        self._places[attribute(element, "ID")] = Place(words, country)

    def _country(self, element: Element) -> str:
        named = [
            self.word("Country", attribute(each, "CountryID"))
            for each in element.all("LocationCountry")
        ]
        named += [
            self.word("AreaCode", attribute(each, "AreaCodeID"))
            for each in element.all("LocationAreaCode")
        ]
        return next((name for name in named if name and name.lower() != "undetermined"), "")

    def at(self, number: str) -> Place:
        """Return the place with that number, an empty one when the file has none."""
        return self._places.get(number, Place("", ""))

    def paper(self, element: Element) -> None:
        """Take one paper."""
        found = Paper(
            label=self.word("IDRegDocType", attribute(element, "IDRegDocTypeID")),
            number=element.get("IDRegistrationNo"),
            country=self.word("Country", attribute(element, "IssuedBy-CountryID")),
            validity=self.word("Validity", attribute(element, "ValidityID")),
            at=At(element.offset, element.length),
        )
        self._papers.setdefault(attribute(element, "IdentityID"), []).append(found)

    def papers(self, identity: str) -> list[Paper]:
        """Return the papers of an identity, in the order of the file."""
        return self._papers.get(identity, [])


def date_of(element: Element) -> str:
    """Return the ISO date of an element with Year, Month and Day, as full as it is."""
    return dated(element.get("Year"), element.get("Month"), element.get("Day"))


def period_of(element: Element) -> str:
    """Return what a ``DatePeriod`` covers: a day, month, year, or a range; wider when approximate.

    It has a ``Start`` and an ``End``, each between two days, ``From`` and ``To``.
    """
    first, last = _bound(element, "Start", "From"), _bound(element, "End", "To")
    last = last or _bound(element, "Start", "To")
    covered = period(first or last, last)
    about = any(
        attribute(side, "Approximate") == "true"
        for tag in ("Start", "End")
        for side in element.all(tag)
    )
    return list_date(f"circa {covered.replace('/', ' to ')}") if about and covered else covered


def _bound(element: Element, side: str, edge: str) -> str:
    dates = (date_of(found) for each in element.all(side) for found in each.all(edge))
    return next(filter(None, dates), "")
