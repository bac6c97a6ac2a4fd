"""FAL 5 and FAL 6: crew and passengers, a person a row; read and written.

A row that repeats the sequence number of the row before it and names nobody else adds a travel
document to that person.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact.write_common import refused
from esclusa.formats.fal import values
from esclusa.formats.fal.filing import Cell, Cells, Row, cells_of
from esclusa.formats.fal.leftovers import leave
from esclusa.formats.fal.tables import WRITTEN
from esclusa.formats.reading import Notes
from esclusa.model import Journey, Severity, TravelDocument, Traveller

_SEQUENCE: Final = "IMO0044"
_FAMILY: Final = "IMO0098"
_GIVEN: Final = "IMO0100"
_TRANSIT: Final = "IMO0089"
_BORN: Final = "IMO0106"
_BORN_IN: Final = "IMO0096"
"""The country of birth; it is written with the place."""
_TYPE: Final = "IMO0107"
_VISA: Final = "IMO0095"
_DOCUMENT: Final = ("IMO0104", "IMO0103", "IMO0102", "IMO0101")
"""Type, number, issuing state, expiry."""

FORM: Final = {"crew": "crew", "passenger": "passengers", "transit": "passengers"}
"""Role → word of the form."""


def read_people(word: str, leg: Journey, rows: Iterable[Cells], notes: Notes) -> list[Traveller]:
    """Read the rows of a crew or passenger list; everybody is on ``leg``."""
    found: list[Traveller] = []
    seen: set[Traveller] = set()
    before = ""
    for cells in rows:
        row = Row(cells, notes)
        sequence = row.text(_SEQUENCE)
        if found and sequence and sequence == before and not _names(cells, found[-1]):
            documents = (*found[-1].documents, *_documents(row))
            found[-1] = replace(found[-1], documents=documents)
            leave((cell for cell in row.rest() if cell.tag not in (_FAMILY, _GIVEN)), word, notes)
            continue
        person = _person(word, leg, row, cells)
        if person is None:
            continue
        before = sequence
        if person in seen:
            at = cells[0]
            reason = "the same person stands in the list twice; both are stated"
            notes.add("fal.person.twice", Severity.WARNING, reason, at, at.where)
        seen.add(person)
        found.append(person)
        leave(row.rest(), word, notes)
    return found


def _names(cells: Cells, person: Traveller) -> bool:
    """Answer whether a row names somebody else."""
    said = {cell.tag: cell.text for cell in cells}
    own = {_FAMILY: person.surname, _GIVEN: person.given_names}
    return any(said.get(tag, text) != text for tag, text in own.items())


def _person(word: str, leg: Journey, row: Row, cells: Cells) -> Traveller | None:
    family, given = row.text(_FAMILY), row.text(_GIVEN)
    if not family and not given:
        if cells:
            reason = "the row names nobody; nothing is stated"
            row.notes.add("fal.person.name", Severity.ERROR, reason, cells[0], cells[0].where)
        return None
    row.take(_TYPE)
    return Traveller(
        surname=family or given,
        given_names=given if family else "",
        role=_role(word, row),
        birth_date=row.read("IMO0097", values.birth, ""),
        gender=row.read("IMO0099", values.gender, ""),
        nationality=row.read("IMO0105", values.icao3, ""),
        residence=row.read("IMO0258", values.icao3, ""),
        birth_place=", ".join(filter(None, (row.text(_BORN), row.text(_BORN_IN)))),
        documents=_documents(row),
        journey=leg,
        embarkation=values.place(row, "IMO0091", "IMO0094"),
        disembarkation=values.place(row, "IMO0093", "IMO0092"),
    )


def _role(word: str, row: Row) -> str:
    if word == "crew":
        return "crew"
    return "transit" if row.read(_TRANSIT, values.indicator, "") == "yes" else "passenger"


def _documents(row: Row) -> tuple[TravelDocument, ...]:
    kind, number, issuer, expires = _DOCUMENT
    found = []
    said = TravelDocument(
        type=row.read(kind, values.document_type, "passport"),
        number=row.text(number),
        issuer=row.read(issuer, values.icao3, ""),
        expires=row.read(expires, values.when, ""),
    )
    if said.number:
        found.append(said)
    if visa := row.text(_VISA):
        found.append(TravelDocument(type="visa", number=visa))
    return tuple(found)


# -- written --------------------------------------------------------------------------------


def write_person(person: Traveller, sequence: int) -> list[list[Cell]]:
    """Return a person's rows: one, and one more for each further document.

    :raises WritingError: no surname, or a document without number.
    """
    if not person.surname:
        raise refused("a person without surname cannot be written", "traveller")
    first, *more = _document_rows(person.documents) or [[]]
    own = cells_of((
        (_FAMILY, person.surname), (_GIVEN, person.given_names), ("IMO0099", person.gender),
        ("IMO0105", person.nationality), ("IMO0097", person.birth_date),
        (_TRANSIT, "yes" if person.role == "transit" else ""),
        ("IMO0091", person.embarkation.code), ("IMO0094", person.embarkation.name),
        ("IMO0093", person.disembarkation.code), ("IMO0092", person.disembarkation.name),
        ("IMO0258", person.residence), (_BORN, person.birth_place),
    ))  # fmt: skip
    number = Cell(_SEQUENCE, str(sequence))
    return [[number, *own, *first], *([number, *cells] for cells in more)]


def _document_rows(documents: Iterable[TravelDocument]) -> list[list[Cell]]:
    """A visa that is a number alone stands beside the document before it."""
    rows: list[list[Cell]] = []
    alone = False
    for document in documents:
        if not document.number:
            raise refused("a travel document without number cannot be written", "traveller")
        bare = document == TravelDocument(type="visa", number=document.number)
        cells = [Cell(_VISA, document.number)] if bare else _document_cells(document)
        if bare and alone:
            rows[-1] += cells
        else:
            rows.append(cells)
        alone = not bare
    return rows


def _document_cells(document: TravelDocument) -> list[Cell]:
    texts = (
        WRITTEN.get(document.type, "other"), document.number, document.issuer, document.expires,
    )  # fmt: skip
    return cells_of(zip(_DOCUMENT, texts, strict=True))
