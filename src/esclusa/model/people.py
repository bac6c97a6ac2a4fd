"""Travellers, their documents and their journey."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.model.common import Place

REDRESS: Final = "redress"
"""The type of a redress number, stated among the documents though it proves nobody's identity."""


class TravelDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A travel document. ``type``: ``passport``, ``visa``, ``id_card``, ``seafarer``,
    ``residence``, ``redress`` (a number that an authority gave after a mistake) or ``other``.
    ``issuer`` is the ICAO 9303 three-letter code. ``expires`` is ``YYYY-MM-DD``."""

    number: str
    type: str = "passport"
    issuer: str = ""
    expires: str = ""


class Journey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One leg of travel. Times are ISO 8601, local to the place unless a zone is written."""

    carrier: str = ""
    number: str = ""
    departure_place: Place = Place()
    departure: str = ""
    arrival_place: Place = Place()
    arrival: str = ""


class Traveller(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="traveller"
):
    """A person on a journey. ``role``: ``passenger``, ``crew`` or ``transit``.

    ``birth_date`` is ``YYYY-MM-DD`` or shorter when only part is known. ``nationality`` is the ICAO
    9303 three-letter code; ``birth_place`` is as the sender wrote it. ``legs`` lists every leg when
    the journey has several; ``journey`` is the leg the list was sent for. Natural key: carrier +
    number + departure + document (or name and birth date when no document was given).
    """

    surname: str
    given_names: str = ""
    role: str = "passenger"
    birth_date: str = ""
    gender: str = ""
    nationality: str = ""
    residence: str = ""
    documents: tuple[TravelDocument, ...] = ()
    journey: Journey = Journey()
    legs: tuple[Journey, ...] = ()
    embarkation: Place = Place()
    disembarkation: Place = Place()
    booking_reference: str = ""
    bags: int | None = None
    birth_place: str = ""
