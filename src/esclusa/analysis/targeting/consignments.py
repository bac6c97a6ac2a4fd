"""Features of consignments.

Each group is a plain function from one consignment (and what the node knows about it) to a tuple,
so that five hundred rows cost a few list comprehensions and one table. An empty text or list in
the record is null: the sender did not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import polars as pl

from esclusa.analysis.targeting.batch import (
    ConsignmentBatch,
    consignment_batch,
    pair_of,
    real_number,
    repeated,
)
from esclusa.analysis.targeting.boxes import BOX_NAMES, box_values
from esclusa.analysis.targeting.changes import CHANGE_NAMES, change_values
from esclusa.analysis.targeting.context import NO_CONSIGNMENT_CONTEXT, ConsignmentContext
from esclusa.analysis.targeting.frame import frame
from esclusa.analysis.targeting.goodsfit import FIT_NAMES, fit_values
from esclusa.analysis.targeting.normal import (
    code,
    codes,
    day,
    days_between,
    hours_between,
    listed,
    normal,
    number,
    ratio,
    total,
)
from esclusa.analysis.targeting.places import country, route_values
from esclusa.model import Consignment, Party

Values = tuple[object, ...]


def consignment_table(
    bodies: Sequence[Consignment],
    contexts: Sequence[ConsignmentContext] | None = None,
    *,
    complete: bool = False,
) -> pl.DataFrame:
    """Return one row of features per consignment, in the same order.

    :param contexts: what the node knows, one per body; None makes every such field unknown.
    :param complete: the batch is a whole manifest, so counts within it are facts. Otherwise a
        count within the batch is only a lower bound and stays unknown.
    :raises ValueError: ``contexts`` has another length than ``bodies``.
    """
    known = contexts if contexts is not None else [NO_CONSIGNMENT_CONTEXT] * len(bodies)
    pairs = list(zip(bodies, known, strict=True))
    batch = consignment_batch(bodies)
    return frame(
        "consignment",
        (
            (_ID_NAMES, [(code(b.carrier), code(b.bill), code(b.master_bill)) for b in bodies]),
            (_GOODS_NAMES, [_goods(b) for b in bodies]),
            (FIT_NAMES, fit_values(bodies)),
            (_MONEY_NAMES, [_money(b) for b in bodies]),
            (_ROUTE_NAMES, [route_values(b) for b in bodies]),
            (_TIME_NAMES, [_times(b, x) for b, x in pairs]),
            (_PARTY_NAMES, [_parties(b) for b in bodies]),
            (BOX_NAMES, [box_values(b.equipment) for b in bodies]),
            (_SHIP_NAMES, [_ship(b) for b in bodies]),
            (CHANGE_NAMES, [change_values(b, x) for b, x in pairs]),
            (_KNOWN_NAMES, [_known(b, x, batch, complete) for b, x in pairs]),
        ),
    )


_ID_NAMES: Final = ("carrier", "bill", "master_bill")
_GOODS_NAMES: Final = (
    "goods_text", "goods_texts", "goods_lines", "hs_codes", "hs_missing", "packages",
    "package_types", "gross_mass_kg", "mass_per_package_kg", "volume_m3", "density_kg_m3",
    "origin_countries", "undg", "value", "value_currency", "value_per_kg",
)  # fmt: skip
_NO_GOODS: Final[Values] = (None, None, 0, *[None] * 13)


def _goods(body: Consignment) -> Values:
    items = body.goods
    if not items:
        return _NO_GOODS
    texts = [text for item in items if (text := normal(item.description))]
    hs_codes = codes(item.hs_code for item in items)
    packages = total(item.packages for item in items)
    mass = total(item.gross_mass_kg for item in items)
    volume = total(item.volume_m3 for item in items)
    currency = _one(code(item.currency) for item in items)
    value = total(item.value for item in items) if currency is not None else None
    return (
        " ".join(texts) or None,
        texts or None,
        len(items),
        hs_codes,
        len(hs_codes or ()) < len(items),
        packages,
        codes(item.package_type for item in items),
        mass,
        ratio(mass, packages),
        volume,
        ratio(mass, volume),
        codes(item.origin_country for item in items),
        codes(number for item in items for number in item.undg),
        value,
        currency,
        ratio(value, mass),
    )


def _one(found: Iterable[str | None]) -> str | None:
    """Return the one value that all share; None when they differ or one is missing."""
    different = set(found)
    return different.pop() if len(different) == 1 else None


_MONEY_NAMES: Final = ("freight_amount", "freight_currency", "freight_to_value", "freight_payment")


def _money(body: Consignment) -> Values:
    amount = number(body.freight_amount)
    currency = code(body.freight_currency)
    same = amount is not None and currency is not None and bool(body.goods)
    same = same and all(code(item.currency) == currency for item in body.goods)
    value = total(item.value for item in body.goods) if same else None
    return (amount, currency, ratio(amount, value), code(body.freight_payment))


_ROUTE_NAMES: Final = (
    "receipt_code", "load_code", "load_country", "transhipment_codes", "transhipment_countries",
    "discharge_code", "discharge_country", "delivery_code", "delivery_country", "route_codes",
    "ports_missing", "stuffing_place", "stuffing_missing",
)  # fmt: skip
_TIME_NAMES: Final = (
    "issued", "departure", "arrival", "days_departure_to_arrival", "days_issued_to_arrival",
    "days_departure_to_filing", "hours_filed_before_departure",
)  # fmt: skip


def _times(body: Consignment, known: ConsignmentContext) -> Values:
    issued, departure, arrival = day(body.issued), day(body.departure), day(body.arrival)
    return (
        issued,
        departure,
        arrival,
        days_between(departure, arrival),
        days_between(issued, arrival),
        days_between(departure, day(known.received)),
        hours_between(known.received, body.departure),
    )


_PARTY_NAMES: Final = (
    "shipper_name", "shipper_country", "shipper_address", "consignee_name", "consignee_country",
    "consignee_address", "notify_name", "notify_country", "notify_address", "forwarder_name",
    "receiver_text", "parties_missing", "shipper_is_forwarder", "consignee_is_forwarder",
    "same_address",
)  # fmt: skip
_PRINCIPALS: Final = ("shipper", "consignee", "notify")
_MIDDLEMEN: Final = frozenset({"forwarder", "agent", "carrier", "consolidator"})
_NOBODY: Final[tuple[None, None, None]] = (None, None, None)


def _parties(body: Consignment) -> Values:
    first: dict[str, tuple[str | None, str | None, str | None]] = {}
    middlemen: set[str | None] = set()
    for party in body.parties:
        if party.role in _MIDDLEMEN:
            middlemen.add(normal(party.name))
        if party.role not in first:
            first[party.role] = _party(party)
    middlemen.discard(None)
    shipper = first.get("shipper", _NOBODY)
    consignee = first.get("consignee", _NOBODY)
    notify = first.get("notify", _NOBODY)
    return (
        *shipper,
        *consignee,
        *notify,
        first.get("forwarder", _NOBODY)[0],
        _joined(consignee[0], consignee[2], notify[0], notify[2]),
        sum(first.get(role, _NOBODY)[0] is None for role in _PRINCIPALS),
        _among(shipper[0], middlemen),
        _among(consignee[0], middlemen),
        None if None in (shipper[2], consignee[2]) else shipper[2] == consignee[2],
    )


def _party(party: Party) -> tuple[str | None, str | None, str | None]:
    return (
        normal(party.name),
        code(party.country),
        normal(f"{party.address} {party.city}"),
    )


def _joined(*texts: str | None) -> str | None:
    return " ".join(text for text in texts if text) or None


def _among(name: str | None, middlemen: set[str | None]) -> bool | None:
    return None if name is None or not middlemen else name in middlemen


_SHIP_NAMES: Final = (
    "mode", "ship_name", "ship_imo", "ship_imo_bad", "ship_missing", "voyage_reference",
    "documents",
)  # fmt: skip


def _ship(body: Consignment) -> Values:
    ship = body.voyage.conveyance
    name, imo = normal(ship.name), code(ship.imo)
    return (
        code(ship.mode),
        name,
        imo,
        None if imo is None or ship.imo_valid is None else not ship.imo_valid,
        (name is None or imo is None) if ship.mode == "sea" else None,
        code(body.voyage.reference),
        codes(body.documents),
    )


_KNOWN_NAMES: Final = (
    "shipper_days_known", "consignee_days_known", "notify_days_known", "same_party_day_count",
    "seals_elsewhere", "seals_differing", "containers_elsewhere", "documents_elsewhere",
    "peer_value_per_kg", "importer_filing", "boxes_refused", "box_findings", "box_mass_change",
    "taken_by_other", "papers_differ", "shipper_changes", "consignee_changes",
    "consignee_recent_bills", "consignee_days_silent", "stuffing_finds",
)  # fmt: skip


def _known(
    body: Consignment, known: ConsignmentContext, batch: ConsignmentBatch, complete: bool
) -> Values:
    return (
        known.shipper_days_known,
        known.consignee_days_known,
        known.notify_days_known,
        _pair_count(body, known, batch, complete),
        found_or_known(_seals_twice(body, batch), known.seals_elsewhere),
        listed(known.seals_differing),
        found_or_known(_boxes_twice(body, batch), known.containers_elsewhere),
        found_or_known(_papers_twice(body, batch), known.documents_elsewhere),
        number(known.peer_value_per_kg),
        known.importer_filing,
        listed(known.boxes_refused),
        listed(known.box_findings),
        number(known.box_mass_change),
        listed(known.taken_by_other),
        listed(known.papers_differ),
        listed(known.shipper_changes),
        listed(known.consignee_changes),
        known.consignee_recent,
        known.consignee_days_silent,
        known.stuffing_finds,
    )


def found_or_known(found: list[str], known: Sequence[str] | None) -> list[str] | None:
    """Join what the batch shows and what the node knows; None when neither can tell."""
    if known is None:
        return found or None
    return list(dict.fromkeys([*found, *(codes(known) or ())]))


def _pair_count(
    body: Consignment, known: ConsignmentContext, batch: ConsignmentBatch, complete: bool
) -> int | None:
    if known.same_party_day_count is not None or not complete:
        return known.same_party_day_count
    pair = pair_of(body)
    return None if pair is None else batch.pair_counts[pair]


def _seals_twice(body: Consignment, batch: ConsignmentBatch) -> list[str]:
    if not batch.seal_boxes:
        return []
    seals = (real_number(seal.number) for box in body.equipment for seal in box.seals)
    return repeated((seal for seal in seals if seal is not None), batch.seal_boxes)


def _boxes_twice(body: Consignment, batch: ConsignmentBatch) -> list[str]:
    if not batch.box_places or country(body.load_port) is None:
        return []
    day_of = body.departure[:10]
    return [b.number for b in body.equipment if f"{day_of} {b.number}" in batch.box_places]


def _papers_twice(body: Consignment, batch: ConsignmentBatch) -> list[str]:
    return repeated(codes(body.documents) or (), batch.document_shippers)
