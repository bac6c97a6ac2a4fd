"""OFSI's consolidated list of asset freeze targets, ``ConList.csv``.

Two lines of headings: the date of the list, then the columns. Rows with one ``Group ID`` are one
entry. ``Name 6`` is the surname, or the name of an entity or ship; a date of birth is
``dd/mm/yyyy`` with ``00`` for what is not known (2022 format). A ship's IMO number stands among the
other information.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import ordered_date
from esclusa.formats.lists.draft import Draft, Source, joined
from esclusa.formats.lists.identifiers import IMO_IN_TEXT
from esclusa.formats.lists.table import Cells, TableList, reader, sniffer
from esclusa.formats.lists.uk_facts import NAMES, name, type_of

ID: Final = "uk_conlist"

SOURCE: Final = Source(ID, "OFSI", "ofsi")

_HEADINGS: Final = frozenset(("name 6", "name 1", "group type", "regime", "group id"))

_PARTS: Final = tuple(part.lower() for part in NAMES)

_ADDRESS: Final = (*(f"address {number}" for number in range(1, 7)), "post/zip code", "country")

_REMARKS: Final = {
    "title": "Title",
    "position": "Position",
    "passport details": "Passport details",
    "national identification details": "National identification details",
    "other information": "",
}


def _prepared(cells: Cells) -> str:
    """Return the date of the first line, ``Last Updated,05/06/2026``."""
    dates = (ordered_date(text, "dmy") for text in cells.before)
    return next(filter(None, dates), "")


def _fill(cells: Cells, draft: Draft) -> None:
    name(draft, map(cells.get, _PARTS), cells.get("alias type"), cells.get("alias quality"))
    draft.alias(cells.get("name non-latin script"))
    birth = cells.get("dob")
    draft.born(ordered_date(birth, "dmy"), birth, cells.row)
    draft.born_in(joined((cells.get("town of birth"), cells.get("country of birth")), ", "))
    draft.country(cells.get("nationality"))
    draft.identify("passport", cells.get("passport number"))
    draft.identify("national_id", cells.get("national identification number", "ni number"))
    draft.address(joined(map(cells.get, _ADDRESS), ", "))
    draft.program(cells.get("regime"))
    draft.listed(ordered_date(cells.get("listed on"), "dmy"))
    for column, label in _REMARKS.items():
        draft.remark(label, cells.get(column))
    if draft.kind != "person":
        scheme = "imo" if draft.kind == "vessel" else "imo_company"
        for number in IMO_IN_TEXT.findall(cells.get("other information")):
            draft.identify(scheme, number, at=cells.row)


def _uid(cells: Cells) -> str:
    return cells.get("group id")


def _kind(cells: Cells) -> str:
    return type_of(cells.get("group type"))


_LIST: Final = TableList(SOURCE, (_HEADINGS,), _uid, _kind, _fill, _prepared)

FORMAT: Final = Format(
    id=ID,
    title_en="OFSI consolidated list of asset freeze targets (CSV)",
    title_es="Lista consolidada de la OFSI, bloqueo de activos (CSV)",
    standard="OFSI consolidated list, 2022 format, ConList.csv",
    sniff=sniffer(_LIST),
    read=reader(_LIST),
)
