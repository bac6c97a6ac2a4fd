"""One row after its mapping: field path → values, and what was wrong with its cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from esclusa.formats.tabular.convert import KINDS, Style, share
from esclusa.formats.tabular.fields import Field, fields, plain
from esclusa.formats.tabular.mapping import Column, Mapping, position, rules
from esclusa.formats.tabular.rows import Row
from esclusa.model import Defect, Severity

_SNIPPET: Final = 24

_LONGEST: Final = 200
"""Longest cell that may be a date, a number, a place or a word of a list."""

_FREE: Final = frozenset(("text", "code"))
"""Kinds whose cells may be of any length."""


class Record(msgspec.Struct, frozen=True):
    """A row's values by field path. ``where`` names the row for people: ``row 7``."""

    values: dict[str, list[Any]]
    offset: int
    length: int
    where: str
    defects: tuple[Defect, ...] = ()
    number: int = 0

    def one(self, path: str, default: Any = "") -> Any:
        """Return the first value of a field, ``default`` when the row has none."""
        found = self.values.get(path)
        return found[0] if found else default

    def all(self, path: str) -> tuple[Any, ...]:
        """Return all values of a field, repeats left out."""
        return tuple(dict.fromkeys(self.values.get(path, ())))


class _Plan(msgspec.Struct, frozen=True):
    index: int
    path: str
    field: Field
    rule: Column


class Reader:
    """Turns rows into records by one mapping and one header."""

    def __init__(self, mapping: Mapping, header: tuple[str, ...]) -> None:
        self._known = fields().targets[mapping.target].fields
        self._style = Style(mapping.decimal, mapping.date_order)
        self._nothing = frozenset(mapping.nothing) | {""}
        self._width = len(header)
        self.missing: list[str] = []
        self.repeated = tuple(sorted({name for name in header if name and header.count(name) > 1}))
        self._plans = list(self._plan(mapping, header))
        self._constants = {
            path: self._values(self._known[path], Column(field=path), value)
            for path, value in mapping.constants.items()
        }

    def _plan(self, mapping: Mapping, header: tuple[str, ...]) -> Iterator[_Plan]:
        """Find each mapped column: by position, by its heading, by its heading's plain words."""
        exact = {name: index for index, name in reversed(list(enumerate(header)))}
        loose = {words: index for name, index in exact.items() if (words := plain(name))}
        for key, rule in rules(mapping).items():
            place = position(key)
            index = place - 1 if place else exact.get(key, loose.get(plain(key)))
            if index is None:
                self.missing.append(key)
            else:
                yield _Plan(index, rule.field, self._known[rule.field], rule)

    def record(self, row: Row, where: str) -> Record:
        """Return the row's values; a cell that cannot be read is left out and named."""
        values = {path: list(given) for path, given in self._constants.items()}
        defects = list(row.defects)
        cells = row.cells
        for plan in self._plans:
            cell = cells[plan.index].strip() if plan.index < len(cells) else ""
            if cell in self._nothing:
                continue
            try:
                found = self._values(plan.field, plan.rule, cell)
            except ValueError as error:
                defects.append(_unread(row, where, plan.path, cell, str(error)))
                found = []
            if found and plan.path in self._constants:
                values[plan.path] = found
            elif found:
                values.setdefault(plan.path, []).extend(found)
        if self._width and len(cells) != self._width and any(cells[self._width :] or "x"):
            defects.append(_ragged(row, where, len(cells), self._width))
        return Record(values, row.offset, row.length, where, tuple(defects), row.number)

    def _values(self, field: Field, rule: Column, cell: str) -> list[Any]:
        read = KINDS[field.kind]
        if not rule.split and rule.scale == 1.0:
            return [read(_short(cell, field), self._style)]
        parts = cell.split(rule.split) if rule.split else [cell]
        found = [
            read(_short(part, field), self._style)
            for part in parts
            if part.strip() not in self._nothing
        ]
        if rule.scale != 1.0:
            found = [value * rule.scale for value in found if isinstance(value, int | float)]
        if rule.scale != 1.0 and field.kind == "percent":
            found = [share(value) for value in found]
        return found


def _short(cell: str, field: Field) -> str:
    if len(cell) > _LONGEST and field.kind not in _FREE:
        raise ValueError(f"is longer than {_LONGEST} characters")
    return cell


def _unread(row: Row, where: str, path: str, cell: str, why: str) -> Defect:
    short = cell if len(cell) <= _SNIPPET else cell[: _SNIPPET - 1] + "…"
    return Defect(
        code="table.value",
        severity=Severity.ERROR,
        reason=f"{where}: {short!r} for {path} {why}",
        offset=row.offset,
        length=row.length,
        segment=path,
    )


def _ragged(row: Row, where: str, found: int, expected: int) -> Defect:
    return Defect(
        code="table.ragged",
        severity=Severity.WARNING,
        reason=f"{where} has {found} cells, the header has {expected}",
        offset=row.offset,
        length=row.length,
    )
