"""A filing becomes one message: the statements of its forms and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from esclusa.formats.fal import call as calls
from esclusa.formats.fal.call import DIRECTION, IDENTITY, Call, read_call
from esclusa.formats.fal.cargo import read_cargo
from esclusa.formats.fal.declarations import SIGNED, Signature, read_declaration, signature
from esclusa.formats.fal.filing import Cell, Filing, Row, Section
from esclusa.formats.fal.leftovers import leave
from esclusa.formats.fal.people import read_people
from esclusa.formats.fal.tables import FUNCTION, form
from esclusa.formats.fal.values import when
from esclusa.formats.limits import MIB, Limits
from esclusa.formats.reading import Notes, overgrown, snippet
from esclusa.model import (
    Function,
    Message,
    PortCall,
    Severity,
    ShipDeclaration,
    Statement,
)

_DATED: Final = "IMO0078"
_SENDER: Final = "IMO0082"
_RECIPIENT: Final = "IMO0275"
_REFERENCE: Final = "IMO0277"
_FUNCTION: Final = "IMO0305"
ENVELOPE: Final = (_REFERENCE, _FUNCTION, _DATED, _SENDER, _RECIPIENT)
"""Numbers about the message itself."""

_DECLARED: Final = ("stores", "effects", "health", "security", "waste")
_PEOPLE: Final = ("crew", "passengers")
_NOTHING: Final = Section()


def message_of(filing: Filing, format_id: str, notes: Notes, limits: Limits) -> Message:
    """Return the message of a filing. ``notes`` holds what its layout found wrong already.

    A message whose errors left nothing to state, or that states far more than its bytes, is fatal.
    """
    row = Row((cell for cell in filing.call if cell.tag in ENVELOPE), notes)
    reference = notes.reference = row.text(_REFERENCE) or _text(filing.call, "IMO0153")
    function = _function(row.take(_FUNCTION), notes)
    top = [cell for cell in filing.call if cell.tag not in ENVELOPE]
    statements = tuple(_statements(top, filing.sections, notes)) if function else ()
    if overgrown(statements, MIB + limits.growth * filing.length):
        reason = f"its statements take more than {limits.growth} times its bytes, one value in all"
        notes.fatal("fal.message.growth", reason)
    elif not statements and any(each.severity is Severity.ERROR for each in notes.found):
        notes.fatal("fal.message.unusable", "errors left nothing that the file states")
    elif not statements and function:
        notes.add("fal.message.empty", Severity.NOTE, "the file states nothing", None)
    prepared, sender = row.read(_DATED, when, ""), row.text(_SENDER)
    defects = notes.closed()
    refused = any(each.severity is Severity.FATAL for each in defects)
    return Message(
        format=format_id,
        offset=filing.offset,
        length=filing.length,
        reference=reference,
        function=function or Function.ORIGINAL,
        sender=sender,
        recipient=row.text(_RECIPIENT),
        prepared=prepared,
        statements=() if refused else statements,
        defects=defects,
    )


def _text(cells: Iterable[Cell], tag: str) -> str:
    return next((cell.text for cell in cells if cell.tag == tag), "")


def _function(cell: Cell | None, notes: Notes) -> Function | None:
    """Read the message function code (UN/EDIFACT 1225); None when it states nothing."""
    if cell is None:
        return Function.ORIGINAL
    word = FUNCTION.get(cell.text, "")
    if word == "none":
        reason = f"function {snippet(cell.text)} states nothing of its own (1225)"
        notes.add("fal.function.no_statement", Severity.NOTE, reason, cell, cell.where)
        return None
    if not word:
        reason = f"function {snippet(cell.text)} is not in 1225; read as original"
        notes.add("fal.function.unknown", Severity.WARNING, reason, cell, cell.where)
    return Function(word or "original")


class _Context(NamedTuple):
    """What the forms share: the call's cells with what was read of them, and its signature."""

    cells: list[Cell]
    call: Call
    signed: Signature
    notes: Notes


