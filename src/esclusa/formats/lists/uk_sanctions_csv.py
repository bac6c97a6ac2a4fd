"""The UK Sanctions List, CSV edition: one line with the report's date, headings, then rows.

Several rows with one ``Unique ID`` are one entry: each alias, address or date of birth has its own.
Columns mean what the XML edition's elements do (:mod:`~esclusa.formats.lists.uk_sanctions`).
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import list_date, ordered_date
from esclusa.formats.lists.draft import Draft, Source, joined
from esclusa.formats.lists.table import Cells, TableList, reader, sniffer
from esclusa.formats.lists.uk_facts import NAMES, name, type_of

ID: Final = "uk_sanctions_csv"

SOURCE: Final = Source(ID, "UK", "uk")

_HEADINGS: Final = frozenset(("unique id", "name 6", "name 1", "name type", "regime name"))

_PARTS: Final = tuple(part.lower() for part in NAMES)

_ADDRESS: Final = (
    *(f"address line {number}" for number in range(1, 7)), "address postal code", "address country",
)  # fmt: skip

_NUMBERS: Final = {
    "passport number": "passport",
    "national identifier number": "national_id",
    "business registration number (s)": "registration",
    "imo number": "imo",
    "phone number": "phone",
    "email address": "email",
    "website": "website",
}

_REMARKS: Final = {
    "title": "Title",
    "position": "Position",
    "gender": "Gender",
    "type of entity": "Type of entity",
    "parent company": "Parent company",
    "subsidiaries": "Subsidiary",
    "current owner/operator (s)": "Owner or operator",
    "previous owner/operator (s)": "Former owner or operator",
    "previous flags": "Former flag",
    "type of ship": "Vessel type",
    "tonnage of ship": "Tonnage",
    "length of ship": "Length",
    "year built": "Year built",
    "hull identification number (hin)": "Hull identification number",
    "sanctions imposed": "Sanctions imposed",
    "designation source": "Designated by",
    "ofsi group id": "OFSI group",
    "un reference number": "UN reference",
    "other information": "",
}

_REPORTED: Final = re.compile(r"report date:\s*(.+)", re.IGNORECASE)


def _prepared(cells: Cells) -> str:
    found = (_REPORTED.match(text) for text in cells.before)
    return next((list_date(one[1].strip()) for one in found if one), "")


def _kind(cells: Cells) -> str:
    return type_of(cells.get("designation type", "individual, entity, ship"))


def _fill(cells: Cells, draft: Draft) -> None:
    name(draft, map(cells.get, _PARTS), cells.get("name type"), cells.get("alias strength"))
    draft.alias(cells.get("name non-latin script"))
    birth = cells.get("d.o.b")
    draft.born(ordered_date(birth, "dmy"), birth, cells.row)
    draft.born_in(joined((cells.get("town of birth"), cells.get("country of birth")), ", "))
    draft.country(cells.get("nationality(/ies)"))
    draft.country(cells.get("current believed flag of ship"))
    draft.address(joined(map(cells.get, _ADDRESS), ", "))
    draft.program(cells.get("regime name"))
    draft.listed(ordered_date(cells.get("date designated"), "dmy"))
    for column, scheme in _NUMBERS.items():
        draft.identify(scheme, cells.get(column), at=cells.row)
    for column, label in _REMARKS.items():
        draft.remark(label, cells.get(column))


def _uid(cells: Cells) -> str:
    return cells.get("unique id")


_LIST: Final = TableList(SOURCE, (_HEADINGS,), _uid, _kind, _fill, _prepared)

FORMAT: Final = Format(
    id=ID,
    title_en="UK Sanctions List (CSV)",
    title_es="Lista de sanciones del Reino Unido (CSV)",
    standard="FCDO UK Sanctions List, UK-Sanctions-List.csv",
    sniff=sniffer(_LIST),
    read=reader(_LIST),
)
