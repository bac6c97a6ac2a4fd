"""The United Nations Security Council consolidated list, XML edition.

Individuals and entities of all sanctions committees in one file. An alias of quality ``Low`` is
weak: the committee holds it too poor to identify anybody alone. Element names and meaning follow
the list's schema ``sc-sanctions.xsd``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from esclusa.formats.bounded import bounded
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.lists.dates import around, list_date, span_of
from esclusa.formats.lists.identifiers import IMO_IN_TEXT
from esclusa.formats.lists.places import address, country_words, unique
from esclusa.formats.work import Work, metered
from esclusa.formats.xml import Element, read_elements
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Severity

ID: Final = "un_security_council"

ROOT: Final = "CONSOLIDATED_LIST"

_KINDS: Final = {"INDIVIDUAL": "person", "ENTITY": "organisation"}

_NAMES: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")

_ADDRESS: Final = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "COUNTRY")

_PLACE: Final = ("CITY", "STATE_PROVINCE", "COUNTRY")

_PASSPORT: Final = re.compile(r"pass?e?port|pasaporte", re.IGNORECASE)

_LETTER: Final = re.compile(r" [a-z]\) ")
"""Between several aliases in one element, besides a semicolon outside brackets."""

_MARK: Final = re.compile("[;()]")


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the list's root element is among the first bytes."""
    return f"<{ROOT}".encode() in head or f"<{ROOT}".encode("utf-16-le") in head


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the list: one message with one entry for each individual and entity."""
    yield from metered(_items(stream, file, limits), Work(file, limits))


def _items(stream: BinaryIO, file: str, limits: Limits) -> Iterator[Message | Defect]:
    prepared = ""
    for item in read_elements(
        stream, _KINDS, file=file, limits=limits, element_bytes=limits.row_bytes
    ):
        if isinstance(item, Defect):
            yield item
        elif item.tag in _KINDS:
            yield _message(item, prepared, limits)
        else:
            prepared = item.attributes.get("dateGenerated", "")
            yield from _wrong_root(item)


def _wrong_root(root: Element) -> Iterator[Defect]:
    if root.tag != ROOT:
        reason = f"root element is {root.tag[:40]}, {ROOT} was expected"
        yield Defect(code="un.root", severity=Severity.ERROR, reason=reason, offset=root.offset)


def _message(element: Element, prepared: str, limits: Limits) -> Message:
    defects: list[Defect] = []
    reason = element.fault or _lacking(element)
    if reason:
        defects.append(_defect("un.entry", Severity.FATAL, reason, element))
    entry = None if reason else _entry(element, defects)
    return Message(
        format=ID,
        offset=element.offset,
        length=element.length,
        reference=element.get("REFERENCE_NUMBER") or element.get("DATAID"),
        sender="UN",
        prepared=prepared,
        statements=(entry,) if entry else (),
        defects=bounded(defects, limits.defects_per_message, "un.defects.unlisted"),
    )


def _lacking(element: Element) -> str:
    if not (element.get("REFERENCE_NUMBER") or element.get("DATAID")):
        return f"{element.tag} has neither REFERENCE_NUMBER nor DATAID"
    return "" if _name(element) else f"{element.tag} has no name"


def _entry(element: Element, defects: list[Defect]) -> ListEntry:
    kind = _KINDS[element.tag]
    return ListEntry(
        list_id=ID,
        uid=element.get("REFERENCE_NUMBER") or element.get("DATAID"),
        type=kind,
        name=_name(element),
        aliases=_aliases(element),
        birth_dates=unique(_births(element, defects)),
        birth_places=unique(
            _joined(place, _PLACE) for place in element.all("INDIVIDUAL_PLACE_OF_BIRTH")
        ),
        nationalities=unique(map(country_words, _values(element, "NATIONALITY"))),
        identifiers=tuple(dict.fromkeys(_identifiers(element, kind))),
        addresses=unique(
            _joined(place, _ADDRESS) for place in element.all(f"{element.tag}_ADDRESS")
        ),
        programs=unique((element.get("UN_LIST_TYPE"),)),
        listed_on=list_date(element.get("LISTED_ON")),
        remarks=_remarks(element),
    )


def _name(element: Element) -> str:
    return " ".join(filter(None, map(element.get, _NAMES)))


def _joined(element: Element, tags: Iterable[str]) -> str:
    return address(map(element.get, tags))


def _values(element: Element, tag: str) -> list[str]:
    return [text for child in element.all(tag) for text in child.values("VALUE")]


def _aliases(element: Element) -> tuple[Alias, ...]:
    """Return each alias once; one that stands twice, good and low, is good."""
    weak: dict[str, bool] = {}
    for alias in element.all(f"{element.tag}_ALIAS"):
        low = alias.get("QUALITY").lower() == "low"
        for name in _names(alias.get("ALIAS_NAME")):
            weak[name] = weak.get(name, True) and low
    return tuple(Alias(name=name, weak=low) for name, low in weak.items() if name)


def _names(text: str) -> Iterator[str]:
    for part in _LETTER.split(text):
        yield from map(str.strip, _outside_brackets(part))


def _outside_brackets(text: str) -> Iterator[str]:
    """Cut at each semicolon whose next bracket is not a closing one, looking at each mark once."""
    start, waiting = 0, list[int]()
    for mark in _MARK.finditer(text):
        if mark[0] == ";":
            waiting.append(mark.start())
            continue
        for at in waiting if mark[0] == "(" else ():
            yield text[start:at]
            start = at + 1
        waiting.clear()
    for at in waiting:
        yield text[start:at]
        start = at + 1
    yield text[start:]


def _births(element: Element, defects: list[Defect]) -> Iterator[str]:
    for birth in element.all("INDIVIDUAL_DATE_OF_BIRTH"):
        date = _birth(birth)
        if date:
            yield date
        elif len(birth.children) > 1:
            reason = "a date of birth is not understood"
            defects.append(_defect("un.birth_date", Severity.NOTE, reason, birth))


def _birth(birth: Element) -> str:
    """Return EXACT as a date, APPROXIMATELY as an estimate, BETWEEN as a range."""
    year = birth.get("YEAR")
    if birth.get("FROM_YEAR"):
        return span_of(list_date(birth.get("FROM_YEAR")), list_date(birth.get("TO_YEAR")))
    if year and birth.get("TYPE_OF_DATE") == "APPROXIMATELY":
        return around(year)
    return list_date(birth.get("DATE") or year or birth.get("NOTE"))


def _identifiers(element: Element, kind: str) -> Iterator[Identifier]:
    for paper in element.all("INDIVIDUAL_DOCUMENT"):
        if number := paper.get("NUMBER"):
            words = paper.get("TYPE_OF_DOCUMENT") + paper.get("TYPE_OF_DOCUMENT2")
            country = paper.get("ISSUING_COUNTRY") or paper.get("COUNTRY_OF_ISSUE")
            yield Identifier(
                scheme="passport" if _PASSPORT.search(words) else "national_id",
                value=number,
                country=country_words(country),
            )
    if kind == "organisation":
        # Company numbers have no check digit (IMO resolution A.1155(32)), unlike those of ships.
        for number in IMO_IN_TEXT.findall(element.get("COMMENTS1")):
            yield Identifier(scheme="imo_company", value=number)


def _remarks(element: Element) -> str:
    """Return title, function and the committee's comments, each in its own words."""
    parts = (
        ("Title", ", ".join(_values(element, "TITLE"))),
        ("Designation", ", ".join(_values(element, "DESIGNATION"))),
        ("Gender", element.get("GENDER")),
    )
    labelled = [f"{label}: {text}" for label, text in parts if text]
    return "; ".join((*labelled, *filter(None, (element.get("COMMENTS1"),))))


def _defect(code: str, severity: Severity, reason: str, element: Element) -> Defect:
    return Defect(
        code=code,
        severity=severity,
        reason=reason,
        offset=element.offset,
        length=element.length,
        segment=element.tag,
    )


FORMAT: Final = Format(
    id=ID,
    title_en="UN Security Council consolidated list (XML)",
    title_es="Lista consolidada del Consejo de Seguridad de la ONU (XML)",
    standard="UN Security Council sc-sanctions.xsd",
    sniff=sniff,
    read=read,
)
