"""Lists of lost, stolen and invalid documents, and of stolen ships and containers, as tables.

No standard fixes such files. Read are those whose headings say, in English or Spanish: the number,
the issuing state and the kind of loss; the type of document and the date of loss where there are
any. One row is one entry, named by its number. A table with other headings goes through a mapping.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.lists.dates import ordered_date
from esclusa.formats.lists.draft import Draft, Source
from esclusa.formats.lists.places import country_words
from esclusa.formats.lists.table import Cells, TableList, headings_in, read_single
from esclusa.model import Defect, Message, Severity

ID: Final = "lost_documents"

SOURCE: Final = Source(ID, "", "lost")

_NUMBER: Final = ("document number", "number", "número de documento", "número", "numero")
_STATE: Final = (
    "issuing state", "issuing country", "issuer", "estado emisor", "país emisor", "pais emisor",
)  # fmt: skip
_KIND: Final = ("kind of loss", "reason", "tipo de pérdida", "tipo de perdida", "motivo")
_TYPE: Final = ("document type", "type", "tipo de documento", "tipo")
_DATE: Final = (
    "date of loss", "loss date", "fecha de pérdida", "fecha de perdida", "fecha de la pérdida",
)  # fmt: skip
_REMARKS: Final = ("remarks", "observaciones")

_NAMES: Final = frozenset(
    ("name", "surname", "full name", "nombre", "apellido", "apellidos", "nombre completo")
)
"""Headings of a list of persons, whatever else it has."""

_FORMS: Final = tuple(
    frozenset((number, state, kind)) for number in _NUMBER for state in _STATE for kind in _KIND
)

_PAPERS: Final = {
    "passport": "passport",
    "pasaporte": "passport",
    "travel document": "passport",
    "documento de viaje": "passport",
    "p": "passport",
    "id card": "national_id",
    "identity card": "national_id",
    "national id": "national_id",
    "cédula": "national_id",
    "cedula": "national_id",
    "documento de identidad": "national_id",
    "i": "national_id",
    "driving licence": "driving_licence",
    "licencia de conducir": "driving_licence",
}
"""Type of document → scheme of its number; any other is of scheme ``other``."""

_GOODS: Final = {
    "vessel": ("vessel", "imo"),
    "ship": ("vessel", "imo"),
    "buque": ("vessel", "imo"),
    "container": ("other", "iso6346"),
    "contenedor": ("other", "iso6346"),
}
"""What else is reported stolen → type of the entry, scheme of its number."""

_LOSSES: Final = {
    "robado": "stolen",
    "robada": "stolen",
    "perdido": "lost",
    "perdida": "lost",
    "extraviado": "lost",
    "extraviada": "lost",
    "inválido": "invalid",
    "invalido": "invalid",
    "anulado": "revoked",
    "anulada": "revoked",
}


def sniff(head: bytes, name: str) -> bool:
    """Answer whether number, issuing state and kind of loss stand among the headings, no name."""
    del name
    rows = [row for row in headings_in(head) if not row & _NAMES]
    return any(form <= row for row in rows for form in _FORMS)


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read the list: one message with one entry for each row."""
    return read_single(stream, _LIST, file, limits)


def _uid(cells: Cells) -> str:
    """Return issuer and number: two states may give one number."""
    number = cells.get(*_NUMBER)
    state = country_words(cells.get(*_STATE))
    return "/".join(filter(None, (state, number))) if number else ""


def _type(cells: Cells) -> str:
    return cells.get(*_TYPE).lower()


def _kind(cells: Cells) -> str:
    return _GOODS.get(_type(cells), ("document", ""))[0]


def _fill(cells: Cells, draft: Draft) -> None:
    number, paper = cells.get(*_NUMBER), _type(cells)
    draft.primary(number)
    scheme = _GOODS.get(paper, ("", _PAPERS.get(paper, "other")))[1]
    draft.identify(scheme, number, cells.get(*_STATE), cells.row)
    loss = cells.get(*_KIND).lower()
    draft.program(_LOSSES.get(loss, loss))
    lost = cells.get(*_DATE)
    draft.listed(ordered_date(lost, "dmy"))
    if lost and not draft.listed_on:
        draft.note("date", Severity.NOTE, "a date of loss is not understood", cells.row)
        draft.remark("Date of loss", lost)
    draft.remark("Document", cells.get(*_TYPE))
    draft.remark("", cells.get(*_REMARKS))


def _no_date(cells: Cells) -> str:
    """The file says nothing of its date."""
    del cells
    return ""


_LIST: Final = TableList(SOURCE, _FORMS, _uid, _kind, _fill, _no_date)

FORMAT: Final = Format(
    id=ID,
    title_en="Lost, stolen and invalid documents (table)",
    title_es="Documentos perdidos, robados e inválidos (tabla)",
    standard="headings in English or Spanish, see docs/lists.md",
    sniff=sniff,
    read=read,
)
