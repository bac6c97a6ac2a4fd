"""Zones to travellers and back (``model/people.py``).

The record says more than a zone can: accents, full names, whole years, a person's journey. So a
zone read *onto* a known traveller changes only what it contradicts. The zone says what a record has
no place for: second letter of the document code, optional data. Those come from ``base``.

| zone | record |
|---|---|
| names | ``surname``, ``given_names`` |
| date of birth, of expiry | ISO 8601 by the rule of ``dates`` |
| sex ``<`` | gender ``X``, as the eye-readable part of the document says it (part 4 §4.1.1) |
| nationality, issuer | the code without fillers |
| document number, inner ``<`` | ``number``, a space |
| document code P / V / other | type ``passport`` / ``visa`` / ``id_card`` |
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec.structs import replace

from esclusa.codes import icao9303
from esclusa.errors import FormatError
from esclusa.formats.mrz import dates
from esclusa.formats.mrz.layout import FILLER, LAYOUTS, Kind
from esclusa.formats.mrz.names import name_field
from esclusa.formats.mrz.transliteration import letters
from esclusa.formats.mrz.zone import Fields
from esclusa.model import TravelDocument, Traveller

_LETTERS: Final = {"passport": "P", "visa": "V"}
_TYPES: Final = {letter: word for word, letter in _LETTERS.items()}
_OTHERS: Final = "I"
"""First letter for what is neither passport nor visa (A, C and I mean the same, part 5 note k)."""

_KINDS: Final = {"P": Kind.TD3, "V": Kind.MRV_A, _OTHERS: Kind.TD1}
_UNSPECIFIED: Final = "X"


def traveller(
    fields: Fields, reference: dt.date, *, known: Traveller | None = None, language: str = ""
) -> Traveller:
    """Return the traveller of a zone, all of it new or what it changes in ``known``.

    ``reference`` is the day the document was seen; it settles the centuries. What ``known`` says
    and the zone would write the same way stays as it is (``language`` as in
    :func:`~esclusa.formats.mrz.letters`). Its
    document of the same number is brought up to date, a document it has not is put first.
    """
    if known is None:
        return Traveller(
            surname=fields.surname,
            given_names=fields.given_names,
            birth_date=dates.birth(fields.birth_date, reference),
            gender=fields.sex or _UNSPECIFIED,
            nationality=fields.nationality,
            documents=_documents(fields, reference, ()),
        )
    surname, given = _names(fields, known, language)
    same_birth = dates.short(known.birth_date) == fields.birth_date
    return replace(
        known,
        surname=surname,
        given_names=given,
        birth_date=known.birth_date if same_birth else dates.birth(fields.birth_date, reference),
        gender=known.gender if _sex(known.gender) == fields.sex else fields.sex or _UNSPECIFIED,
        nationality=fields.nationality,
        documents=_documents(fields, reference, known.documents),
    )


def fields_of(
    person: Traveller,
    *,
    document: int = 0,
    kind: Kind | None = None,
    base: Fields | None = None,
    language: str = "",
) -> Fields:
    """Return the fields of a zone for one of a traveller's documents (the first by default).

    ``kind`` is that of ``base``; without either TD3 for a passport, MRV-A for a visa, TD1 for all
    others. What a record has no place for comes from ``base`` when it is of the same sort. Raises
    :class:`~esclusa.errors.FormatError` when there is no such document, and where a name cannot be
    written in letters.
    """
    if not 0 <= document < len(person.documents):
        reason = f"traveller has {len(person.documents)} documents, {document} was asked (from 0)"
        raise FormatError(reason)
    paper = person.documents[document]
    letter = _letter(paper.type)
    plain = Fields(
        kind=kind or _KINDS[letter],
        document_code=letter,
        issuer=paper.issuer,
        surname=letters(person.surname, language),
        given_names=letters(person.given_names, language),
        document_number=_number(paper.number),
        nationality=person.nationality,
        birth_date=dates.short(person.birth_date),
        sex=_sex(person.gender),
        expiry_date=dates.short(paper.expires),
    )
    return _completed(plain, base, kind)


def _completed(plain: Fields, base: Fields | None, kind: Kind | None) -> Fields:
    """Add what the record does not hold."""
    if base is not None and _first(base) == plain.document_code:
        plain = replace(
            plain,
            kind=kind or base.kind,
            document_code=base.document_code,
            optional=base.optional,
            optional_2=base.optional_2,
            empty_check=base.empty_check,
        )
    if LAYOUTS[plain.kind].checked_optional and not plain.optional and not plain.empty_check:
        return replace(plain, empty_check=FILLER)
    return plain


def _letter(document_type: str) -> str:
    return _LETTERS.get(document_type, _OTHERS)


def _first(fields: Fields) -> str:
    letter = fields.document_code[:1]
    return letter if letter in _TYPES else _OTHERS


def _sex(gender: str) -> str:
    return gender if gender in ("M", "F") else ""


def _number(number: str) -> str:
    return icao9303.normalise(number).rstrip(FILLER)


def _with_blanks(number: str) -> str:
    """A number as people write it; fillers at its start, which no issuer prints, stay."""
    lead = len(number) - len(number.lstrip(FILLER))
    return number[:lead] + number[lead:].replace(FILLER, " ")


def _names(fields: Fields, known: Traveller, language: str) -> tuple[str, str]:
    """Known names stay when the zone's name field holds them, cut or whole."""
    width = LAYOUTS[fields.kind].name.width
    try:
        old = (letters(known.surname, language), letters(known.given_names, language))
        same = name_field(*old, width) == name_field(fields.surname, fields.given_names, width)
    except FormatError:
        same = False
    if same:
        return known.surname, known.given_names
    return fields.surname, fields.given_names


def _documents(
    fields: Fields, reference: dt.date, old: tuple[TravelDocument, ...]
) -> tuple[TravelDocument, ...]:
    for at, one in enumerate(old):
        if _number(one.number) == fields.document_number and _letter(one.type) == _first(fields):
            return (*old[:at], _updated(fields, reference, one), *old[at + 1 :])
    first = _first(fields)
    number = _with_blanks(fields.document_number)
    fresh = TravelDocument(number=number, type=_TYPES.get(first, "id_card"))
    return (_updated(fields, reference, fresh), *old)


def _updated(fields: Fields, reference: dt.date, document: TravelDocument) -> TravelDocument:
    text = fields.expiry_date
    same = bool(document.expires) and dates.short(document.expires) == text
    expires = document.expires if same else dates.expiry(text, reference)
    return replace(document, issuer=fields.issuer, expires=expires)
