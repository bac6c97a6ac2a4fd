"""The United States' Consolidated Screening List, CSV edition.

Several lists of Treasury, Commerce and State in one file, one row for each subject of each list;
``source`` says which. A subject of two lists has one ``_id`` and is one entry. Several values in a
cell are parted by ``; ``. Numbers stand in ``ids`` as ``label, number, country``. The file does not
say which other names are weak; OFAC's own lists do.
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import list_date
from esclusa.formats.lists.draft import Draft, Source
from esclusa.formats.lists.ofac_sdn_xml import TYPES
from esclusa.formats.lists.places import is_code
from esclusa.formats.lists.table import Cells, TableList, reader, sniffer

ID: Final = "us_csl"

SOURCE: Final = Source(ID, "US", "csl")

_HEADINGS: Final = frozenset(("_id", "source", "name", "alt_names", "source_list_url"))

_PART: Final = re.compile(r";\s+")

_REMARKS: Final = {
    "source": "Source",
    "title": "Title",
    "vessel_type": "Vessel type",
    "vessel_owner": "Owner",
    "gross_tonnage": "Tonnage",
    "gross_registered_tonnage": "Gross registered tonnage",
    "federal_register_notice": "Federal Register",
    "license_requirement": "Licence requirement",
    "license_policy": "Licence policy",
    "end_date": "Ends on",
}


def _uid(cells: Cells) -> str:
    return cells.get("_id", "entity_number")


def _kind(cells: Cells) -> str:
    return TYPES.get(cells.get("type").lower(), "other")


def _fill(cells: Cells, draft: Draft) -> None:
    draft.primary(cells.get("name"))
    for other in _several(cells, "alt_names"):
        draft.alias(other)
    for words in _several(cells, "dates_of_birth"):
        draft.born(list_date(words), words, cells.row)
    for place in _several(cells, "places_of_birth"):
        draft.born_in(place)
    for column in ("vessel_flag", "nationalities", "citizenships"):
        for words in _several(cells, column):
            draft.country(words)
    for place in _several(cells, "addresses"):
        draft.address(place)
    for program in _several(cells, "programs") or [cells.get("source")]:
        draft.program(program)
    draft.listed(list_date(cells.get("start_date")))
    draft.identify("call_sign", cells.get("call_sign"))
    for column, label in _REMARKS.items():
        draft.remark(label, cells.get(column))
    for part in _several(cells, "ids"):
        _number(part, draft, cells)
    draft.remark("", cells.get("remarks"))


def _several(cells: Cells, column: str) -> list[str]:
    return [part for part in _PART.split(cells.get(column)) if part]


def _number(part: str, draft: Draft, cells: Cells) -> None:
    """Take ``Passport, X123, PA`` as a number; what is none stays in the remarks."""
    label, _, value = part.partition(", ")
    number, comma, code = value.rpartition(", ")
    if not (comma and is_code(code)):
        number, code = value, ""
    if not draft.labelled(label, number, code, cells.row):
        draft.remark(label if value else "", value or part)


def _no_date(cells: Cells) -> str:
    """The file says nothing of its date."""
    del cells
    return ""


_LIST: Final = TableList(SOURCE, (_HEADINGS,), _uid, _kind, _fill, _no_date)

FORMAT: Final = Format(
    id=ID,
    title_en="US Consolidated Screening List (CSV)",
    title_es="Lista consolidada de control de EE. UU. (CSV)",
    standard="International Trade Administration, Consolidated Screening List",
    sniff=sniffer(_LIST),
    read=reader(_LIST),
)
