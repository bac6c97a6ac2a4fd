"""Features of single units of transport equipment (bay plans, gate and terminal messages)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from esclusa.analysis.targeting.batch import Sightings, real_number, repeated, seal_boxes
from esclusa.analysis.targeting.boxes import BOX_NAMES, box_values
from esclusa.analysis.targeting.consignments import found_or_known
from esclusa.analysis.targeting.context import NO_EQUIPMENT_CONTEXT, EquipmentContext
from esclusa.analysis.targeting.frame import frame
from esclusa.analysis.targeting.normal import code, codes, listed, normal, number
from esclusa.analysis.targeting.places import country
from esclusa.model import TransportEquipment

_OWN_NAMES: Final = (
    "load_status", "undg", "load_code", "load_country", "discharge_code", "discharge_country",
    "ship_name", "ship_imo", "voyage_reference",
)  # fmt: skip
_KNOWN_NAMES: Final = (
    "seals_elsewhere", "seals_differing", "containers_elsewhere", "boxes_refused", "box_findings",
    "box_mass_change", "taken_by_other",
)  # fmt: skip


def equipment_table(
    bodies: Sequence[TransportEquipment], contexts: Sequence[EquipmentContext] | None = None
) -> pl.DataFrame:
    """Return one row of features per unit of equipment, in the same order.

    :raises ValueError: ``contexts`` has another length than ``bodies``.
    """
    known = contexts if contexts is not None else [NO_EQUIPMENT_CONTEXT] * len(bodies)
    sealed = seal_boxes(bodies)
    return frame(
        "equipment",
        (
            (BOX_NAMES, [box_values((body,)) for body in bodies]),
            (_OWN_NAMES, [_own(body) for body in bodies]),
            (_KNOWN_NAMES, [_known(b, x, sealed) for b, x in zip(bodies, known, strict=True)]),
        ),
    )


def _own(body: TransportEquipment) -> tuple[object, ...]:
    ship = body.voyage.conveyance
    return (
        code(body.load_status),
        codes(body.undg),
        code(body.load_port.code),
        country(body.load_port),
        code(body.discharge_port.code),
        country(body.discharge_port),
        normal(ship.name),
        code(ship.imo),
        code(body.voyage.reference),
    )


def _known(
    body: TransportEquipment, known: EquipmentContext, sealed: Sightings
) -> tuple[object, ...]:
    seals = (real_number(seal.number) for seal in body.seals) if sealed else ()
    twice = repeated((seal for seal in seals if seal is not None), sealed)
    return (
        found_or_known(twice, known.seals_elsewhere),
        listed(known.seals_differing),
        listed(known.containers_elsewhere),
        listed(known.boxes_refused),
        listed(known.box_findings),
        number(known.box_mass_change),
        listed(known.taken_by_other),
    )
