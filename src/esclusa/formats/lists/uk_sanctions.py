"""The UK Sanctions List of the Foreign, Commonwealth and Development Office, XML edition.

One ``Designation`` for each subject, a person, an entity or a ship, known by its ``UniqueID``. A
name has six parts, the last of them (``Name6``) the surname or the name of an entity or ship. An
alias of strength ``Low quality a.k.a`` may only support a match.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import ordered_date
from esclusa.formats.lists.draft import Draft, Source, joined
from esclusa.formats.lists.uk_facts import NAMES, name, type_of
from esclusa.formats.lists.xml_list import XmlList, by_tag, reader, sniffer
from esclusa.formats.xml import Element

ID: Final = "uk_sanctions"

SOURCE: Final = Source(ID, "UK", "uk")

_ADDRESS: Final = (
    *(f"AddressLine{number}" for number in range(1, 7)), "AddressPostalCode", "AddressCountry",
)  # fmt: skip

_NUMBERS: Final = {
    "PassportNumber": "passport",
    "NationalIdentifierNumber": "national_id",
    "BusinessRegistrationNumber": "registration",
    "IMONumber": "imo",
    "PhoneNumber": "phone",
    "EmailAddress": "email",
    "Website": "website",
}

_REMARKS: Final = {
    "Title": "Title",
    "Position": "Position",
    "Gender": "Gender",
    "TypeOfEntity": "Type of entity",
    "ParentCompany": "Parent company",
    "Subsidiary": "Subsidiary",
    "CurrentOwnerOperator": "Owner or operator",
    "PreviousOwnerOperator": "Former owner or operator",
    "PreviousFlag": "Former flag",
    "TypeOfShip": "Vessel type",
    "TonnageOfShip": "Tonnage",
    "LengthOfShip": "Length",
    "YearBuilt": "Year built",
    "SanctionsImposed": "Sanctions imposed",
    "DesignationSource": "Designated by",
    "OFSIGroupID": "OFSI group",
    "UNReferenceNumber": "UN reference",
    "OtherInformation": "",
}
"""Elements that the entry has no field for, and their label."""


def _head(element: Element) -> str:
    return ordered_date(element.text, "dmy")


def _fill(element: Element) -> Draft:
    kind = type_of(element.get("IndividualEntityShip"))
    draft = Draft(SOURCE, element, element.get("UniqueID"), kind)
    found = by_tag(element)
    for item in found.get("Name", ()):
        parts = (item.get(tag.replace(" ", "")) for tag in NAMES)
        name(draft, parts, item.get("NameType"), item.get("AliasStrength"))
    for item in found.get("NameNonLatinScript", ()):
        draft.alias(item.text)
    _person(found, draft)
    for item in found.get("Address", ()):
        draft.address(joined(map(item.get, _ADDRESS), ", "))
    draft.program(element.get("RegimeName"))
    draft.listed(ordered_date(element.get("DateDesignated"), "dmy"))
    for tag, scheme in _NUMBERS.items():
        for item in found.get(tag, ()):
            draft.identify(scheme, item.text, at=item)
    for tag, label in _REMARKS.items():
        for item in found.get(tag, ()):
            draft.remark(label, item.text)
    return draft


def _person(found: dict[str, list[Element]], draft: Draft) -> None:
    for item in found.get("DOB", ()):
        draft.born(ordered_date(item.text, "dmy"), item.text, item)
    for item in found.get("Location", ()):
        draft.born_in(joined((item.get("TownOfBirth"), item.get("CountryOfBirth")), ", "))
    for item in (*found.get("Nationality", ()), *found.get("CurrentBelievedFlagOfShip", ())):
        draft.country(item.text)


_LIST: Final = XmlList(SOURCE, "Designations", "Designation", ("DateGenerated",), _fill, _head)

FORMAT: Final = Format(
    id=ID,
    title_en="UK Sanctions List (XML)",
    title_es="Lista de sanciones del Reino Unido (XML)",
    standard="FCDO UK Sanctions List, UK-Sanctions-List.xml",
    sniff=sniffer(_LIST),
    read=reader(_LIST),
)
