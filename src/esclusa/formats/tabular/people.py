"""List entries and travellers from rows: one row, one statement."""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes import redress
from esclusa.formats.lists.draft import owners
from esclusa.formats.lists.identifiers import made
from esclusa.formats.tabular.record import Record
from esclusa.model import Alias, Identifier, Journey, ListEntry, Place, TravelDocument, Traveller
from esclusa.model.people import REDRESS

IDENTIFIERS: Final = "identifiers."

_PAPERS: Final = {"passport": "passport", "id_card": "national_id"}
"""Document type → identifier scheme; other papers are of scheme ``other``."""

_FLIGHT: Final = re.compile(r"([A-Z][A-Z0-9]|[0-9][A-Z]) ?([0-9]{1,4}[A-Z]?)")
"""An airline's two characters and the flight number (IATA resolution 762)."""


_LABELS: Final = {
    "former_names": "Former names",
    "former_flags": "Former flag",
    "owner": "Owner",
}
"""Fields of an entry that stand in its remarks, as in the published lists."""


def list_entry(row: Record, list_id: str) -> ListEntry | None:
    """Return the entry a row states, None when it names nobody.

    Without an id of its own the entry is known by its name and birth date, so that a list sorted
    anew is still the same list. A row with a document number alone is a lost, stolen or invalid
    document, named by its number and known by number and issuer.
    """
    number = row.one("document.number")
    name = row.one("name") or number
    if not name:
        return None
    if not row.one("name"):
        return _document(row, list_id, number)
    births = row.all("birth_date")
    strong = tuple(dict.fromkeys((*row.all("aliases"), *row.all("former_names"))))
    weak = (other for other in row.all("weak_aliases") if other not in strong)
    return ListEntry(
        list_id=list_id,
        uid=row.one("uid") or "/".join((name.upper(), *births)),
        type=row.one("type", "other"),
        name=name,
        aliases=(
            *(Alias(name=other) for other in strong),
            *(Alias(name=other, weak=True) for other in weak),
        ),
        birth_dates=births,
        birth_places=row.all("birth_place"),
        nationalities=row.all("nationality"),
        identifiers=_identifiers(row),
        addresses=row.all("addresses"),
        programs=row.all("programs"),
        listed_on=row.one("listed_on"),
        remarks=_remarks(row),
        relations=tuple(
            one for text in row.all("owner") for one in owners("Owner or operator", text)
        ),
    )


def _remarks(row: Record) -> str:
    """Return the remarks behind what the entry has no field for, each under its label."""
    labelled = (
        f"{label}: {', '.join(found)}"
        for path, label in _LABELS.items()
        if (found := row.all(path))
    )
    return "; ".join((*labelled, *filter(None, (row.one("remarks"),))))


def _document(row: Record, list_id: str, number: str) -> ListEntry:
    return ListEntry(
        list_id=list_id,
        uid=row.one("uid") or "/".join(filter(None, (row.one("document.issuer"), number))),
        type="document",
        name=number,
        identifiers=_identifiers(row),
        programs=row.all("programs"),
        listed_on=row.one("listed_on"),
        remarks=row.one("remarks"),
    )


def _identifiers(row: Record) -> tuple[Identifier, ...]:
    found = [
        made(path.removeprefix(IDENTIFIERS), value)
        for path in row.values
        if path.startswith(IDENTIFIERS)
        for value in row.all(path)
    ]
    if number := row.one("document.number"):
        scheme = _PAPERS.get(row.one("document.type", "passport"), "other")
        found.append(made(scheme, number, row.one("document.issuer")))
    return tuple(dict.fromkeys(found))


def traveller(row: Record) -> Traveller | None:
    """Return the traveller a row states, None when it has no surname.

    A whole name is cut at its comma or stroke (``PÉREZ, ANA`` or ``PEREZ/ANA``); without one it is
    all surname, for nobody can tell where a name parts.
    """
    surname, given = _name(row)
    if not surname:
        return None
    return Traveller(
        surname=surname,
        given_names=given,
        role=row.one("role", "passenger"),
        birth_date=row.one("birth_date"),
        gender=row.one("gender"),
        nationality=row.one("nationality"),
        residence=row.one("residence"),
        birth_place=row.one("birth_place"),
        documents=(*_documents(row), *_redress(row)),
        journey=_journey(row),
        embarkation=row.one("embarkation", Place()),
        disembarkation=row.one("disembarkation", Place()),
        booking_reference=row.one("booking_reference"),
        bags=row.one("bags", None),
    )


def _name(row: Record) -> tuple[str, str]:
    if row.one("surname") or not row.one("name"):
        return row.one("surname"), row.one("given_names")
    surname, _, given = str(row.one("name")).replace("/", ",", 1).partition(",")
    return surname.strip(), given.strip() or row.one("given_names")


def _redress(row: Record) -> tuple[TravelDocument, ...]:
    number = row.one("redress")
    return (TravelDocument(number=number, type=REDRESS),) if redress.is_valid(number) else ()


def _documents(row: Record) -> tuple[TravelDocument, ...]:
    number = row.one("document.number")
    if not number:
        return ()
    return (
        TravelDocument(
            number=number,
            type=row.one("document.type", "passport"),
            issuer=row.one("document.issuer"),
            expires=row.one("document.expires"),
        ),
    )


def _journey(row: Record) -> Journey:
    carrier, number = row.one("journey.carrier"), row.one("journey.number")
    flight = _FLIGHT.fullmatch(number)
    if flight and carrier in ("", flight[1]):
        carrier, number = flight[1], flight[2]
    return Journey(
        carrier=carrier,
        number=number,
        departure_place=row.one("journey.departure_place", Place()),
        departure=row.one("journey.departure"),
        arrival_place=row.one("journey.arrival_place", Place()),
        arrival=row.one("journey.arrival"),
    )
