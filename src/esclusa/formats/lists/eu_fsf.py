"""The European Union's consolidated list of financial sanctions, XML edition.

One ``sanctionEntity`` for each subject, its facts in attributes (FSF 1.1, name space
``http://eu.europa.ec/fpi/fsd/export``). A ``nameAlias`` whose ``strong`` is ``false`` may only
support a match. ``00`` stands for an unknown country.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import list_date
from esclusa.formats.lists.draft import Draft, Source
from esclusa.formats.lists.eu_facts import Birth, birth, country, paper, place_words, type_of
from esclusa.formats.lists.xml_list import XmlList, attribute, begins_with, reader
from esclusa.formats.xml import Element

ID: Final = "eu_fsf"

SOURCE: Final = Source(ID, "EU", "eu")

_FLAGS: Final = ("knownExpired", "knownFalse", "reportedLost", "revokedByIssuer")


def sniff(head: bytes, name: str) -> bool:
    """Answer whether the root element is the Union's, by its name space or its entries."""
    del name
    plain = head.replace(b"\0", b"")
    known = b"ec/fpi/fsd/export" in plain or b"<sanctionEntity" in plain
    return known and begins_with(head, "export")


def _head(element: Element) -> str:
    return element.attributes.get("generationDate", "")


def _fill(element: Element) -> Draft:
    kinds = [attribute(kind, "code") for kind in element.all("subjectType")]
    uid = attribute(element, "euReferenceNumber") or attribute(element, "logicalId")
    draft = Draft(SOURCE, element, uid, type_of(*kinds))
    for name in element.all("nameAlias"):
        _name(name, draft)
    for item in element.all("birthdate"):
        _birth(item, draft)
    for item in element.all("citizenship"):
        draft.country(country(*_country(item)))
    for item in element.all("identification"):
        _paper(item, draft)
    for item in element.all("address"):
        draft.address(_place(item))
        draft.remark("Address", " ".join(item.values("remark")))
    _listing(element, draft)
    return draft


def _name(element: Element, draft: Draft) -> None:
    name = attribute(element, "wholeName") or " ".join(
        filter(None, (attribute(element, part) for part in ("firstName", "middleName", "lastName")))
    )
    if attribute(element, "strong") == "false":
        draft.alias(name, weak=True)
    else:
        draft.primary(name)
    for key, label in (("title", "Title"), ("function", "Function"), ("gender", "Gender")):
        draft.remark(label, attribute(element, key))


def _birth(element: Element, draft: Draft) -> None:
    given = Birth(
        date=attribute(element, "birthdate"),
        year=attribute(element, "year"),
        month=attribute(element, "monthOfYear"),
        day=attribute(element, "dayOfMonth"),
        first=attribute(element, "yearRangeFrom"),
        last=attribute(element, "yearRangeTo"),
        circa=attribute(element, "circa") == "true",
        calendar=attribute(element, "calendarType"),
    )
    birth(draft, given, element)
    draft.born_in(_place(element))


def _paper(element: Element, draft: Draft) -> None:
    words = (
        attribute(element, "identificationTypeCode"),
        attribute(element, "identificationTypeDescription"),
        *element.values("remark"),
    )
    number = attribute(element, "number") or attribute(element, "latinNumber")
    flags = tuple(flag for flag in _FLAGS if attribute(element, flag) == "true")
    paper(draft, number, words, country(*_country(element)), flags, element)


def _listing(element: Element, draft: Draft) -> None:
    for rule in element.all("regulation"):
        draft.program(attribute(rule, "programme"))
        draft.listed(list_date(attribute(rule, "publicationDate")))
        draft.remark("Regulation", attribute(rule, "numberTitle"))
    draft.listed(list_date(attribute(element, "designationDate")))
    draft.remark("UN reference", attribute(element, "unitedNationId"))
    draft.remark("Designation", attribute(element, "designationDetails"))
    for remark in element.values("remark"):
        draft.remark("", remark)


def _place(element: Element) -> str:
    parts = ("street", "poBox", "place", "zipCode", "city", "region")
    return place_words((attribute(element, part) for part in parts), *_country(element))


def _country(element: Element) -> tuple[str, str]:
    return attribute(element, "countryIso2Code"), attribute(element, "countryDescription")


_LIST: Final = XmlList(SOURCE, "export", "sanctionEntity", (), _fill, _head)

FORMAT: Final = Format(
    id=ID,
    title_en="EU consolidated list of financial sanctions (XML)",
    title_es="Lista consolidada de sanciones financieras de la UE (XML)",
    standard="European Commission FSF 1.1, xmlFullSanctionsList",
    sniff=sniff,
    read=reader(_LIST),
)
