"""What stands in a file and has no place in a record: told once for each number and form."""

from __future__ import annotations

from collections.abc import Iterable

from esclusa.formats.fal.filing import Cell
from esclusa.formats.fal.tables import elements
from esclusa.formats.reading import Notes
from esclusa.model import Severity


def leave(cells: Iterable[Cell], form: str, notes: Notes) -> None:
    """Note the cells that are left out of a form's records."""
    for cell in cells:
        if cell.tag in elements():
            reason = f"{elements()[cell.tag].name}: the record has no field for it; left out"
            once("fal.number.no_field", Severity.NOTE, reason, cell, form, notes)
        else:
            reason = "no data number known here; left out"
            once("fal.number.unknown", Severity.WARNING, reason, cell, form, notes)


def kept(cell: Cell, form: str, notes: Notes) -> None:
    """Note a number that is not known and is kept as it came."""
    reason = "no data number known here; kept as sent"
    once("fal.number.unknown", Severity.NOTE, reason, cell, form, notes)


def once(code: str, severity: Severity, reason: str, cell: Cell, form: str, notes: Notes) -> None:
    """Note a defect the first time its code, number and form meet."""
    key = f"{code} {form} {cell.tag}"
    if key not in notes.once:
        notes.once.add(key)
        notes.add(code, severity, reason, cell, cell.where)
