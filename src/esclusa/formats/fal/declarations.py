"""Forms that become one record of what a ship declares: stores, effects, health, security, waste,
and what the general declaration says beyond its port call; read and written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.write_common import refused
from esclusa.formats.fal import values
from esclusa.formats.fal.call import measure_text
from esclusa.formats.fal.filing import Cell, Cells, Row, Section, cells_of
from esclusa.formats.fal.leftovers import kept, once
from esclusa.formats.fal.tables import List, elements, form, questions, wastes
from esclusa.formats.reading import Notes, snippet
from esclusa.model import DeclaredItem, DeclaredValue, PortCall, Severity, ShipDeclaration

SIGNED: Final = ("IMO0014", "IMO0016", "IMO0582")
"""Moment of signing, family name and given name of who signed."""

MARK: Final = "list"
"""Code of the value that names the list of an item, where it is not the form's own list."""

CALLS: Final = 10
"""Calls at port facilities that SOLAS XI-2 regulation 9.2.1 asks for."""

_LEVELS: Final = frozenset(("1", "2", "3"))
_LEVEL_NUMBERS: Final = frozenset(("IMO0137", "IMO0149"))
_CUBIC_METRE: Final = "MTQ"
_CODE: Final = re.compile(r"IMO[0-9]{4}")


class Signature(NamedTuple):
    """When a form was signed and by whom."""

    declared: str = ""
    declarant: str = ""


def signature(cells: Iterable[Cell], notes: Notes) -> Signature:
    """Read the signature among cells."""
    row = Row((cell for cell in cells if cell.tag in SIGNED), notes)
    declared = row.read(SIGNED[0], values.when, "")
    family, given = row.text(SIGNED[1]), row.text(SIGNED[2])
    return Signature(declared, " ".join(filter(None, (given, family))))


def read_declaration(
    word: str, call: PortCall, section: Section, signed: Signature, notes: Notes
) -> ShipDeclaration:
    """Read a form; ``call`` says which port call it belongs to. Its cells are those that say
    neither the call nor who signed."""
    found = ShipDeclaration(
        form=word,
        voyage=call.voyage,
        port=call.port,
        call_reference=call.call_reference,
        arrival=call.arrival,
        departure=call.departure,
        declared=signed.declared,
        declarant=signed.declarant,
        values=_values(section.cells, word, notes),
        items=tuple(_items(word, section, notes)),
    )
    if word == "security":
        _count_calls(found, notes)
    return found


def _count_calls(found: ShipDeclaration, notes: Notes) -> None:
    calls = sum(not _marked(item) for item in found.items)
    if calls < CALLS:
        reason = f"{calls} of the last {CALLS} calls at port facilities are given"
        notes.add("fal.security.calls", Severity.NOTE, reason, None, form("security").key)


def _values(cells: Iterable[Cell], word: str, notes: Notes) -> tuple[DeclaredValue, ...]:
    asked = questions() if word == "health" else {}
    found = []
    for cell in cells:
        if cell.tag not in elements():
            kept(cell, word, notes)
        code = asked.get(cell.tag, cell.tag)
        found.append(DeclaredValue(code=code, value=_checked(cell, notes)))
    return tuple(sorted(found, key=_order))


def _order(value: DeclaredValue) -> tuple[int, str]:
    """Marks first, then the answers by the number of their question, then data numbers."""
    return 0 if value.code == MARK else 1 if value.code.isdigit() else 2, value.code


def _checked(cell: Cell, notes: Notes) -> str:
    """Return the text of a value: a yes or no in one spelling, all else as sent."""
    known = elements().get(cell.tag)
    kind = known.kind if known else ""
    if kind == "indicator":
        return values.indicator(cell, notes)
    if kind and not values.iso(cell.text):
        reason = f"{snippet(cell.text)} is not a date in ISO 8601; kept as sent"
        notes.add("value.date", Severity.WARNING, reason, cell, cell.where)
    if cell.tag in _LEVEL_NUMBERS and cell.text not in _LEVELS:
        reason = f"{snippet(cell.text)} is no security level 1, 2 or 3 (ISPS Code); kept as sent"
        notes.add("fal.security.level", Severity.WARNING, reason, cell, cell.where)
    return cell.text


def _items(word: str, section: Section, notes: Notes) -> Iterator[DeclaredItem]:
    known = form(word)
    for name, listed in known.lists.items():
        if name == "previous_ports":
            continue
        for cells in section.lists.get(name, ()):
            mark = () if name == known.main else (DeclaredValue(code=MARK, value=name),)
            item = _item(word, listed, cells, mark, notes)
            if item != DeclaredItem(values=mark):
                yield item


def _item(
    word: str, listed: List, cells: Cells, mark: tuple[DeclaredValue, ...], notes: Notes
) -> DeclaredItem:
    row = Row(cells, notes)
    taken = {field: row.take(number) for field, number in listed.fields.items()}
    said = {field: cell.text for field, cell in taken.items() if cell}
    amount = taken.get("quantity")
    quantity = values.number(amount, notes) if amount else None
    if word == "waste":
        _check_waste(taken.get("code"), notes)
        if quantity is not None:
            said.setdefault("unit", _CUBIC_METRE)
    return DeclaredItem(
        name=said.get("name", ""),
        code=said.get("code", ""),
        quantity=quantity,
        unit=said.get("unit", ""),
        place=said.get("place", ""),
        person=", ".join(filter(None, (said.get("person"), said.get("given")))),
        values=(*mark, *_values(row.rest(), f"{word} item", notes)),
    )


def _check_waste(cell: Cell | None, notes: Notes) -> None:
    if cell and cell.text not in wastes():
        reason = f"{snippet(cell.text)} is no kind of waste of the table by MARPOL annex; kept"
        once("fal.waste.kind", Severity.NOTE, reason, cell, cell.text[:40], notes)


# -- written --------------------------------------------------------------------------------


def write_declaration(said: ShipDeclaration) -> Section:
    """Return a declaration as a form.

    :raises WritingError: a value stands under a code that is no data number, or a number is not
        finite.
    """
    known = form(said.form)
    signed = cells_of(((SIGNED[0], said.declared), (SIGNED[1], said.declarant)))
    section = Section(cells=[*signed, *_value_cells(said.values, known.questions)])
    for item in said.items:
        name = _marked(item) or known.main
        if name not in known.lists or name == "previous_ports":
            raise refused("an item names a list that the form does not have", f"form {said.form}")
        section.lists.setdefault(name, []).append(_item_cells(item, known.lists[name], said.form))
    return section


def _marked(item: DeclaredItem) -> str:
    return next((value.value for value in item.values if value.code == MARK), "")


def _value_cells(said: Iterable[DeclaredValue], asked: dict[str, str]) -> list[Cell]:
    return cells_of((_number(value.code, asked), value.value) for value in said)


def _number(code: str, asked: dict[str, str]) -> str:
    number = asked.get(code, code)
    if not _CODE.fullmatch(number):
        raise WritingError("a value stands under a code that is no IMO data number")
    return number


def _item_cells(item: DeclaredItem, listed: List, word: str) -> list[Cell]:
    family, _, given = item.person.partition(", ")
    unit = item.unit
    if word == "waste" and unit == _CUBIC_METRE and item.quantity is not None:
        unit = ""
    said = {
        "name": item.name, "code": item.code, "quantity": measure_text(item.quantity),
        "unit": unit, "place": item.place, "person": family, "given": given,
    }  # fmt: skip
    pairs = [(number, said[field]) for field, number in listed.fields.items()]
    others = (value for value in item.values if value.code != MARK)
    return [*cells_of(pairs), *_value_cells(others, {})]
