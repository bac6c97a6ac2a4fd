"""The keys that a record can be found by: what the owner's set is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch
from itertools import chain

from esclusa.model import (
    Body,
    Consignment,
    Examination,
    ListEntry,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)
from esclusa.model.common import Identifier, Party
from esclusa.model.movement import Conveyance
from esclusa.sharing.pointers import names, near
from esclusa.sharing.pointers.keys import Pointer, exact
from esclusa.sharing.pointers.terms import KEYS

_PAPERS = {"passport": "passport", "id_card": "national_id"}


def pointers_of(body: Body, keys: Iterable[str] = tuple(KEYS)) -> frozenset[Pointer]:
    """Return the keys of a record's content.

    :param keys: the kinds of key wanted, words of ``terms.KEYS``.

    Alerts have none: they quote other records. A weak alias makes no key: it may only support a
    match.
    """
    wanted = frozenset(keys)
    more = _near(body) if wanted & {near.COARSE, near.FACTS} else iter(())
    made = chain(_found(body), more)
    return frozenset(item for item in made if item is not None and item.key in wanted)


Found = Iterator[Pointer | None]


@singledispatch
def _found(_body: object) -> Found:
    return iter(())


@_found.register
def _traveller(body: Traveller) -> Found:
    name = f"{body.given_names} {body.surname}"
    for paper in body.documents:
        if paper.type in _PAPERS:
            yield exact(_PAPERS[paper.type], paper.issuer, paper.number)
    yield exact("name_birth", name, body.birth_date)
    yield from names.person(name, names.years_of(body.birth_date))


@_found.register
def _equipment(body: TransportEquipment) -> Found:
    yield exact("iso6346", body.number)
    yield from _conveyance(body.voyage.conveyance)


@_found.register(PortCall)
@_found.register(ShipDeclaration)
def _call(body: PortCall | ShipDeclaration) -> Found:
    yield from _conveyance(body.voyage.conveyance)
    for party in body.parties:
        yield from _party(party)


@_found.register
def _event(body: TransportEvent) -> Found:
    yield from _conveyance(body.voyage.conveyance)
    if body.equipment is not None:
        yield exact("iso6346", body.equipment.number)
    for party in body.parties:
        yield from _party(party)


@_found.register
def _examination(body: Examination) -> Found:
    yield from _conveyance(body.voyage.conveyance)
    if body.equipment:
        yield exact("iso6346", body.equipment)


@_found.register
def _consignment(body: Consignment) -> Found:
    yield from _conveyance(body.voyage.conveyance)
    for unit in body.equipment:
        yield exact("iso6346", unit.number)
    for party in body.parties:
        yield from _party(party)


def _party(party: Party) -> Found:
    """A party of a bill may be a person or a firm; only a firm's form or number tells."""
    for item in party.identifiers:
        yield _numbered(item, "company", party.country)
    if names.is_firm(party.name):
        yield from names.company(party.name)


@_found.register
def _list_entry(body: ListEntry) -> Found:
    strong = (body.name, *(alias.name for alias in body.aliases if not alias.weak))
    subject = {"organisation": "company"}.get(body.type, body.type)
    where = body.nationalities[0] if len(body.nationalities) == 1 else ""
    for item in body.identifiers:
        yield _numbered(item, subject, where)
    if subject == "person":
        years = {year for date in body.birth_dates for year in names.years_of(date)}
        for name in strong:
            yield from (exact("name_birth", name, date) for date in body.birth_dates)
            yield from names.person(name, sorted(years))
    elif subject in ("company", "vessel"):
        said = names.company if subject == "company" else names.vessel
        for name in strong:
            yield from said(name)


@singledispatch
def _near(_body: object) -> Found:
    """The keys of both stages of an approximate search: many, so made only where agreed."""
    return iter(())


@_near.register
def _near_traveller(body: Traveller) -> Found:
    name = f"{body.given_names} {body.surname}"
    return near.held([name], [body.birth_date], [body.nationality])


@_near.register
def _near_list_entry(body: ListEntry) -> Found:
    if body.type != "person":
        return iter(())
    strong = [body.name, *(alias.name for alias in body.aliases if not alias.weak)]
    return near.held(strong, body.birth_dates, body.nationalities)


def _conveyance(ship: Conveyance) -> Found:
    if ship.mode not in ("sea", ""):
        return
    yield exact("imo", ship.imo)
    yield exact("mmsi", ship.mmsi)
    yield from names.vessel(ship.name)


def _numbered(item: Identifier, subject: str, where: str) -> Pointer | None:
    """The key of an identifier: its own country, else the only one known of its bearer."""
    if KEYS.get(item.scheme) != subject:
        return None
    if item.scheme in ("imo", "mmsi", "duns", "iso6346"):
        return exact(item.scheme, item.value)
    return exact(item.scheme, item.country or where, item.value)
