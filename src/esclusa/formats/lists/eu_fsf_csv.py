"""The European Union's consolidated list of financial sanctions, CSV edition.

Semicolons, one heading line, several rows for one entity: each name, address, date of birth, paper
and citizenship has its own (form 1.1, ``Entity_``, ``NameAlias_`` … columns). The older form 1.0
(``Entity_logical_id``, ``Naal_``, ``Addr_`` … columns) is read too. Neither has a column for weak
names; the XML edition does.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.format import Format
from esclusa.formats.lists.dates import list_date, ordered_date
from esclusa.formats.lists.draft import Draft, Source, joined
from esclusa.formats.lists.eu_facts import Birth, birth, country, paper, place_words, type_of
from esclusa.formats.lists.table import Cells, TableList, reader, sniffer

ID: Final = "eu_fsf_csv"

SOURCE: Final = Source(ID, "EU", "eu")

_HEADINGS: Final = frozenset(("entity_logicalid", "namealias_wholename"))
_OLD_HEADINGS: Final = frozenset(("entity_logical_id", "naal_wholename"))

_FLAGS: Final = ("KnownExpired", "KnownFalse", "ReportedLost", "RevokedByIssuer")


def _uid(cells: Cells) -> str:
    return cells.get("entity_eu_referencenumber", "entity_logicalid", "entity_logical_id")


def _kind(cells: Cells) -> str:
    return type_of(
        cells.get("entity_subjecttype_classificationcode"), cells.get("entity_subjecttype"),
        cells.get("subject_type"),
    )  # fmt: skip


def _prepared(cells: Cells) -> str:
    return ordered_date(cells.get("filegenerationdate", "date_file"), "dmy")


def _fill(cells: Cells, draft: Draft) -> None:
    draft.primary(_name(cells))
    for old, new, label in (
        ("naal_title", "namealias_title", "Title"),
        ("naal_function", "namealias_function", "Function"),
        ("naal_gender", "namealias_gender", "Gender"),
        ("leba_numtitle", "entity_regulation_numbertitle", "Regulation"),
        ("", "entity_unitednationid", "UN reference"),
        ("", "entity_designationdetails", "Designation"),
        ("entity_remark", "entity_remark", ""),
    ):
        draft.remark(label, cells.get(new, old))
    _birth(cells, draft)
    draft.country(country(*_country(cells, "citizenship", "citi")))
    _paper(cells, draft)
    draft.address(_place(cells, "address", "addr"))
    draft.remark("Contact", cells.get("address_contactinfo", "addr_other"))
    draft.program(cells.get("entity_regulation_programme", "programme"))
    for column in ("entity_regulation_publicationdate", "leba_publication_date"):
        draft.listed(list_date(cells.get(column)))
    draft.listed(ordered_date(cells.get("entity_designationdate"), "dmy"))


def _name(cells: Cells) -> str:
    whole = cells.get("namealias_wholename", "naal_wholename")
    parts = (
        cells.get(f"namealias_{part}", f"naal_{part}")
        for part in ("firstname", "middlename", "lastname")
    )
    return whole or " ".join(filter(None, parts))


def _birth(cells: Cells, draft: Draft) -> None:
    given = Birth(
        date=cells.get("birthdate_birthdate", "birt_date"),
        year=cells.get("birthdate_year"),
        month=cells.get("birthdate_month"),
        day=cells.get("birthdate_day"),
        first=cells.get("birthdate_yearrangefrom"),
        last=cells.get("birthdate_yearrangeto"),
        circa=cells.get("birthdate_circa").lower() == "true",
        calendar=cells.get("birthdate_calendartype"),
    )
    birth(draft, given, cells.row)
    draft.born_in(_place(cells, "birthdate", "birt"))


def _paper(cells: Cells, draft: Draft) -> None:
    words = (
        cells.get(f"identification_{part}") for part in ("typecode", "typedescription", "remark")
    )
    number = cells.get("identification_number", "identification_latinnumber", "iden_number")
    flags = tuple(
        flag for flag in _FLAGS if cells.get(f"identification_{flag.lower()}").lower() == "true"
    )
    land = country(*_country(cells, "identification", "iden"))
    paper(draft, number, words, land, flags, cells.row)


def _place(cells: Cells, new: str, old: str) -> str:
    parts = (
        joined((cells.get(f"{old}_number"), cells.get(f"{new}_street", f"{old}_street"))),
        *(
            cells.get(f"{new}_{part}", f"{old}_{part}")
            for part in ("pobox", "place", "zipcode", "city", "region")
        ),
    )
    return place_words(parts, *_country(cells, new, old))


def _country(cells: Cells, new: str, old: str) -> tuple[str, str]:
    return cells.get(f"{new}_countryiso2code"), cells.get(
        f"{new}_countrydescription", f"{old}_country"
    )


_LIST: Final = TableList(SOURCE, (_HEADINGS, _OLD_HEADINGS), _uid, _kind, _fill, _prepared)

FORMAT: Final = Format(
    id=ID,
    title_en="EU consolidated list of financial sanctions (CSV)",
    title_es="Lista consolidada de sanciones financieras de la UE (CSV)",
    standard="European Commission FSF 1.1 and 1.0, csvFullSanctionsList",
    sniff=sniffer(_LIST),
    read=reader(_LIST),
)