def _statements(top: list[Cell], sections: dict[str, Section], notes: Notes) -> Iterator[Statement]:
    general = sections.get("general", _NOTHING)
    base = _over(top, general.cells)
    previous = general.lists.get("previous_ports", ())
    call = read_call([cell for cell in base if cell.tag not in SIGNED], previous, notes)
    context = _Context(base, call, signature(top, notes) if sections else Signature(), notes)
    yield from _general(context, general, "general" in sections or not sections)
    for word in _DECLARED:
        if word in sections:
            yield _declaration(word, sections[word], context)
    yield from _cargo(sections, context)
    for word in _PEOPLE:
        if word in sections:
            section = sections[word]
            own = _own_call(word, section, context)
            leg = calls.journey(own.call, own.departing)
            yield from read_people(word, leg, section.lists.get("items", ()), notes)
            leave(_unsaid(section), word, notes)


def _over(base: list[Cell], own: Iterable[Cell]) -> list[Cell]:
    """Return the cells of ``own``, and those of ``base`` under other numbers."""
    said = list(own)
    tags = {cell.tag for cell in said}
    return [*(cell for cell in base if cell.tag not in tags), *said]


def _unsaid(section: Section) -> list[Cell]:
    """Return the cells of a form that say neither the call nor who signed."""
    return [cell for cell in section.cells if cell.tag not in IDENTITY and cell.tag not in SIGNED]


def _general(context: _Context, section: Section, called: bool) -> Iterator[Statement]:
    """State the port call when there is a general declaration or nothing but the call's numbers,
    and what the call has no field for."""
    call = context.call.call
    if called and _named(call, context):
        yield call
    signed = signature(context.cells, Notes("", 0, 0)) if called else Signature()
    rest = Section(cells=context.call.rest, lists=section.lists)
    said = read_declaration("general", call, rest, signed, context.notes)
    says_more = any(cell.tag != DIRECTION for cell in rest.cells) or said.items
    if says_more or (called and (signed != Signature() or said.values)):
        yield said


def _named(call: PortCall, context: _Context) -> bool:
    """Answer whether the call says which ship it is; note it when it does not."""
    ship = call.voyage.conveyance
    if ship.imo or ship.call_sign or ship.name:
        return True
    empty = call == PortCall(voyage=call.voyage, port=call.port) and not call.port.code
    if empty and call.voyage.reference == "":
        if context.cells:
            reason = "the general declaration names neither a ship nor a port"
            context.notes.add("fal.call.empty", Severity.WARNING, reason, context.cells[0])
        return False
    reason = "the ship has neither IMO number, call sign nor name"
    context.notes.add("fal.ship.missing", Severity.WARNING, reason, None, "IMO0140")
    return True


def _own_call(word: str, section: Section, context: _Context) -> Call:
    """Return the call that a form is about: the file's, where the form does not say otherwise."""
    own = [cell for cell in section.cells if cell.tag in IDENTITY]
    if not own:
        return context.call
    notes = Notes(context.notes.reference, context.notes.offset, context.notes.limit)
    found = read_call(_over(context.cells, own), (), notes)
    places = {cell.where for cell in own}
    for defect in notes.found:
        if defect.element in places:
            at = next(cell for cell in own if cell.where == defect.element)
            context.notes.add(defect.code, defect.severity, defect.reason, at, at.where)
    ship, other = found.call.voyage.conveyance.imo, context.call.call.voyage.conveyance.imo
    if ship and other and ship != other:
        at = next(cell for cell in own if cell.tag == "IMO0140")
        reason = "the form names another ship than the file"
        context.notes.add("fal.call.differs", Severity.WARNING, reason, at, at.where)
    return found


def _declaration(word: str, section: Section, context: _Context) -> ShipDeclaration:
    own = _own_call(word, section, context)
    signed = context.signed
    if any(cell.tag in SIGNED for cell in section.cells):
        signed = signature(section.cells, context.notes)
    said = Section(cells=_unsaid(section), lists=section.lists)
    return read_declaration(word, own.call, said, signed, context.notes)


def _cargo(sections: dict[str, Section], context: _Context) -> Iterator[Statement]:
    said = []
    for word in ("cargo", "dangerous"):
        section = sections.get(word, _NOTHING)
        call = _own_call(word, section, context).call
        said.append((call, section.lists.get(form(word).main, ())))
        leave(_unsaid(section), word, context.notes)
    yield from read_cargo(said[0], said[1], context.notes)
