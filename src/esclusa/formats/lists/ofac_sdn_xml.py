"""OFAC's lists in their plain XML form: ``sdn.xml`` and the consolidated list of the others.

One ``sdnEntry`` for each subject, with lists of programmes, papers, other names, addresses and
dates (OFAC, ``sdnList.xsd`` and ``XML.xsd``; the old and the new host differ in the name space
alone). An alias of category ``weak`` may only support a match.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import list_date, ordered_date
from esclusa.formats.lists.draft import Draft, Source, joined
from esclusa.formats.lists.xml_list import XmlList, reader, sniffer
from esclusa.formats.xml import Element

ID: Final = "ofac_sdn_xml"

SOURCE: Final = Source(ID, "OFAC", "ofac_xml")

TYPES: Final = {
    "individual": "person",
    "entity": "organisation",
    "vessel": "vessel",
    "aircraft": "aircraft",
}
"""OFAC's words for a kind of subject → type of the entry."""

_ADDRESS: Final = (
    "address1", "address2", "address3", "city", "stateOrProvince", "postalCode", "country",
)  # fmt: skip

_SHIP: Final = {
    "vesselType": "Vessel type",
    "vesselOwner": "Owner",
    "tonnage": "Tonnage",
    "grossRegisteredTonnage": "Gross registered tonnage",
}


def _head(element: Element) -> str:
    return ordered_date(element.get("Publish_Date"), "mdy")


def _fill(element: Element) -> Draft:
    word = element.get("sdnType")
    draft = Draft(SOURCE, element, element.get("uid"), TYPES.get(word.lower(), "other"))
    draft.primary(_name(element))
    for alias in _items(element, "akaList", "aka"):
        weak, former = alias.get("category") == "weak", alias.get("type") == "f.k.a."
        draft.alias(_name(alias), weak=weak, former=former)
    _person(element, draft)
    for place in _items(element, "addressList", "address"):
        draft.address(joined(map(place.get, _ADDRESS), ", "))
    for program in _items(element, "programList", "program"):
        draft.program(program.text)
    draft.remark("Title", element.get("title"))
    _papers(element, draft)
    _ship(element, draft)
    draft.remark("", element.get("remarks"))
    return draft


def _name(element: Element) -> str:
    """Return the name as OFAC's other editions write it: surname, a comma, given names."""
    return joined((element.get("lastName"), element.get("firstName")), ", ")


def _items(element: Element, group: str, tag: str) -> Iterator[Element]:
    for found in element.all(group):
        yield from found.all(tag)


def _person(element: Element, draft: Draft) -> None:
    for birth in _items(element, "dateOfBirthList", "dateOfBirthItem"):
        words = birth.get("dateOfBirth")
        draft.born(list_date(words), words, birth)
    for place in _items(element, "placeOfBirthList", "placeOfBirthItem"):
        draft.born_in(place.get("placeOfBirth"))
    for group, tag in (("nationalityList", "nationality"), ("citizenshipList", "citizenship")):
        for country in _items(element, group, tag):
            draft.country(country.get("country"))


def _papers(element: Element, draft: Draft) -> None:
    for paper in _items(element, "idList", "id"):
        label, number = paper.get("idType"), paper.get("idNumber")
        if not draft.labelled(label, number, paper.get("idCountry"), paper):
            draft.remark(label, number or paper.get("idCountry"))


def _ship(element: Element, draft: Draft) -> None:
    for ship in element.all("vesselInfo"):
        draft.identify("call_sign", ship.get("callSign"))
        draft.country(ship.get("vesselFlag"))
        for tag, label in _SHIP.items():
            draft.remark(label, ship.get(tag))
    if draft.kind == "aircraft":
        draft.identify("registration", draft.name)


_LIST: Final = XmlList(SOURCE, "sdnList", "sdnEntry", ("publshInformation",), _fill, _head)

FORMAT: Final = Format(
    id=ID,
    title_en="OFAC lists, SDN and consolidated (XML)",
    title_es="Listas OFAC, SDN y consolidada (XML)",
    standard="OFAC sdnList.xsd, XML.xsd",
    sniff=sniffer(_LIST),
    read=reader(_LIST),
)
