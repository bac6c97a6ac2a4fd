"""Features of transport equipment, alone or on a consignment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from esclusa.analysis.targeting.normal import any_true, code, codes, number, total
from esclusa.model import TransportEquipment

BOX_NAMES: Final = (
    "container_numbers", "containers", "container_number_bad", "size_types", "reefer", "seals",
    "seal_missing_full", "box_mass_gap", "box_gross_mass_kg",
)  # fmt: skip

_OLD_REEFER_TYPES: Final = frozenset({"30", "31", "32", "40", "41", "42"})
"""Thermal types of the older all-digit codes (ISO 6346:1984, annex G)."""

_SIZE_TYPE_SIGNS: Final = 4
"""Two signs of size and two of type (ISO 6346 §4.3)."""

_LARGEST_TARE_KG: Final = 5_500
"""A 40-foot refrigerated box weighs up to about 5,200 kg empty; a declared mass that is short by
less than this may simply leave the tare out."""


def box_values(boxes: Sequence[TransportEquipment]) -> tuple[object, ...]:
    """Return the values of :data:`BOX_NAMES` for the boxes of one record."""
    if not boxes:
        return _NO_BOXES
    return (
        codes(box.number for box in boxes),
        len(boxes),
        any_true(_bad_number(box) for box in boxes),
        codes(box.size_type for box in boxes),
        any_true(reefer(box) for box in boxes),
        codes(seal.number for box in boxes for seal in box.seals),
        any_true(_unsealed(box) for box in boxes),
        _largest(mass_gap(box) for box in boxes),
        total(box.gross_mass_kg for box in boxes),
    )


_NO_BOXES: Final = (None, 0, None, None, None, None, None, None, None)


def reefer(box: TransportEquipment) -> bool | None:
    """True for a refrigerated box (ISO 6346 type group R), None when the type is not stated."""
    if box.temperature_c is not None:
        return True
    size_type = code(box.size_type) or ""
    if len(size_type) != _SIZE_TYPE_SIGNS:
        return None
    return size_type[2] == "R" or (size_type.isdigit() and size_type[2:] in _OLD_REEFER_TYPES)


def mass_gap(box: TransportEquipment) -> float | None:
    """Return how far declared and verified gross mass lie apart, as a share of the verified mass.

    None when either is missing, or when the difference can be a tare that was left out.
    """
    declared, verified = number(box.gross_mass_kg), number(box.verified_mass_kg)
    if declared is None or verified is None or verified <= 0:
        return None
    missing = verified - declared
    if box.tare_kg is not None:
        return min(abs(missing), abs(missing - box.tare_kg)) / verified
    return None if 0 < missing <= _LARGEST_TARE_KG else abs(missing) / verified


def _bad_number(box: TransportEquipment) -> bool | None:
    return None if box.number_valid is None else not box.number_valid


def _unsealed(box: TransportEquipment) -> bool | None:
    if not box.load_status:
        return None
    return box.load_status == "full" and not box.seals


def _largest(gaps: Iterable[float | None]) -> float | None:
    return max((gap for gap in gaps if gap is not None), default=None)
