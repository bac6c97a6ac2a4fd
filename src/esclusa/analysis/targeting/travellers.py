"""Features of travellers.

Deliberately few. Nationality, gender, residence and the issuer of a document have no column here,
and the catalogue refuses them in rules; names have one only so that a reason can be shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from esclusa.analysis.targeting.batch import (
    booking_adults,
    booking_of,
    document_keys,
    identity_conflicts,
)
from esclusa.analysis.targeting.context import NO_TRAVELLER_CONTEXT, TravellerContext
from esclusa.analysis.targeting.frame import frame
from esclusa.analysis.targeting.normal import code, codes, day, days_between, normal, number
from esclusa.model import Journey, Traveller

_PERSON_NAMES: Final = (
    "surname", "given_names", "role", "birth_date", "age", "documents", "document_missing",
    "document_expired", "bags", "booking_reference", "carrier", "journey_number",
    "departure_code", "arrival_code", "departure", "legs", "trip_days",
)  # fmt: skip
_KNOWN_NAMES: Final = (
    "adults_on_booking", "document_listed", "watch_document", "watch_name", "watch_birth_date",
    "watch_other", "document_other_identity",
)  # fmt: skip


def traveller_table(
    bodies: Sequence[Traveller],
    contexts: Sequence[TravellerContext] | None = None,
    *,
    complete: bool = False,
) -> pl.DataFrame:
    """Return one row of features per traveller, in the same order.

    :param complete: the batch holds every traveller of each journey in it, so the number of adults
        on a booking is a fact. Otherwise it stays unknown.
    :raises ValueError: ``contexts`` has another length than ``bodies``.
    """
    known = contexts if contexts is not None else [NO_TRAVELLER_CONTEXT] * len(bodies)
    ages = [age_on(day(b.birth_date), travel_day(b.journey)) for b in bodies]
    adults = booking_adults(bodies, ages) if complete else {}
    torn = identity_conflicts(bodies)
    known_rows = [_known(b, x, adults, torn) for b, x in zip(bodies, known, strict=True)]
    return frame(
        "traveller",
        (
            (_PERSON_NAMES, [_person(b, age) for b, age in zip(bodies, ages, strict=True)]),
            (_KNOWN_NAMES, known_rows),
        ),
    )


def travel_day(leg: Journey) -> dt.date | None:
    """Return the day of departure, else of arrival."""
    return day(leg.departure) or day(leg.arrival)


def age_on(born: dt.date | None, on: dt.date | None) -> int | None:
    """Return full years of age on a day; None when either is unknown."""
    if born is None or on is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _person(body: Traveller, age: int | None) -> tuple[object, ...]:
    leg = body.journey
    return (
        normal(body.surname),
        normal(body.given_names),
        code(body.role),
        day(body.birth_date),
        age,
        codes(document.number for document in body.documents),
        not body.documents,
        _expired(body, travel_day(leg)),
        number(body.bags),
        code(body.booking_reference),
        code(leg.carrier),
        code(leg.number),
        code(leg.departure_place.code),
        code(leg.arrival_place.code),
        day(leg.departure),
        len(body.legs),
        trip_days(body.legs),
    )


def trip_days(legs: Sequence[Journey]) -> int | None:
    """Return the days from the first departure to that of the last leg, when it ends where the
    first began; None for a journey that does not lead back, or whose days are not stated."""
    if len(legs) < 2 or not legs[0].departure_place.code:
        return None
    ordered = sorted(legs, key=lambda leg: leg.departure)
    first, last = ordered[0], ordered[-1]
    back = code(last.arrival_place.code) == code(first.departure_place.code)
    return days_between(day(first.departure), day(last.departure)) if back else None


def _expired(body: Traveller, on: dt.date | None) -> bool | None:
    dates = [day(document.expires) for document in body.documents]
    known = [date for date in dates if date is not None]
    return None if on is None or not known else max(known) < on


def _known(
    body: Traveller,
    known: TravellerContext,
    adults: Mapping[str, int],
    torn: frozenset[tuple[str, str]],
) -> tuple[object, ...]:
    booking = booking_of(body)
    shown_twice = any(key in torn for key in document_keys(body))
    return (
        None if booking is None else adults.get(booking),
        known.document_listed,
        known.watch_document,
        known.watch_name,
        known.watch_birth_date,
        known.watch_other,
        True if shown_twice else known.document_other_identity,
    )
