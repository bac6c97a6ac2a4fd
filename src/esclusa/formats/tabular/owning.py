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
from esclusa.model import (
    Conveyance,
    Defect,
    Identifier,
    Ownership,
    Party,
    Severity,
    natural_key,
)
from esclusa.model.ownership import CAPACITIES, known_by

_WIDE: Final = tuple(sorted(CAPACITIES - {"owner", "owner_operator", "shareholder", "controller"}))
"""Capacities that have columns of their own."""
_NUMBERS: Final = {
    "tax_id": "tax", "registration": "registration", "imo_company": "imo_company",
    "national_id": "national_id",
}  # fmt: skip
"""Column → scheme of an identifier."""
_SHIP: Final = ("name", "mmsi", "call_sign", "registration", "flag")
_REMEMBERED: Final = 200_000
"""Statements remembered to notice that one comes again further down."""

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


class Repeats:
    """The statements of a table so far, to notice one that replaces another: joint owners under
    one entry of a register, in one capacity, would be known as one."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def of(self, row: Record, stated: tuple[Ownership, ...]) -> Iterator[Defect]:
        """Yield a warning for each statement that replaces another one further up; one that says
        the same again is none."""
        for one in stated:
            key, said = hash(natural_key(one)), hash(one)
            if self._seen.get(key, said) != said:
                why = f"{row.where}: the same entry stands further up; this one replaces it"
                yield _defect(row, "table.owned.repeated", Severity.WARNING, why)
            if key in self._seen or len(self._seen) < _REMEMBERED:
                self._seen[key] = said


def _since(row: Record, capacity: str, long: bool) -> str:
    """Return the first day: that of the capacity's own column, else the row's."""
    own = "" if long else row.one(f"{capacity}.held_from")
    return str(own or row.one("held_from"))


def _owners(row: Record) -> Iterator[tuple[Party, bool]]:
    """Yield the owners with their capacity as role, and whether type, birth and share of the row
    are theirs. Where several columns, or one that is split, name owners in one capacity, numbers
    and address are the first one's."""
    for before in ("owner", *_WIDE):
        role = row.one("capacity", "owner") if before == "owner" else before
        first, *others = row.all(f"{before}.name") or ("",)
        if first:
            yield _party(row, before, role), before == "owner" and not others
        for name in others:
            yield Party(role=role, name=name), False


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
    for before in ("owner", *_WIDE):
        if not row.all(f"{before}.name") and any(row.one(f"{before}.{path}") for path in _NUMBERS):
            why = f"{row.where}: an owner has a number and no name, and is left out"
            yield _defect(row, "table.owned.nameless", Severity.WARNING, why)
    until = row.one("held_until")
    starts = [row.one(path) for path in row.values if path.endswith("held_from")]
    since = max(starts, default="")
    if until and until < since:
        why = f"{row.where}: until {until} is before since {since}"
        yield _defect(row, "table.owned.dates", Severity.WARNING, why)


def _defect(row: Record, code: str, severity: Severity, reason: str) -> Defect:
    return Defect(code=code, severity=severity, reason=reason, offset=row.offset, length=row.length)
