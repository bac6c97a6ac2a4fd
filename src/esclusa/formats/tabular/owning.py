"""Who owns or runs a ship or a firm, from rows of a register.

A register is written long (one row, one owner, with a column that says in which capacity) or wide
(one row, one ship, with a column for its registered owner, its manager, its ISM company …). A row
may do both. Each owner becomes a statement of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.codes import imo, imo_company
from esclusa.formats.tabular.record import Record
from esclusa.model import Conveyance, Defect, Identifier, Ownership, Party, Severity
from esclusa.model.ownership import CAPACITIES, known_by

_WIDE: Final = tuple(sorted(CAPACITIES - {"owner", "owner_operator", "shareholder", "controller"}))
"""Capacities that have columns of their own."""
_NUMBERS: Final = {
    "tax_id": "tax", "registration": "registration", "imo_company": "imo_company",
    "national_id": "national_id",
}  # fmt: skip
"""Column → scheme of an identifier."""
_SHIP: Final = ("name", "mmsi", "call_sign", "registration", "flag")

Stated = tuple[tuple[Ownership, ...], tuple[Defect, ...]]


def ownerships(row: Record) -> Stated:
    """Return what a row states, and what is wrong with it; a row that names no owner, or nothing
    that is owned, is refused by a fatal defect."""
    doubts = list(_doubts(row))
    firm = _party(row, "firm", "owned")
    ship = _ship(row)
    named = firm.name or firm.identifiers
    if named and known_by(ship):
        why = f"{row.where} names a ship and a firm as owned; the ship is taken"
        doubts.append(_defect(row, "table.owned.both", Severity.WARNING, why))
    of_firm = firm if named and not known_by(ship) else None
    owners = list(_owners(row))
    if not owners or (of_firm is None and not known_by(ship)):
        none, nothing = f"{row.where} names no owner", f"{row.where} names nothing that is owned"
        doubts.append(_defect(row, "table.row", Severity.FATAL, nothing if owners else none))
        return (), tuple(doubts)
    alone = len(owners) == 1
    made = tuple(
        Ownership(
            owner=owner,
            ship=Conveyance() if of_firm else ship,
            firm=of_firm,
            owner_type=row.one("owner.type") if long else "",
            owner_birth_date=row.one("owner.birth_date") if long else "",
            share_percent=row.one("share_percent", None) if long or alone else None,
            held_from=_since(row, owner.role, long),
            held_until=row.one("held_until"),
            register=row.one("register"),
            reference=row.one("reference"),
            remarks=row.one("remarks"),
        )
        for owner, long in owners
    )
    return made, tuple(doubts)


def _since(row: Record, capacity: str, long: bool) -> str:
    """Return the first day: that of the capacity's own column, else the row's."""
    own = "" if long else row.one(f"{capacity}.held_from")
    return str(own or row.one("held_from"))


def _owners(row: Record) -> Iterator[tuple[Party, bool]]:
    """Yield the owners with their capacity as role, and whether the row is about them alone."""
    long = _party(row, "owner", row.one("capacity", "owner"))
    if long.name:
        yield long, True
    for capacity in _WIDE:
        wide = _party(row, capacity, capacity)
        if wide.name:
            yield wide, False


def _party(row: Record, before: str, role: str) -> Party:
    numbers = (
        Identifier(
            scheme=scheme, value=value, country=row.one(f"{before}.country"),
            valid=imo_company.is_valid(value) if scheme == "imo_company" else None,
        )
        for path, scheme in _NUMBERS.items()
        if (value := row.one(f"{before}.{path}"))
    )  # fmt: skip
    return Party(
        role=role,
        identifiers=tuple(numbers),
        **{path: row.one(f"{before}.{path}")
           for path in ("name", "address", "city", "country", "contact")},
    )  # fmt: skip


def _ship(row: Record) -> Conveyance:
    number = row.one("ship.imo")
    return Conveyance(
        imo=number,
        imo_valid=imo.is_valid(number) if number else None,
        **{path: row.one(f"ship.{path}") for path in _SHIP},
    )


def _doubts(row: Record) -> Iterator[Defect]:
    """Yield what is doubtful and kept all the same."""
    number = row.one("ship.imo")
    if number and not imo.is_valid(number):
        why = f"{row.where}: {imo.fault(number)}"
        yield _defect(row, "value.imo", Severity.WARNING, why)
    for path in row.values:
        if path.endswith(".imo_company") and not imo_company.is_valid(row.one(path)):
            why = f"{row.where}: {imo_company.fault(row.one(path))}"
            yield _defect(row, "value.imo_company", Severity.WARNING, why)
    since, until = row.one("held_from"), row.one("held_until")
    if since and until and until < since:
        why = f"{row.where}: until {until} is before since {since}"
        yield _defect(row, "table.owned.dates", Severity.WARNING, why)


def _defect(row: Record, code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=row.offset, length=row.length)
