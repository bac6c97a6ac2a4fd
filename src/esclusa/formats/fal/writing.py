"""Statements become filings: one for each call, with as many forms as the statements fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.fal import call as calls
from esclusa.formats.fal.call import DIRECTION, call_cells, departs, heading, previous_rows
from esclusa.formats.fal.cargo import same_place, write_cargo
from esclusa.formats.fal.declarations import write_declaration
from esclusa.formats.fal.filing import Cell, Filing, Section, cells_of
from esclusa.formats.fal.people import FORM, write_person
from esclusa.formats.fal.reading import ENVELOPE
from esclusa.formats.fal.tables import all_forms, form
from esclusa.model import (
    Consignment,
    Function,
    Message,
    Place,
    PortCall,
    ShipDeclaration,
    Statement,
    Traveller,
    Voyage,
)

_FUNCTION: Final = {Function.ORIGINAL: "", Function.AMENDMENT: "5", Function.CANCELLATION: "1"}
"""UN/EDIFACT 1225: 5 replaces, for an amendment states anew and whole; an original says nothing."""

_DECLARED: Final = ("general", "stores", "effects", "health", "security", "waste")


class _Draft:
    """The forms of one call while they are gathered."""

    __slots__ = ("call", "departing", "people", "sections", "stated")

    def __init__(self, call: PortCall, departing: bool = False, stated: bool = False) -> None:
        self.call, self.departing, self.stated = call, departing, stated
        self.sections: dict[str, Section] = {}
        self.people: dict[str, int] = {}

    def rows(self, word: str) -> list[list[Cell]]:
        """Return the rows of a form's own list, to be added to."""
        return self.sections.setdefault(word, Section()).lists.setdefault(form(word).main, [])


def filings(message: Message) -> list[Filing]:
    """Return the filings of a message's statements, in the order of their calls.

    :raises WritingError: a statement of a kind, form or role that no form carries, or without
        what identifies it; the sentence names its place among the statements and no value.
    """
    drafts: list[_Draft] = []
    numbered = sorted(enumerate(message.statements, 1), key=lambda pair: _rank(pair[1]))
    for number, statement in numbered:
        try:
            _gather(statement, drafts)
        except WritingError as error:
            reason = f"statement {number}, {error.what}"
            raise WritingError(reason, message=message.reference) from None
    return [_filing(draft, message) for draft in drafts]


def _rank(statement: Statement) -> int:
    """What says most about the call comes first: the call itself, its general declaration."""
    if isinstance(statement, PortCall):
        return 0
    if isinstance(statement, ShipDeclaration):
        return 1 if statement.form == "general" else 2
    if isinstance(statement, Consignment):
        return 3 if statement.arrival or statement.departure else 4
    return 5


def _gather(statement: Statement, drafts: list[_Draft]) -> None:
    if isinstance(statement, PortCall):
        drafts.append(_Draft(statement, stated=True))
    elif isinstance(statement, ShipDeclaration):
        _gather_declaration(statement, drafts)
    elif isinstance(statement, Consignment):
        _gather_cargo(statement, drafts)
    elif isinstance(statement, Traveller):
        _gather_person(statement, drafts)
    else:
        raise WritingError(f"the forms carry no {type(statement).__name__}")


def _fitting(
    drafts: list[_Draft], fits: Callable[[_Draft], bool], make: Callable[[], _Draft]
) -> _Draft:
    """Return the first draft that fits, a new one when none does."""
    for draft in drafts:
        if fits(draft):
            return draft
    drafts.append(make())
    return drafts[-1]


def _gather_declaration(said: ShipDeclaration, drafts: list[_Draft]) -> None:
    if said.form not in _DECLARED:
        raise WritingError(f"no form carries the ship declaration {said.form[:20]!r}")
    section = write_declaration(said)
    head = heading(said)
    draft = _fitting(
        drafts,
        lambda draft: heading(draft.call) == head and said.form not in draft.sections,
        lambda: _Draft(head),
    )
    draft.sections[said.form] = section
    if said.form == "general":
        draft.departing = any(
            cell.tag == DIRECTION and departs(cell.text) for cell in section.cells
        )


def _gather_cargo(said: Consignment, drafts: list[_Draft]) -> None:
    draft = _fitting(drafts, lambda draft: _carries(draft.call, said), lambda: _cargo_draft(said))
    goods, hazards = write_cargo(said, draft.call)
    draft.rows("cargo").extend(goods)
    if hazards:
        draft.rows("dangerous").extend(hazards)


def _carries(call: PortCall, said: Consignment) -> bool:
    """Answer whether a consignment comes back from a file about this call as it would from one
    about its own."""
    own = _cargo_draft(said).call
    return call.voyage == said.voyage and _times(call, said) == _times(own, said)


def _times(call: PortCall, said: Consignment) -> tuple[str, str]:
    """Arrival and departure of a consignment as the reader takes them from a call."""
    arrival = call.arrival if same_place(said.discharge_port, call.port) else ""
    departure = call.departure if same_place(said.load_port, call.port) else ""
    return arrival, departure


def _cargo_draft(said: Consignment) -> _Draft:
    call = PortCall(voyage=said.voyage, port=Place())
    if said.arrival:
        call = replace(call, port=said.discharge_port, arrival=said.arrival)
    elif said.departure:
        call = replace(call, port=said.load_port, departure=said.departure)
    return _Draft(call)


def _gather_person(said: Traveller, drafts: list[_Draft]) -> None:
    if said.role not in FORM:
        raise WritingError("traveller: the role is neither crew, passenger nor transit")
    # What the call of a form has no field for (a time at the other end) makes no call of its own.
    own = _journey_draft(said)
    leg = calls.journey(own.call, own.departing)
    draft = _fitting(
        drafts, lambda draft: calls.journey(draft.call, draft.departing) == leg, lambda: own
    )
    word = FORM[said.role]
    draft.people[word] = sequence = draft.people.get(word, 0) + 1
    draft.rows(word).extend(write_person(said, sequence))


def _journey_draft(said: Traveller) -> _Draft:
    leg = said.journey
    call = PortCall(voyage=Voyage(reference=leg.number, carrier=leg.carrier), port=Place())
    if leg.departure and not leg.arrival:
        going = replace(
            call, port=leg.departure_place, departure=leg.departure, next_port=leg.arrival_place
        )
        return _Draft(going, departing=True)
    last = (leg.departure_place,) if leg.departure_place != Place() else ()
    return _Draft(replace(call, port=leg.arrival_place, arrival=leg.arrival, last_ports=last))


def _filing(draft: _Draft, message: Message) -> Filing:
    """Return the filing; a form that is not stated by a port call stands without it."""
    sections = {word: draft.sections[word] for word in all_forms().forms if word in draft.sections}
    general = sections.get("general")
    if draft.stated:
        general = sections.setdefault("general", Section())
        if rows := previous_rows(draft.call):
            general.lists["previous_ports"] = rows
    taken = frozenset(cell.tag for cell in general.cells) if general else frozenset()
    said = call_cells(draft.call, draft.departing, taken)
    if draft.departing and DIRECTION not in taken:
        said.insert(0, Cell(DIRECTION, "D"))
    envelope = (
        message.reference, _FUNCTION[message.function], message.prepared, message.sender,
        message.recipient,
    )  # fmt: skip
    ordered = {word: sections[word] for word in all_forms().forms if word in sections}
    return Filing(call=[*cells_of(zip(ENVELOPE, envelope, strict=True)), *said], sections=ordered)
